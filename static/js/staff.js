// The staff area's own script. Everything works without it; with it the dashboard keeps itself up to date.
"use strict";

(() => {
  const PERIOD = 10000; // milliseconds between two looks
  const CALM = 1500; // the list does not move under a pointer that has just moved
  const live = document.getElementById("live");
  const note = document.getElementById("live-note");
  const news = document.getElementById("live-news");

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  if (!live) return;

  let etag = null;
  let timer = null;
  let pointerAt = 0;
  live.addEventListener("pointermove", () => { pointerAt = Date.now(); }, { passive: true });
  live.addEventListener("pointerdown", () => { pointerAt = Date.now(); }, { passive: true });

  const say = (state) => {
    for (const line of note.children) line.hidden = !line.matches(`[data-${state}]`);
    note.hidden = state === "fine";
  };

  const visitsIn = (root) => new Map(Array.from(root.querySelectorAll("[data-visit]"), (row) => [row.dataset.visit, row]));

  const announce = (before, after) => {
    const arrived = [];
    for (const [id, row] of after) if (!before.has(id)) arrived.push(row.dataset.label);
    if (arrived.length) news.textContent = `Kunjungan baru: ${arrived.join(", ")}.`;
  };

  // Focus and opened tables stay as they are; elements are known by their id.
  const show = (html) => {
    const fresh = document.createElement("div");
    fresh.innerHTML = html;
    announce(visitsIn(live), visitsIn(fresh));
    const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
    for (const open of live.querySelectorAll("details[open][id]")) {
      const same = fresh.querySelector(`#${CSS.escape(open.id)}`);
      if (same) same.open = true;
    }
    live.replaceChildren(...fresh.childNodes);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };

  const look = async () => {
    const headers = etag ? { "If-None-Match": etag } : {};
    const response = await fetch(live.dataset.source, { headers, redirect: "manual", credentials: "same-origin" });
    if (response.type === "opaqueredirect" || response.status === 403) return "signed-out";
    if (response.status === 304) return "fine";
    if (!response.ok) return "offline";
    const html = await response.text();
    const wait = pointerAt + CALM - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    show(html);
    etag = response.headers.get("ETag");
    return "fine";
  };

  const again = async () => {
    let state = "offline";
    try {
      state = await look();
    } catch {
      // No network: the next look will tell.
    }
    say(state);
    if (state === "signed-out") live.replaceChildren(); // whoever passes by now reads no names
    else plan();
  };

  const plan = () => {
    clearTimeout(timer);
    timer = document.hidden ? null : setTimeout(again, PERIOD);
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && note.querySelector("[data-signed-out]").hidden) again();
  });
  plan();
})();
