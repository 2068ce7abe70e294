/* The survey's page keeps what is ticked and typed as a draft, until the page of thanks says that it has arrived. */
(() => {
  "use strict";

  const { all, kept, reveal, shared } = dilaku;
  const form = document.querySelector("form.survey");

  function empty() {
    kept.dropDraft(form.action);
    form.reset();
    all("[data-draft]").forEach((words) => { words.hidden = true; });
  }

  function keepAnswers() {
    const id = form.elements.submission_id;
    const draft = kept.draft(form.action);
    if (draft && !("answered" in form.dataset)) {
      if (id) id.value = draft.id;
      if (kept.isUntouched(form)) kept.fill(form, draft.fields);
      reveal("[data-draft]");
    }
    const save = () => kept.keepDraft(form.action, id && id.value, kept.typed(form));
    ["input", "change"].forEach((name) => form.addEventListener(name, save));
    if ("answered" in form.dataset) save();
    all("[data-draft] button").forEach((button) => button.addEventListener("click", empty));
  }

  all("[data-sent]").forEach((page) => kept.dropDraft(page.dataset.sent));
  if (form && !shared) keepAnswers();
})();
