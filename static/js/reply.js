// A chosen example goes into the box without a round trip; without this script the server puts it there.
"use strict";

(() => {
  const choice = document.getElementById("id_template");
  const box = document.getElementById("id_reply");
  if (!choice || !box) return;

  document.querySelector("[name=do][value=template]").addEventListener("click", (event) => {
    const body = choice.selectedOptions[0].dataset.body;
    if (!body) return; // the server says that one has to be chosen
    event.preventDefault();
    const written = box.value.trimEnd();
    box.setRangeText(written ? `${written}\n\n${body}` : body, 0, box.value.length, "end");
    choice.value = "";
    box.focus();
  });
})();
