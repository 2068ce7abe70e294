/* The page of a feedback thread: copies its link, and keeps what is being written. */
(() => {
  "use strict";

  const { all, kept, shared } = dilaku;
  const form = document.querySelector("form[data-letter]");
  const squeezed = (text) => text.replace(/\s+/g, "");
  const body = ({ fields }) => squeezed(new Map(fields).get("body") || "");
  const written = () => all(".letter:not(.office) > div").map((letter) => squeezed(letter.textContent));

  /* A draft until it stands among the letters. It keeps its id: sent twice, it is one letter. */
  function keepLetter() {
    const id = form.elements.submission_id;
    const draft = kept.draft(form.action);
    if (draft && written().includes(body(draft))) kept.dropDraft(form.action);
    else if (draft && !form.elements.body.value) {
      id.value = draft.id;
      kept.fill(form, draft.fields);
      dilaku.reveal("[data-draft]");
    }
    form.addEventListener("input", () => kept.keepDraft(form.action, id.value, kept.typed(form)));
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch (error) {
      return; /* refused: the link still stands above, to be marked and copied by hand */
    }
    dilaku.reveal("[data-copied]");
  }

  /* Without a clipboard (no https, an old phone) the button stays hidden. */
  if (navigator.clipboard) {
    dilaku.reveal("[data-copy]");
    all("[data-copy]").forEach((button) => button.addEventListener("click", () => copy(button)));
  }
  if (form && !shared) keepLetter();
})();
