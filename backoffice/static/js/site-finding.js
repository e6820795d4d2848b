// The catalogue, the list of dates and the calendar without waiting for whole pages: the same addresses, the same answers.
"use strict";
(() => {
  const results = () => document.querySelector("[data-results]");
  const said = () => document.querySelector("[data-said]"); // for screen readers: what the new list holds
  const skeleton = document.querySelector("[data-skeleton]");
  const form = document.querySelector("[data-search]");
  const PATIENCE = 150; // a quick answer shows no grey shapes at all
  let asking = null;

  async function page(address) {
    if (asking) asking.abort();
    asking = new AbortController();
    const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  // Grey shapes in `place` unless the work ends at once.
  async function waiting(place, work) {
    place.setAttribute("aria-busy", "true");
    const timer = setTimeout(() => place.replaceChildren(skeleton.content.cloneNode(true)), PATIENCE);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      place.removeAttribute("aria-busy");
    }
  }

  // --- Another search, another month ---

  async function show(address, remember) {
    const place = results();
    try {
      const found = await waiting(place, () => page(address));
      place.replaceChildren(...found.querySelector("[data-results]").childNodes);
      document.querySelector(".list-head").replaceChildren(...found.querySelector(".list-head").childNodes);
      follow(found);
      document.title = found.title;
      said().textContent = place.querySelector("h2").textContent;
      if (remember) history.pushState({ finding: true }, "", address);
    } catch (error) {
      if (error.name !== "AbortError") location.assign(address);
    }
  }

  // What stands outside of the list and leads on from it: the form of this month, the same list in another language.
  function follow(found) {
    for (const [selector, name] of [["[data-search]", "action"], ["a[hreflang]", "href"]]) {
      const there = found.querySelectorAll(selector);
      document.querySelectorAll(selector).forEach((each, at) => each.setAttribute(name, there[at].getAttribute(name)));
    }
  }

  function wanted() {
    const typed = new FormData(form);
    const kept = new URLSearchParams([...typed].filter(([, value]) => value !== ""));
    return `${form.getAttribute("action")}${kept.size ? `?${kept}` : ""}`;
  }

  if (form) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      show(wanted(), true);
    });
    form.addEventListener("change", (event) => {
      if (event.target.matches("select, [type=date]")) show(wanted(), true);
    });
  }
  addEventListener("popstate", () => location.reload());

  // --- More dates under the ones that are there ---

  async function append(link) {
    const pages = link.closest(".pages");
    try {
      const found = await waiting(pages, () => page(link.href));
      pages.replaceWith(...found.querySelectorAll("[data-results] > .month-part, [data-results] > .pages"));
    } catch (error) {
      if (error.name !== "AbortError") location.assign(link.href);
    }
  }

  // --- One day of the calendar ---

  async function openDay(link) {
    const panel = document.querySelector("[data-day-panel]");
    for (const other of document.querySelectorAll(".day[aria-current]")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "date");
    panel.hidden = false;
    try {
      const found = await waiting(panel, () => page(link.href));
      const heading = document.createElement("h2");
      heading.textContent = link.dataset.title;
      const rows = found.querySelectorAll("[data-results] .date-rows, [data-results] > .pages");
      panel.replaceChildren(heading, ...rows);
      panel.scrollIntoView({ block: "nearest", behavior: "smooth" });
      panel.focus({ preventScroll: true });
    } catch (error) {
      if (error.name !== "AbortError") location.assign(link.href);
    }
  }

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("a");
    if (!link) return;
    const deed = link.matches("[data-more]") ? append : link.matches("[data-day]") ? openDay : link.matches("[data-turn]") ? (each) => show(each.href, true) : null;
    if (!deed) return;
    event.preventDefault();
    deed(link);
  });
})();
