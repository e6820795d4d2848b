// Keeps the places on an open page true: listens to the server, or asks it now and then where it cannot listen.
// What a page says is never the decision: the booking itself is checked by the database.
"use strict";
(() => {
  const script = document.currentScript;
  const MOST_IDS = 60;
  const POLL_SECONDS = 15;
  const SILENCE_SECONDS = 8; // a stream says something at once; a proxy that keeps it back never does
  const LISTEN_AGAIN_SECONDS = 120;
  const ABOUT = ["places", "bookingNow", "whileOpen", "whileFull"];
  const SELECTOR = "[data-places], [data-booking-now], [data-while-open], [data-while-full]";

  let source = null;
  let timers = [];
  let watched = "";
  let turn = 0; // an answer that comes after another beginning does not go on

  const visitor = (() => {
    const given = document.querySelector("[data-live-visitor]");
    if (given) return given.dataset.liveVisitor;
    const made = () => [...crypto.getRandomValues(new Uint8Array(12))].map((each) => each.toString(16).padStart(2, "0")).join("");
    try {
      const kept = sessionStorage.getItem("visitor") || made();
      sessionStorage.setItem("visitor", kept);
      return kept;
    } catch {
      return made();
    }
  })();

  function later(seconds, work) {
    // A crowd must not come back all at once.
    timers.push(setTimeout(work, seconds * 1000 * (0.9 + Math.random() / 5)));
  }

  function forget() {
    turn += 1;
    timers.forEach(clearTimeout);
    timers = [];
    if (source) source.close();
    source = null;
  }

  // --- Which dates ---

  function wantedIds() {
    const found = [...document.querySelectorAll(SELECTOR)];
    const near = (each) => Math.abs(each.getBoundingClientRect().top - innerHeight / 2);
    if (found.length > MOST_IDS) found.sort((one, other) => near(one) - near(other));
    const ids = found.flatMap((each) => ABOUT.map((name) => each.dataset[name])).filter(Boolean);
    return [...new Set(ids)].slice(0, MOST_IDS).sort();
  }

  function address(base) {
    const asked = new URLSearchParams({ ids: watched });
    const booking = document.querySelector("[data-live-booking]");
    if (booking) asked.set("booking", booking.dataset.liveBooking);
    if (booking || document.querySelector("[data-booking-now]")) asked.set("visitor", visitor);
    return `${base}?${asked}`;
  }

  // --- What is shown ---

  function say(element, words) {
    if (element.textContent === words) return;
    element.textContent = words;
    element.classList.remove("is-new");
    void element.offsetWidth; // so that the same animation runs again
    element.classList.add("is-new");
  }

  function show(id, date) {
    const of = (name) => document.querySelectorAll(`[data-${name}="${CSS.escape(id)}"]`);
    for (const element of of("places")) {
      say(element, date.words);
      element.classList.remove("is-free", "is-few", "is-full", "is-closed");
      element.classList.add(`is-${date.state}`);
    }
    for (const element of of("booking-now")) say(element, date.bookers_words);
    const isOpen = date.state === "free" || date.state === "few";
    for (const element of of("while-open")) element.hidden = !isOpen;
    for (const element of of("while-full")) element.hidden = date.state !== "full";
    document.dispatchEvent(new CustomEvent("places", { detail: { id, ...date } }));
  }

  function showAll(answer) {
    for (const [id, date] of Object.entries(answer.dates)) show(id, date);
  }

  // --- Listening, or asking ---

  function listen() {
    forget();
    watched = wantedIds().join(",");
    if (!watched || document.hidden) return;
    if (!window.EventSource) return ask();
    source = new EventSource(address(script.dataset.live));
    const mine = source;
    later(SILENCE_SECONDS, () => mine.heard || ask());
    source.onmessage = (event) => {
      mine.heard = true;
      showAll(JSON.parse(event.data));
    };
    source.onerror = () => {
      // The browser connects again by itself, unless it was refused.
      if (mine.readyState === EventSource.CLOSED) ask();
    };
  }

  function ask() {
    forget();
    later(LISTEN_AGAIN_SECONDS, listen);
    askOnce();
  }

  async function askOnce() {
    const mine = turn;
    try {
      const answer = await fetch(address(script.dataset.poll), { headers: { Accept: "application/json" } });
      if (answer.ok) showAll(await answer.json());
    } catch {
      // No connection: the page keeps what it knows.
    }
    if (mine === turn) later(POLL_SECONDS, askOnce);
  }

  // --- When ---

  let settling = null;
  function look() {
    clearTimeout(settling);
    settling = setTimeout(() => {
      if (wantedIds().join(",") !== watched) listen();
    }, 400);
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? forget() : listen()));
  // A page that the browser keeps for "back" lets go of its stream, and catches up when it is shown again.
  addEventListener("pagehide", forget);
  addEventListener("pageshow", (event) => event.persisted && listen());
  addEventListener("scroll", look, { passive: true });
  const shown = (change) => [...change.addedNodes].some((each) => each.matches?.(SELECTOR) || each.querySelector?.(SELECTOR));
  new MutationObserver((changes) => changes.some(shown) && look()).observe(document.body, { childList: true, subtree: true });
  listen();
})();
