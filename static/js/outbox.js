/* The forms that wait on this phone. The page and the service worker share this file, and IndexedDB, because a worker
   can read nothing else.

   A record is a form as it was sent: {id, url, fields: [[name, value], …], shown: {name: words}, tapped, zone, refused};
   once the office has it, only {id, url, ticket, at}, until the ticket has been opened. A later layout raises VERSION, adds what is
   missing in onupgradeneeded and goes on reading these: an update never loses a form. */
self.dilaku = self.dilaku || {};
dilaku.outbox = (() => {
  "use strict";

  const VERSION = 1;
  const STORE = "outbox";
  const OLD_SECONDS = 12 * 60 * 60;
  const PRIVATE_PAGE = /^\/[st]\/[a-z2-7]+\/$/;
  const COME_BACK_LATER = [408, 425, 429];
  let opened = null;

  function open() {
    opened = opened || new Promise((resolve, reject) => {
      const request = indexedDB.open("dilaku", VERSION);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const close = () => {
          request.result.close();
          opened = null;
        };
        /* A newer version must not wait for this one. */
        request.result.onversionchange = request.result.onclose = close;
        resolve(request.result);
      };
    });
    opened.catch(() => { opened = null; }); /* a phone that has just woken up may refuse once */
    return opened;
  }

  async function act(mode, work) {
    const transaction = (await open()).transaction(STORE, mode);
    const request = work(transaction.objectStore(STORE));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }
  const all = () => act("readonly", (store) => store.getAll());
  const get = (id) => act("readonly", (store) => store.get(id));
  const put = (record) => act("readwrite", (store) => store.put(record));
  const remove = (id) => act("readwrite", (store) => store.delete(id));

  /* In the place of the record with that id. What the visitor has erased while it was on its way does not come back. */
  const replace = (record, id = record.id) => act("readwrite", (store) => {
    const found = store.get(id);
    found.onsuccess = () => {
      if (!found.result) return;
      store.delete(id);
      store.put(record);
    };
    return found;
  });

  /* Only how long it took counts, never what the phone's clock says; a clock that was put back counts as no wait. */
  const now = (record) => Math.max(Date.now(), record.tapped);
  const waited = (record) => Math.round((now(record) - record.tapped) / 1000);
  const day = (time, zone) => new Date(time).toLocaleDateString("en-CA", { timeZone: zone });
  const isOfAnotherDay = (record) => day(record.tapped, record.zone) !== day(now(record), record.zone);

  /* Of another day of the office, or too long ago: the visitor is asked before it is sent. */
  const isOld = (record) => Boolean(record.zone) && (waited(record) > OLD_SECONDS || isOfAnotherDay(record));

  async function post(record, seconds) {
    const body = new URLSearchParams(record.fields);
    body.set("queued_seconds", waited(record));
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), seconds * 1000);
    try {
      return await outcome(await fetch(record.url, { method: "POST", body, signal: controller.signal }));
    } catch (error) {
      return { state: "signal" };
    } finally {
      clearTimeout(timer);
    }
  }

  /* Only the office's own pages are taken for an answer: what a Wi-Fi's login page or a proxy says is none. */
  async function outcome(response) {
    const { pathname, search } = new URL(response.url);
    if (response.redirected && response.ok && PRIVATE_PAGE.test(pathname)) {
      return { state: "sent", ticket: pathname + search };
    }
    if (!response.redirected && Math.floor(response.status / 100) === 4 && !COME_BACK_LATER.includes(response.status)) {
      const html = await response.text();
      if (html.includes('id="main"')) return { state: "answered", html };
    }
    return { state: "server", after: Number(response.headers.get("Retry-After")) || 0 };
  }

  /* One tab, or the worker, at a time. Without locks the server's "exactly once" stands alone. */
  const alone = (id, work) => (navigator.locks ? navigator.locks.request(`dilaku ${id}`, work) : work());

  /* What became of it: sent, answered (with a page to mend), old (ask first), gone, or it waits on: signal, server.
     A page that can show the answer takes the record back; without one it stays, and nobody sends it again unseen. */
  const deliver = (id, seconds, takeBack) => alone(id, async () => {
    const record = await get(id);
    if (!record) return { state: "gone" };
    if (record.ticket) return { state: "sent", ticket: record.ticket };
    if (record.refused && !takeBack) return { state: "answered" };
    if (isOld(record)) return { state: "old" };
    const result = await post(record, seconds);
    if (result.state === "sent") await arrived(record, result.ticket);
    if (result.state === "answered" && !takeBack) await replace(Object.assign(record, { refused: true }));
    if (result.state === "answered" && takeBack) {
      takeBack(record);
      await remove(id);
    }
    return result;
  });

  async function arrived({ id, url }, ticket) {
    await replace({ id, url, ticket, at: Date.now() });
    tell({ id, ticket });
  }

  /* Other tabs, and the page from its worker. */
  function tell(news) {
    if (!self.BroadcastChannel) return;
    const channel = new BroadcastChannel("dilaku");
    channel.postMessage(news);
    channel.close();
  }

  /* The record may get another id meanwhile. */
  function listen(record, hear) {
    if (!self.BroadcastChannel) return;
    new BroadcastChannel("dilaku").onmessage = ({ data }) => {
      if (data && data.id === record.id && PRIVATE_PAGE.test(String(data.ticket).split("?")[0])) hear(data.ticket);
    };
  }

  return { all, deliver, get, isOfAnotherDay, isOld, listen, post, put, remove, replace };
})();
