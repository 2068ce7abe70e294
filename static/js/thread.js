/* Copies the link of a feedback thread. Without a clipboard (no https, an old phone) the button stays hidden. */
(() => {
  "use strict";

  if (!navigator.clipboard) return;
  document.querySelectorAll("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch (error) {
        return; /* refused: the link still stands above, to be marked and copied by hand */
      }
      document.querySelectorAll("[data-copied]").forEach((words) => { words.hidden = false; });
    });
  });
})();
