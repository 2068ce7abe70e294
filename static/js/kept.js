/* What this phone keeps of a form that is being filled in: a draft for a day, and who was here last, if they ticked it.
   Both lie in localStorage as {at, fields: [[name, value], …]}; a field that a later form does not know is skipped. */
dilaku.kept = (() => {
  "use strict";

  const DAY_MS = 24 * 60 * 60 * 1000;
  const DRAFT = "dilaku.draft ";
  const VISITOR = "dilaku.visitor";
  const { phone, shared } = dilaku;
  const draftOf = (address) => DRAFT + new URL(address, location).pathname;
  const controls = (form) => Array.from(form.elements).filter((control) => control.name && control.type !== "hidden");

  const typed = (form) => {
    const names = controls(form).map((control) => control.name);
    return Array.from(new FormData(form)).filter(([name]) => names.includes(name));
  };

  function fill(form, fields) {
    const values = new Map(fields);
    controls(form).filter((control) => values.has(control.name)).forEach((control) => {
      const value = values.get(control.name);
      const offers = () => Array.from(control.options).some((option) => option.value === value);
      if (control.type === "radio" || control.type === "checkbox") control.checked = control.value === value;
      else if (!control.options || offers()) control.value = value;
      if (value && control.closest("details")) control.closest("details").open = true;
      if (control.type === "number") control.dispatchEvent(new Event("input")); /* for the stepper's buttons */
    });
  }

  /* Nothing has been typed yet: neither by a hand that was faster than this script, nor by a browser that came back. */
  const isUntouched = (form) => controls(form).every((control) => {
    if (control.type === "radio" || control.type === "checkbox") return control.checked === control.defaultChecked;
    if (!control.options) return control.value === control.defaultValue;
    return control.selectedIndex <= 0 || control.options[control.selectedIndex].defaultSelected;
  });

  /* A stamp of the future comes from a clock that was put back: it ends as well. */
  function read(key, lasts) {
    const found = phone.get(key);
    if (found && Array.isArray(found.fields) && Math.abs(Date.now() - found.at) < lasts) return found;
    phone.remove(key);
    return null;
  }

  const keepDraft = (address, id, fields) => phone.set(draftOf(address), { at: Date.now(), id, fields });
  const draft = (address) => read(draftOf(address), DAY_MS);
  const dropDraft = (address) => phone.remove(draftOf(address));
  const dropOldDrafts = () => phone.keys().filter((key) => key.startsWith(DRAFT)).forEach((key) => read(key, DAY_MS));

  const visitor = () => read(VISITOR, 365 * DAY_MS);
  const forgetVisitor = () => phone.remove(VISITOR);
  function keepVisitor(form, names) {
    const fields = typed(form).filter(([name, value]) => value && names.includes(name));
    phone.set(VISITOR, { at: Date.now(), fields });
  }

  if (!shared) dropOldDrafts();
  return { draft, dropDraft, fill, forgetVisitor, isUntouched, keepDraft, keepVisitor, typed, visitor };
})();
