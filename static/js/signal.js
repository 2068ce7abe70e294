/* A weak signal: what is typed stays on the phone, what is sent waits there until it has arrived and then leads to its
   ticket. A shared screen sends in the same way and keeps nothing. See docs/decisions/014-weak-signal.md. */
(() => {
  "use strict";

  const { all, busy, kept, outbox, phone, reveal, shared, start } = dilaku;
  const FIRST_TRY_SECONDS = 10;
  const LONGEST_SECONDS = 60;
  const KEEPING_MS = 2000;
  const DAY_MS = 24 * 60 * 60 * 1000;
  const language = document.documentElement.lang;
  const main = () => document.getElementById("main");
  const template = (id) => document.getElementById(id);
  const write = (selector, root, text) => all(selector, root).forEach((place) => { place.textContent = text; });
  const hide = (selector) => all(selector).forEach((element) => { element.hidden = true; });
  let leaving = false;
  const onTap = (selector, root, act) => all(selector, root).forEach((button) => button.addEventListener("click", act));

  /* crypto.randomUUID is missing without https. */
  function newId() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const random = (digit) => digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)));
    return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => random(Number(digit)).toString(16));
  }

  /* A store that hangs must not hold up the sending. */
  const soon = (promise) => Promise.race([promise, new Promise((_, reject) => setTimeout(reject, KEEPING_MS))]);

  /* --- one record on its way: shown by `view`, tried again until it has arrived ---------------------------------- */

  /* What is left of the record goes when the ticket is there: its page may not come at once either. */
  function leave(record, ticket) {
    if (leaving) return;
    leaving = true;
    kept.dropDraft(record.url);
    location.replace(ticket);
  }

  /* A store that fails half-way is no answer either. */
  const deliver = (record, seconds, takeBack) => (
    outbox.deliver(record.id, seconds, takeBack).catch(() => ({ state: "signal" }))
  );
  const takeBack = (record) => kept.keepDraft(record.url, record.id, record.fields);

  function waitFor(record, view) {
    let timer = 0;
    let tries = 0;
    let trying = false;

    async function attempt() {
      clearTimeout(timer);
      if (trying || view.isGone()) return;
      trying = true;
      view.sending(true);
      tries += 1;
      const result = await deliver(record, Math.min(FIRST_TRY_SECONDS * tries, LONGEST_SECONDS), view.takeBack);
      trying = false;
      view.sending(false);
      settle(result);
    }

    function settle(result) {
      if (result.state === "sent") return leave(record, result.ticket);
      if (result.state === "answered") return view.answered(record, result.html);
      if (result.state === "gone") return location.replace(record.url.split("/").slice(0, 3).join("/") + "/");
      view.waiting(result.state);
      /* Spread, because everybody behind the same Wi-Fi comes back at the same moment. */
      const seconds = Math.max(Math.min(2 ** tries, LONGEST_SECONDS) * (0.5 + Math.random() / 2), result.after || 0);
      if (result.state !== "old") timer = setTimeout(attempt, seconds * 1000);
      return null;
    }

    callWorker();
    outbox.listen(record, (ticket) => leave(record, ticket));
    ["online", "pageshow"].forEach((name) => addEventListener(name, attempt));
    document.addEventListener("visibilitychange", () => document.hidden || attempt());
    return { attempt, settle };
  }

  /* --- the form -------------------------------------------------------------------------------------------------- */

  function words(form, name) {
    const control = form.querySelector(`[name="${name}"]:checked`) || form.elements[name];
    if (!control) return "";
    if (control.type === "radio") return control.labels[0].firstChild.textContent.trim();
    return control.options ? control.options[control.selectedIndex].text : control.value || "";
  }

  function recordOf(form) {
    const names = all("[data-shown]", template("waiting").content).map((place) => place.dataset.shown);
    const { pathname, search } = new URL(form.action);
    return {
      id: form.elements.submission_id.value,
      url: pathname + search,
      fields: Array.from(new FormData(form)),
      shown: names.reduce((shown, name) => Object.assign(shown, { [name]: words(form, name) }), {}),
      tapped: Date.now(),
      zone: form.dataset.outbox || null,
    };
  }

  function onForm(form) {
    const id = form.elements.submission_id;
    const draft = shared ? null : kept.draft(form.action);
    /* The page may come from the phone's own copy, with an id that has made a visit before. */
    if (!("answered" in form.dataset)) id.value = draft ? draft.id : newId();
    if (!shared) keepWhatIsTyped(form, draft);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
  }

  function keepWhatIsTyped(form, draft) {
    const save = () => kept.keepDraft(form.action, form.elements.submission_id.value, kept.typed(form));
    form.addEventListener("input", save);
    form.addEventListener("change", save);
    if ("answered" in form.dataset) save();
    else if (draft) bringBack(form, draft);
    rememberVisitor(form, draft);
  }

  function bringBack(form, draft) {
    if (kept.isUntouched(form)) kept.fill(form, draft.fields);
    reveal("[data-draft]");
    onTap("[data-draft] button", document, () => empty(form));
  }

  function empty(form) {
    kept.dropDraft(form.action);
    form.reset();
    form.elements.submission_id.value = newId();
    all(".num input", form).forEach((input) => input.dispatchEvent(new Event("input")));
    hide("[data-draft]");
    form.querySelector("input:not([type=hidden]):not([tabindex])").focus();
  }

  /* The tick has no name: the office never learns of it. */
  function rememberVisitor(form, draft) {
    const tick = form.querySelector("[data-remember]");
    const known = kept.visitor();
    if (!tick) return;
    tick.closest("label").hidden = false;
    tick.checked = Boolean(known);
    if (known && !draft && kept.isUntouched(form)) kept.fill(form, known.fields);
    form.addEventListener("submit", () => {
      if (tick.checked) kept.keepVisitor(form, tick.dataset.remember.split(" "));
      else kept.forgetVisitor();
    });
  }

  function showVisitor() {
    const known = kept.visitor();
    if (!known) return;
    reveal("[data-known]");
    write("[data-known] strong", document, new Map(known.fields).get("name") || "");
    onTap("[data-known] button", document, () => {
      kept.forgetVisitor();
      hide("[data-known]");
      all("[data-remember]").forEach((tick) => empty(tick.form));
    });
  }

  const underId = (record, id) => Object.assign(record, {
    id,
    fields: record.fields.map(([name, value]) => [name, name === "submission_id" ? id : value]),
  });

  /* Two tabs have filled in the same draft, and not alike: two people, of whom neither takes the other's place. */
  async function leaveTwinAlone(record) {
    const twin = await soon(outbox.get(record.id)).catch(() => null);
    if (twin && twin.fields && String(twin.fields) !== String(record.fields)) underId(record, newId());
  }

  /* What is kept too late would be found, and sent, another day. */
  const keep = (record) => soon(outbox.put(record)).then(() => true, () => {
    outbox.remove(record.id).catch(() => { /* there is no store at all */ });
    return false;
  });

  async function send(form) {
    if (form.dataset.sending) return;
    form.dataset.sending = "1";
    const rest = busy(form.querySelector("[data-busy]"));
    hide("[data-unkept]");
    const record = recordOf(form);
    if (!shared) await leaveTwinAlone(record);
    form.elements.submission_id.value = record.id;
    const isKept = !shared && (await keep(record));
    if (isKept) kept.dropDraft(form.action);
    /* Asked for first, so that the worker, which is called next, waits its turn. */
    const delivery = isKept ? deliver(record, FIRST_TRY_SECONDS, takeBack) : outbox.post(record, FIRST_TRY_SECONDS);
    if (isKept) callWorker();
    const result = await delivery;
    if (result.state === "sent") return leave(record, result.ticket);
    delete form.dataset.sending;
    rest();
    if (result.state === "answered") return answered(record, result.html);
    if (!form.checkValidity() || !isKept) return stay(form, record, isKept);
    return showWaiting(record).settle(result);
  }

  /* What can't be sent as it is does not wait; and what can't be kept must be sent again by hand. */
  function stay(form, record, isKept) {
    if (isKept) {
      takeBack(record);
      outbox.remove(record.id);
    }
    if (!form.reportValidity()) return;
    reveal("[data-unkept]");
    all("[data-unkept]").forEach((words) => words.focus());
  }

  /* The server's own page of mistakes takes the place of ours; what was typed is a draft again. */
  function answered(record, html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    main().replaceWith(page.getElementById("main"));
    document.title = page.title;
    scrollTo(0, 0);
    start(main());
    begin(main());
  }

  /* --- what the visitor sees meanwhile --------------------------------------------------------------------------- */

  function waitingView(record) {
    const view = template("waiting").content.cloneNode(true).firstElementChild;
    const time = (options) => (
      new Date(record.tapped).toLocaleString(language, Object.assign(options, { timeZone: record.zone || undefined }))
    );
    all("[data-shown]", view).forEach((place) => {
      place.textContent = record.shown[place.dataset.shown] || "";
      place.parentNode.hidden = !place.textContent;
    });
    write("[data-time]", view, time({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
    write("[data-day]", view, time({ weekday: "long", day: "numeric", month: "long" }));
    return view;
  }

  /* On another day it is another visit: the office may have had the first, and only its answer was lost. */
  function sendToday(record) {
    const before = record.id;
    const id = outbox.isOfAnotherDay(record) ? newId() : before;
    return outbox.replace(Object.assign(underId(record, id), { tapped: Date.now() }), before);
  }

  function showWaiting(record) {
    const view = waitingView(record);
    const covered = Array.from(main().children).filter((part) => !part.hidden);
    const title = document.title;
    const when = (state) => all("[data-when]", view).forEach((part) => {
      part.hidden = !part.dataset.when.split(" ").includes(state);
    });

    covered.forEach((part) => { part.hidden = true; });
    main().prepend(view);
    document.title = template("waiting").dataset.title;
    scrollTo(0, 0);
    when(outbox.isOld(record) ? "old" : "signal");
    view.querySelector("h1").focus();

    const waiting = waitFor(record, {
      answered,
      takeBack,
      isGone: () => !view.isConnected,
      sending: (isSending) => view.classList.toggle("sending", isSending),
      waiting: when,
    });
    const close = () => {
      view.remove();
      covered.forEach((part) => { part.hidden = false; });
      document.title = title;
      empty(main().querySelector("form[data-outbox]"));
    };
    onTap("[data-again]", view, waiting.attempt);
    onTap("[data-today]", view, () => sendToday(record).then(waiting.attempt));
    onTap("[data-erase]", view, () => soon(outbox.remove(record.id)).then(close, close));
    return waiting;
  }

  /* On the landing a card says that something waits, and where to see it. */
  function showCard(record) {
    const card = template("waiting-card").content.cloneNode(true).firstElementChild;
    card.querySelector("a").href = record.url;
    main().prepend(card);
    const nothing = () => {};
    const look = () => location.assign(record.url);
    return waitFor(record, { answered: look, isGone: () => !card.isConnected, sending: nothing, waiting: nothing });
  }

  /* Its ticket is open here, was open before, or nobody has asked for it since yesterday. */
  function isOver({ ticket, at }) {
    const seen = [location.pathname, (phone.get("dilaku.ticket") || {}).link];
    return ticket && (seen.includes(ticket.split("?")[0]) || Math.abs(Date.now() - at) > DAY_MS);
  }

  async function resume(form) {
    const card = template("waiting-card");
    const records = await soon(outbox.all()).catch(() => []);
    const path = form ? new URL(form.action).pathname : card && card.dataset.point;
    const isMine = ({ url }) => path && (form ? url.split("?")[0] === path : url.startsWith(path));
    records.filter(isOver).forEach(({ id }) => outbox.remove(id));
    const mine = records.filter((record) => isMine(record) && !isOver(record));
    const record = mine.find(({ ticket }) => ticket) || mine[0];
    /* Whatever else waits goes out unseen: not every browser sends in the background. */
    const rest = records.filter((other) => other !== record && !other.ticket && !other.refused);
    rest.forEach(({ id }) => deliver({ id }, LONGEST_SECONDS));
    if (!record) return;
    if (record.ticket) return leave(record, record.ticket);
    const waiting = form ? showWaiting(record) : showCard(record);
    if (!outbox.isOld(record)) waiting.attempt();
  }

  /* --- the worker ------------------------------------------------------------------------------------------------ */

  /* Sends what waits when no page is open any more, where the browser can. */
  function callWorker() {
    if (!navigator.serviceWorker) return;
    navigator.serviceWorker.ready
      .then((registration) => registration.sync && registration.sync.register("outbox"))
      .catch(() => { /* not allowed: it is sent while a page is open */ });
  }

  /* After everything else has loaded, so that it costs the first visit nothing. The worker keeps this page and
     what it leads to, in this language. */
  function registerWorker() {
    if (!navigator.serviceWorker) return;
    const isSparing = navigator.connection && navigator.connection.saveData;
    const links = isSparing ? [] : all("a[href]").filter((link) => new URL(link.href).search === location.search);
    const keep = [location.href].concat(links.map((link) => link.href));
    navigator.serviceWorker.register("/sw.js")
      .then(() => navigator.serviceWorker.ready)
      .then((registration) => registration.active.postMessage({ keep }))
      .catch(() => { /* then the pages need a signal */ });
  }

  const showOffline = () => all("[data-offline]").forEach((hint) => { hint.hidden = navigator.onLine; });

  function begin(root) {
    const form = root.querySelector("form[data-outbox]");
    if (form) onForm(form);
    if (!shared) showVisitor();
    return form;
  }

  const form = begin(document);
  if (!shared) resume(form);
  ["online", "offline"].forEach((name) => addEventListener(name, showOffline));
  addEventListener("load", registerWorker);
})();
