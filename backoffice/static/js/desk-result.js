// What was booked, and the ways on from here.
import { say } from "./desk-ask.js";
import { wireLink } from "./desk-link.js";
import { make, one } from "./desk-parts.js";

export function showResult(booked, { next, copy }) {
  const box = one("#result");
  const pills = make("p", { class: "result-pills" });
  const money = make("div", { class: "result-standing" });
  showStanding(pills, money, booked);
  const nextButton = make("button", { class: "btn btn-primary", type: "button" }, "Next caller ", make("kbd", {}, "Enter"));
  const copyButton = make("button", { class: "btn btn-secondary", type: "button", "data-result-key": "c" }, "Same caller, another date ", make("kbd", {}, "c"));
  const head = booked.is_repeat ? "This form was booked already" : "Booked";
  const places = booked.places === 1 ? "1 place" : `${booked.places} places`;
  box.replaceChildren(
    make("h2", { id: "result-title" }, `${head}: `, make("span", { class: "reference" }, booked.reference)),
    pills,
    make("p", { class: "result-what" }, `${booked.who}, ${places} on ${booked.what}, ${booked.when}.`),
    money,
    make("p", { class: booked.mail.is_queued ? "is-mailed" : "is-not-mailed" }, booked.mail.words),
    ...(booked.link ? [linkPanel(booked.link)] : []),
    make("div", { class: "result-ways" }, nextButton, copyButton,
      make("a", { class: "btn btn-secondary", href: booked.urls.booking, "data-result-key": "o" }, "Open the booking ", make("kbd", {}, "o")),
      make("a", { class: `btn ${booked.mail.is_queued ? "btn-secondary" : "btn-accent"}`, href: booked.urls.pdf, target: "_blank", rel: "noopener", "data-result-key": "p" },
        "Print the confirmation ", make("kbd", {}, "p"))),
  );
  one("[data-link]", box)?.addEventListener("link-done", (event) => showStanding(pills, money, event.detail));
  nextButton.addEventListener("click", next);
  copyButton.addEventListener("click", copy);
  one("#desk").hidden = true;
  one("#kept").hidden = true;
  box.hidden = false;
  nextButton.focus();
  scrollTo(0, 0);
  say(`${head}: ${booked.reference}. ${booked.pills.map((pill) => pill.label).join(", ")}. ${booked.mail.words}`);
}

// As it was booked, and again when the money came in by the link.
function showStanding(pills, money, booking) {
  pills.replaceChildren(...booking.pills.map((pill) => make("span", { class: `pill pill-${pill.tone}` }, pill.label)));
  money.replaceChildren(
    make("p", { class: "result-money" }, make("strong", {}, booking.total), dueWords(booking)),
    ...(booking.held_until ? [make("p", {}, `Held until ${booking.held_until}, then the places go back on sale.`)] : []),
  );
}

function dueWords(booking) {
  if (!booking.due) return ", nothing left to pay";
  return booking.due === booking.total ? ", all of it still to be paid" : `, of which ${booking.due} is still to be paid`;
}

// A piece of page from our own server, escaped there.
function linkPanel(html) {
  const place = make("div", {});
  place.innerHTML = html;
  wireLink(place.firstElementChild);
  return place;
}

export function hideResult() {
  one("#result").hidden = true;
  one("#result").replaceChildren(); // a link that waits there looks no further
  one("#desk").hidden = false;
}

// c, o, p, and l, m of a payment link, while the result stands there and nothing is typed into it.
export function resultKey(event) {
  if (one("#result").hidden || event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input:not([readonly])")) return false;
  const way = one(`#result [data-result-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (way) way.click();
  return Boolean(way);
}
