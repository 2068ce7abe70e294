/* In /sw.js while SERVICE_WORKER_OFF is set: takes the service worker off every phone that comes by, with all that it
   kept. Forms that wait stay where they are; the page sends them. */
"use strict";

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil((async () => {
  await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
  await registration.unregister();
})()));
