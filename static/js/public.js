/* Comfort for phones with JavaScript; every page works without. No words live here: they come with the page. */
self.dilaku = (() => {
  "use strict";

  const TICKET = "dilaku.ticket";
  const SHARED = "dilaku.shared";
  const BUSY_MS = 5000;
  const LEFT_ALONE_MS = 120000;
  const language = document.documentElement.lang === "en" ? "?lang=en" : "";
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const isGoneBackTo = () => performance.getEntriesByType("navigation").some(({ type }) => type === "back_forward");
  const reveal = (selector, root) => all(selector, root).forEach((element) => { element.hidden = false; });

  /* Storage may be full or forbidden: then nothing is remembered. */
  const memory = (storage) => ({
    get(key) {
      try {
        return JSON.parse(window[storage].getItem(key));
      } catch (error) {
        return null;
      }
    },
    set(key, value) {
      try {
        window[storage].setItem(key, JSON.stringify(value));
        return true;
      } catch (error) {
        return false;
      }
    },
    remove(key) {
      try {
        window[storage].removeItem(key);
      } catch (error) { /* nothing was kept then */ }
    },
    keys() {
      try {
        return Object.keys(window[storage]).filter((key) => key.startsWith("dilaku."));
      } catch (error) {
        return [];
      }
    },
  });
  const phone = memory("localStorage");
  const tab = memory("sessionStorage");

  /* A tablet for everybody: /k/CODE/?layar=bersama marks it, ?layar=sendiri takes the mark off. Nothing that anybody
     types stays on it. See docs/decisions/014-weak-signal.md. */
  function sharedScreen() {
    const choice = /[?&]layar=(bersama|sendiri)(?:&|$)/.exec(location.search);
    if (choice) phone.keys().forEach(phone.remove);
    if (choice && choice[1] === "bersama") phone.set(SHARED, location.pathname);
    const start = phone.get(SHARED);
    return /^\/k\/[0-9a-z]{6}\/$/i.test(start) ? start : "";
  }
  const shared = sharedScreen();

  function onSharedScreen() {
    const next = () => location.replace(shared);
    reveal("[data-shared]");
    all("[data-own]").forEach((words) => { words.hidden = true; });
    all("form, input").forEach((control) => { control.autocomplete = "off"; });
    reveal("[data-next]");
    all("[data-next] button").forEach((button) => button.addEventListener("click", next));
    if (location.pathname === shared) return;
    whenLeftAlone(next);
    whenGoneBackTo(next);
  }

  /* The service worker opens the start without a signal too. Where there is none the page stays, emptied. */
  function whenLeftAlone(leave) {
    let timer = 0;
    const { controller } = navigator.serviceWorker || {};
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        all("form").forEach((form) => form.reset());
        if (controller) leave();
        else fetch(shared, { method: "HEAD" }).then(leave, wait);
      }, LEFT_ALONE_MS);
    };
    ["pointerdown", "keydown", "input", "scroll"].forEach((name) => addEventListener(name, wait, { passive: true }));
    wait();
  }

  /* By the next visitor; the browser may keep a page as it was left, a ticket too. */
  function whenGoneBackTo(leave) {
    if (isGoneBackTo()) leave();
    addEventListener("pagehide", () => { document.body.hidden = true; });
    addEventListener("pageshow", (event) => event.persisted && leave());
  }

  /* The one ticket that this phone remembers: {link, number, office, announced, until}. */
  function remembered() {
    const ticket = phone.get(TICKET);
    if (!ticket) return null;
    if (/^\/t\/[a-z2-7]+\/$/.test(ticket.link) && Number(ticket.until) > Date.now()) return ticket;
    phone.remove(TICKET);
    return null;
  }

  function onTicketPage(page) {
    const ticket = Object.assign({}, page.dataset);
    const mark = [ticket.office, ticket.number, ticket.until].join();
    const kept = remembered();
    if (!ticket.until) {
      if (kept && kept.link === ticket.link) phone.remove(TICKET);
      return;
    }
    /* A reload in the same tab does not bring back what was forgotten. */
    if (tab.get(TICKET) === mark || !phone.set(TICKET, ticket)) return;
    all("[data-forget]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        phone.remove(TICKET);
        tab.set(TICKET, mark);
        button.hidden = true;
        reveal("[data-forgotten]");
      });
    });
  }

  let card = null;

  function onLanding() {
    const ticket = remembered();
    if (card) card.remove();
    const template = ticket && document.getElementById(ticket.announced ? "announced-ticket" : "todays-ticket");
    if (!template || template.dataset.office !== ticket.office) return;
    card = template.content.cloneNode(true).firstElementChild;
    all("[data-number]", card).forEach((place) => { place.textContent = ticket.number; });
    all("[data-open]", card).forEach((link) => { link.href = ticket.link + language; });
    all("[data-action]", card).forEach((form) => { form.action = ticket.link + form.dataset.action + language; });
    all("[data-forget]", card).forEach((button) => button.addEventListener("click", () => {
      phone.remove(TICKET);
      card.remove();
    }));
    template.parentNode.insertBefore(card, template);
    all(".tile.main").forEach((tile) => tile.classList.remove("main"));
  }

  /* The button says so while a form is on its way; what is returned gives it its own words back. */
  function busy(button) {
    const words = button.textContent;
    button.textContent = button.dataset.busy;
    button.setAttribute("aria-disabled", "true");
    return () => {
      button.textContent = words;
      button.removeAttribute("aria-disabled");
    };
  }

  /* A second tap does nothing; after a while, or on coming back, the button works again. */
  function sendOnce(form) {
    const button = form.querySelector("[data-busy]");
    if (!button) return;
    let timer = 0;
    let restore = () => {};
    const rest = () => {
      clearTimeout(timer);
      timer = 0;
      restore();
    };
    form.addEventListener("submit", (event) => {
      if (timer) {
        event.preventDefault();
        return;
      }
      restore = busy(button);
      timer = setTimeout(rest, BUSY_MS);
    });
    addEventListener("pageshow", rest);
  }

  /* Going back may fetch a fresh form with the old words in it: it keeps the old id too. */
  function stayOneVisit(id) {
    const key = location.pathname;
    const sent = tab.get(key);
    if (sent && isGoneBackTo()) id.value = sent;
    id.form.addEventListener("submit", () => tab.set(key, id.value));
  }

  function stepper(box) {
    const input = box.querySelector("input");
    const buttons = all("[data-step]", box);
    const show = () => buttons.forEach((button) => {
      const next = Number(input.value) + Number(button.dataset.step);
      button.disabled = next < Number(input.min) || next > Number(input.max);
    });
    buttons.forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        input.value = Number(input.value) + Number(button.dataset.step);
        input.dispatchEvent(new Event("input", { bubbles: true }));
      });
    });
    input.addEventListener("input", show);
    show();
  }

  /* The whole page, or the part of it that an answer of the server has replaced. */
  function start(root) {
    all("form:not([data-outbox])", root).forEach(sendOnce);
    all("form:not([data-outbox]) [name=submission_id]", root).forEach(stayOneVisit);
    all(".num", root).forEach(stepper);
    all("[role=alert]", root).slice(0, 1).forEach((alert) => alert.focus());
    if (shared) onSharedScreen();
  }

  const page = document.getElementById("ticket");
  const offerTicket = () => (shared || page ? null : onLanding());
  if (page && !shared) onTicketPage(page);
  offerTicket();
  addEventListener("pageshow", (event) => event.persisted && offerTicket()); /* back from the ticket */
  start(document);
  return { all, busy, phone, reveal, shared, start };
})();
