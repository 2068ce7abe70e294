// A file takes a while to be made or read: the button says so and can't be pressed twice meanwhile.
"use strict";

(() => {
  const ROWS_A_SECOND = 20000; // on a slow server
  const AT_LEAST = 4000; // milliseconds

  for (const form of document.querySelectorAll("form[data-download]")) {
    const button = form.querySelector("[data-busy]");
    const note = form.querySelector("[data-download-note]");
    const label = button.value;

    const say = (text) => {
      if (note) note.textContent = text;
    };

    const ready = () => {
      button.disabled = false;
      button.value = label;
      say("");
    };

    // The browser doesn't tell when a download has begun, so the button comes back after the time that one takes.
    form.addEventListener("submit", () => {
      setTimeout(() => {
        button.disabled = true;
        button.value = button.dataset.busy;
        say("Berkas sedang disiapkan. Unduhan dimulai sendiri; biarkan halaman ini terbuka.");
      });
      setTimeout(ready, AT_LEAST + (Number(form.dataset.rows) / ROWS_A_SECOND) * 1000);
    });
    window.addEventListener("pageshow", ready);
  }
})();
