/* The service worker, in /sw.js (visits/site_files.py): opens the landing of a check-in point seen before, and what it leads to,
   without a signal, and sends what waits on the phone. It keeps these pages and their scripts, nothing that anybody
   typed, and no ticket. Every other request passes by untouched. */
"use strict";

const CACHE = "dilaku";
const PAGE = /^\/k\/([0-9a-z]{6})\/((?:kunjungan|saran|syarat)\/)?$/i;
const PATIENCE_MS = 3000;
const SEND_SECONDS = 60;

/* One copy of a page, however its poster spells the address; "" for a page that is not kept. */
function copyOf(address) {
  const url = new URL(address, location);
  const found = url.origin === location.origin && PAGE.exec(url.pathname);
  if (!found) return "";
  return `/k/${found[1].toUpperCase()}/${found[2] || ""}${url.searchParams.get("lang") === "en" ? "?lang=en" : ""}`;
}

/* A page that is gone, or whose code was revoked, is not opened from memory any more. Any other answer leaves the copy
   as it is: false. */
async function keep(copy, response) {
  const cache = await caches.open(CACHE);
  const isPage = response.ok && !response.redirected;
  if (isPage) await cache.put(copy, response);
  else await response.text(); /* unread it would hold one of the browser's few connections */
  return isPage || ([404, 410].includes(response.status) && cache.delete(copy));
}

/* --- opening pages ----------------------------------------------------------------------------------------------- */

/* The network first. When it is silent for too long the copy is shown, while the network goes on for the next time. */
async function page(event, copy) {
  const network = fetch(event.request).then((response) => {
    event.waitUntil(keep(copy, response.clone()));
    return response;
  });
  event.waitUntil(network.catch(() => {}));
  const kept = await caches.match(copy);
  if (!kept) return network;
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  const answer = await Promise.race([network, patience]).catch(() => null);
  return answer && answer.status < 500 ? answer : marked(kept);
}

/* It says itself that it comes from memory. */
async function marked(kept) {
  const html = await kept.text();
  return new Response(html.replace("data-offline hidden", "data-offline"), { headers: kept.headers });
}

addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  if (method !== "GET") return;
  if (mode === "navigate" && copyOf(url)) event.respondWith(page(event, copyOf(url)));
  else if (url.startsWith(`${location.origin}/static/js/`)) {
    event.respondWith(caches.match(event.request).then((kept) => kept || fetch(event.request)));
  }
});

addEventListener("message", (event) => {
  const addresses = event.data && Array.isArray(event.data.keep) ? event.data.keep.map(String) : [];
  event.waitUntil(keepNew(new Set(addresses.map(copyOf))).catch(() => { /* next time, then */ }));
});

async function keepNew(copies) {
  for (const copy of copies) {
    if (copy && !(await caches.match(copy))) await keep(copy, await fetch(copy));
  }
}

/* --- a new version ----------------------------------------------------------------------------------------------- */

/* Kept pages ask for the scripts of their time: those stay until every page has been fetched anew. */
async function renew(cache) {
  const kept = (await cache.keys()).map((request) => request.url.slice(location.origin.length));
  const pages = kept.filter(copyOf);
  const files = kept.filter((path) => !copyOf(path) && !FILES.includes(path));
  const isNew = await Promise.all(pages.map(async (copy) => keep(copy, await fetch(copy))));
  if (isNew.every(Boolean)) await Promise.all(files.map((path) => cache.delete(path)));
}

addEventListener("install", (event) => event.waitUntil((async () => {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  await renew(cache).catch(() => { /* the old pages and their scripts still work */ });
  await skipWaiting();
})()));

/* --- sending what waits ------------------------------------------------------------------------------------------ */

/* The browser comes again later when this fails. */
async function deliverAll() {
  const { all, deliver } = dilaku.outbox;
  const waiting = (await all()).filter((record) => !record.ticket && !record.refused);
  const states = [];
  for (const record of waiting) states.push((await deliver(record.id, SEND_SECONDS)).state);
  if (states.some((state) => state === "signal" || state === "server")) throw new Error("still waiting");
}

addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(deliverAll());
});
