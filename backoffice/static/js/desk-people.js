// Step 3: how many places, and who comes.
import { all, make, one } from "./desk-parts.js";

const MOST = 200;

export class People {
  constructor(desk, { changed, caller }) {
    this.desk = desk;
    this.changed = changed;
    this.caller = caller;
    this.list = one("#people");
    this.places = one("#places");
    this.attends = one("#attends");
    this.more = one("#more-fields");
    this.places.addEventListener("input", () => { this.resize(); changed(); });
    this.attends.addEventListener("change", () => { this.sync(true); changed(); });
    this.more.addEventListener("change", () => this.list.classList.toggle("has-more", this.more.checked));
    this.list.addEventListener("input", changed);
    this.list.addEventListener("paste", (event) => this.paste(event));
    this.resize();
  }

  get count() {
    return Math.min(Math.max(Number.parseInt(this.places.value, 10) || 1, 1), MOST);
  }

  get rows() {
    return [...this.list.children];
  }

  resize() {
    while (this.list.children.length > this.count) this.list.lastElementChild.remove();
    while (this.list.children.length < this.count) this.list.append(this.row(this.list.children.length));
    this.sync();
  }

  row(number) {
    const row = one("#person-row").content.firstElementChild.cloneNode(true);
    one(".no", row).textContent = number + 1;
    all("[data-field]", row).forEach((input) => {
      input.id = `attendees.${number}.${input.dataset.field}`;
      input.autocomplete = "off";
      input.setAttribute("aria-describedby", `${input.id}-error`);
      const label = input.previousElementSibling;
      label.htmlFor = input.id;
      label.append(make("span", { class: "sr-only" }, ` of attendee ${number + 1}`));
      input.after(make("p", { class: "error", id: `${input.id}-error`, hidden: true }));
    });
    return row;
  }

  field(row, name) {
    return one(`[data-field=${name}]`, row);
  }

  // The first place is the caller's own while the tick is set.
  sync(justTicked = false) {
    const first = this.rows[0];
    const isCaller = this.attends.checked;
    first.classList.toggle("is-caller", isCaller);
    for (const name of ["first_name", "last_name", "email"]) {
      const input = this.field(first, name);
      if (isCaller) input.value = this.desk.elements[name].value;
      else if (justTicked) input.value = "";
      input.readOnly = isCaller;
      input.tabIndex = isCaller ? -1 : 0;
    }
  }

  collect(isDraft = false) {
    return this.rows.map((row, number) => {
      const found = { is_customer: number === 0 && this.attends.checked };
      all("[data-field]", row).forEach((input) => {
        if (!(isDraft && "private" in input.dataset)) found[input.dataset.field] = input.value.trim();
      });
      return found;
    });
  }

  fill(places, attendees = [], isMore = false) {
    this.places.value = places;
    this.attends.checked = attendees.length === 0 || Boolean(attendees[0]?.is_customer);
    this.more.checked = isMore;
    this.list.classList.toggle("has-more", isMore);
    this.list.replaceChildren();
    this.resize();
    attendees.slice(0, this.count).forEach((person, number) => {
      Object.entries(person).forEach(([name, value]) => {
        const input = this.field(this.rows[number], name);
        if (input && !input.readOnly) input.value = value || "";
      });
    });
  }

  // A column of names, or several columns, straight from a spreadsheet or a mail.
  paste(event) {
    const target = event.target.closest("[data-field=first_name]");
    const lines = (event.clipboardData?.getData("text") || "").split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
    if (!target || lines.length < 2) return;
    event.preventDefault();
    const from = this.rows.indexOf(target.closest("li"));
    if (from + lines.length > this.count) { this.places.value = Math.min(from + lines.length, MOST); this.resize(); }
    lines.slice(0, MOST - from).forEach((line, offset) => this.write(this.rows[from + offset], line));
    this.changed();
  }

  write(row, line) {
    const cells = line.split(/\t|;|,/).map((cell) => cell.trim()).filter(Boolean);
    const email = cells.find((cell) => cell.includes("@")) || "";
    const names = cells.filter((cell) => !cell.includes("@"));
    const words = names.length > 1 ? names : (names[0] || "").split(/\s+/);
    this.field(row, "last_name").value = words.length > 1 ? words[words.length - 1] : "";
    this.field(row, "first_name").value = (words.length > 1 ? words.slice(0, -1) : words).join(" ");
    this.field(row, "email").value = email;
  }

  // The next name that is still missing after this field, if any.
  nextEmpty(after = null) {
    const inputs = all("[data-field=first_name], [data-field=last_name]", this.list).filter((input) => !input.readOnly);
    const from = after ? all("input", this.list).indexOf(after) : -1;
    return inputs.find((input) => !input.value.trim() && all("input", this.list).indexOf(input) > from);
  }
}
