// A phone's photograph is larger than a poster needs and slow to send: it is made smaller before it goes.
"use strict";

(() => {
  const SIDE = 2000; // pixels
  const input = document.querySelector("input[type=file][name=photo]");
  if (!input || !window.createImageBitmap || !window.DataTransfer) return;

  const smaller = async (file) => {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
    return new File([blob], "poster.jpg", { type: "image/jpeg" });
  };

  // What this browser can't read goes as it is; the server says what it makes of it.
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file || file.size < 500000) return;
    try {
      const made = new DataTransfer();
      made.items.add(await smaller(file));
      input.files = made.files;
    } catch { /* left as it is */ }
  });
})();
