/* Comfort for phones with JavaScript; every page works without. No words live here: they come with the page. */
(() => {
  "use strict";

  const TICKET = "dilaku.ticket";
  const BUSY_MS = 5000;
  const language = document.documentElement.lang === "en" ? "?lang=en" : "";
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

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
  });
  const phone = memory("localStorage");
  const tab = memory("sessionStorage");

  /* The one ticket that this phone remembers: {link, number, office, announced, until}. */
  function remembered() {
    const ticket = phone.get(TICKET);
    if (!ticket) return null;
    if (/^\/t\/[a-z2-7]+\/$/.test(ticket.link) && Number(ticket.until) > Date.now()) return ticket;
    return forget();
  }

  function forget() {
    try {
      localStorage.removeItem(TICKET);
    } catch (error) { /* nothing was kept then */ }
    return null;
  }

  function onTicketPage(page) {
    const ticket = Object.assign({}, page.dataset);
    const mark = [ticket.office, ticket.number, ticket.until].join();
    const kept = remembered();
    if (!ticket.until) {
      if (kept && kept.link === ticket.link) forget();
      return;
    }
    /* A reload in the same tab does not bring back what was forgotten. */
    if (tab.get(TICKET) === mark || !phone.set(TICKET, ticket)) return;
    all("[data-forget]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        forget();
        tab.set(TICKET, mark);
        button.hidden = true;
        all("[data-forgotten]").forEach((words) => { words.hidden = false; });
      });
    });
  }

  function onLanding() {
    const ticket = remembered();
    const template = ticket && document.getElementById(ticket.announced ? "announced-ticket" : "todays-ticket");
    if (!template || template.dataset.office !== ticket.office) return;
    const card = template.content.cloneNode(true).firstElementChild;
    all("[data-number]", card).forEach((place) => { place.textContent = ticket.number; });
    all("[data-open]", card).forEach((link) => { link.href = ticket.link + language; });
    all("[data-action]", card).forEach((form) => { form.action = ticket.link + form.dataset.action + language; });
    all("[data-forget]", card).forEach((button) => button.addEventListener("click", () => {
      forget();
      card.remove();
    }));
    template.parentNode.insertBefore(card, template);
    all(".tile.main").forEach((tile) => tile.classList.remove("main"));
  }

  /* A second tap does nothing; after a while, or on coming back, the button works again. */
  function sendOnce(form) {
    const button = form.querySelector("[data-busy]");
    if (!button) return;
    const words = button.textContent;
    let timer = 0;
    const rest = () => {
      clearTimeout(timer);
      timer = 0;
      button.textContent = words;
      button.removeAttribute("aria-disabled");
    };
    form.addEventListener("submit", (event) => {
      if (timer) {
        event.preventDefault();
        return;
      }
      button.textContent = button.dataset.busy;
      button.setAttribute("aria-disabled", "true");
      timer = setTimeout(rest, BUSY_MS);
    });
    addEventListener("pageshow", rest);
  }

  /* Going back may fetch a fresh form with the old words in it: it keeps the old id too. */
  function stayOneVisit(id) {
    const key = location.pathname;
    const entry = performance.getEntriesByType("navigation")[0];
    const sent = tab.get(key);
    if (sent && entry && entry.type === "back_forward") id.value = sent;
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
        show();
      });
    });
    input.addEventListener("input", show);
    show();
  }

  const page = document.getElementById("ticket");
  if (page) onTicketPage(page);
  else onLanding();
  all("form").forEach(sendOnce);
  all("[name=submission_id]").forEach(stayOneVisit);
  all(".num").forEach(stepper);
  all("[role=alert]").slice(0, 1).forEach((alert) => alert.focus());
})();
