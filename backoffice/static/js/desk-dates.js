// Step 2: which date.
import { ask, say } from "./desk-ask.js";
import { Chooser, make, one } from "./desk-parts.js";

// The places are asked for again while the list is open and somebody is at the keyboard: an abandoned screen must not keep
// its session alive.
const FRESH = 20000;
const AWAY = 120000;

export class Dates {
  constructor(desk, { changed, chosen }) {
    this.desk = desk;
    this.changed = changed;
    this.chosen = chosen;
    this.date = null;
    this.input = one("#date");
    this.filters = ["#date-course", "#date-town", "#date-from"].map((id) => one(id));
    this.chooser = new Chooser(this.input, one("#date-list"), {
      look: (words, signal) => this.look(words, signal),
      draw: (date) => drawDate(date),
      pick: (date) => this.take(date),
      stays: true,
    });
    this.chooser.failed = (error) => { one("#date-note").textContent = error.message; };
    this.filters.forEach((filter) => {
      filter.addEventListener("change", () => this.chooser.search());
      filter.addEventListener("keydown", (event) => this.filterKey(event));
    });
    this.chooser.search();
    this.touched = Date.now();
    ["keydown", "pointerdown"].forEach((kind) => addEventListener(kind, () => { this.touched = Date.now(); }, true));
    setInterval(() => this.freshen(), FRESH);
  }

  freshen() {
    const isAway = Date.now() - this.touched > AWAY;
    if (!this.date && !isAway && !document.hidden && !one("dialog[open]")) this.chooser.search();
  }

  async look(words, signal) {
    const [course, town, typed] = this.filters.map((filter) => filter.value);
    const from = typed > "1900" ? typed : ""; // the year is still being typed
    const query = new URLSearchParams(Object.entries({ q: words, course, town, from }).filter(([, value]) => value));
    const { dates, is_cut: isCut } = await ask(`${this.desk.dataset.dates}?${query}`, { signal });
    const words_ = dates.length === 0 ? "No date on sale fits. Take a word away, or choose another course or town."
      : isCut ? `The next ${dates.length} dates. Type to narrow them down.` : "";
    one("#date-note").textContent = words_;
    if (document.activeElement === this.input) say(dates.length ? `${dates.length} dates` : words_);
    return dates;
  }

  // From a filter straight to the list, without going back to the words.
  filterKey(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    this.input.focus();
  }

  take(date) {
    this.date = date;
    this.desk.elements.schedule_id.value = date.id;
    const button = make("button", { class: "btn btn-plain btn-sm", type: "button" }, "Change");
    button.addEventListener("click", () => this.again());
    one("#chosen-date").replaceChildren(drawDate(date, "div").node, button);
    this.open(false);
    say(`${date.course}, ${date.when}, ${date.left} places left`);
    this.changed();
    this.chosen();
  }

  // The same date with its places as they are now.
  update(date) {
    this.date = date;
    one("#chosen-date .date-row")?.replaceWith(drawDate(date, "div").node);
  }

  open(isOpen) {
    one("#date-finder").hidden = !isOpen;
    one("#chosen-date").hidden = isOpen;
  }

  again() {
    this.clear();
    this.changed();
    this.input.focus();
    this.input.select();
  }

  clear() {
    this.date = null;
    this.desk.elements.schedule_id.value = "";
    this.open(true);
    this.chooser.search();
  }

  focus() {
    if (this.date) this.again();
    else { this.input.focus(); this.input.select(); }
  }
}

function drawDate(date, tag = "li") {
  const off = date.left < 1 || date.on_request;
  const left = date.left < 1 ? "full" : date.left === 1 ? "1 place" : `${date.left} places`;
  const where = [date.town, date.venue].filter(Boolean).join(", ");
  const days = date.days > 1 ? make("small", {}, `${date.days} days`) : make("small", {}, date.time);
  const node = make(tag, { class: `date-row${off ? " is-off" : ""}` },
    make("span", { class: "d-when", title: date.when }, make("strong", {}, date.day), days),
    make("span", { class: "d-what" }, make("strong", {}, date.course), make("small", {}, [where, date.instructors].filter(Boolean).join(" · "))),
    make("span", { class: `d-left${date.left < 1 ? " is-full" : date.left <= 3 ? " is-few" : ""}` }, left),
    make("span", { class: "d-price" }, date.price));
  return { node, off, label: `${date.when}, ${date.course}, ${where}, ${date.instructors}, ${left}, ${date.price}` };
}
