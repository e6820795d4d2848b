// One attendee on the page: what a thumb changed, what the register says, and a conflict between the two.
const WORDS = {
  present: "Present", late: "Late", left_early: "Left early", absent: "Absent", "": "Not marked",
  passed: "Passed", referred: "Referred", not_assessed: "Not assessed", true: "Seen", false: "Not seen",
};
const WHEN = { weekday: "short", hour: "2-digit", minute: "2-digit" };
const COUNTS = new Set(["present", "late"]);

export function make(tag, values = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(values)) {
    if (name === "class") node.className = value;
    else if (name === "press") node.addEventListener("click", value);
    else node.setAttribute(name, value);
  }
  node.append(...inside);
  return node;
}

export class Card {
  constructor(item, days) {
    this.item = item;
    this.id = item.dataset.attendee;
    this.version = Number(item.dataset.version);
    this.name = item.querySelector("h2").textContent;
    this.days = days;
    this.seen = item.querySelector(`[name="seen-${this.id}"]`);
    this.note = item.querySelector(`[name="note-${this.id}"]`);
    this.identity = item.querySelector(`[name="identity-${this.id}"]`);
    this.marking = item.querySelector(".marking");
  }

  // The page without scripts shows a conflict of its own: it is decided there.
  get isLeftAlone() { return !this.marking; }

  get attendance() { return this.seen ? JSON.parse(this.seen.value).a : {}; }

  group(name) { return [...this.item.querySelectorAll(`[name="${name}"]`)]; }

  choose(name, value) {
    for (const input of this.group(name)) if (input.type === "radio") input.checked = input.value === (value ?? "");
  }

  chosen(name) { return this.group(name).find((input) => input.checked && input.value)?.value ?? ""; }

  get shownDays() {
    const fields = [...this.item.querySelectorAll("fieldset.marks")];
    return fields.map((field) => field.querySelector("input").name.split("-").at(-1));
  }

  get isMarked() { return this.shownDays.every((day) => this.chosen(`attendance-${this.id}-${day}`)); }

  // What one field of the form says, as a change; nothing for a field that is no mark.
  changeOf(input) {
    const { name } = input;
    if (name.startsWith("attendance-")) return { attendance: { [name.split("-").at(-1)]: input.value } };
    if (name === `outcome-${this.id}`) return { outcome: input.value };
    if (input === this.note) return { note: input.value };
    if (input === this.identity) return { has_shown_identity: input.checked };
    return null;
  }

  // Show what the register says now.
  apply(row) {
    this.version = row.version;
    this.item.dataset.version = row.version;
    this.seen.value = row.seen;
    for (const day of this.shownDays) {
      this.offerClear(day, row);
      this.choose(`attendance-${this.id}-${day}`, row.attendance[day]);
    }
    this.overlay({ attendance: {}, outcome: row.outcome, note: row.note, has_shown_identity: row.has_shown_identity });
  }

  // Show what was marked here and is not sent yet.
  overlay(mark) {
    for (const [day, status] of Object.entries(mark.attendance)) this.choose(`attendance-${this.id}-${day}`, status);
    if (typeof mark.outcome === "string") {
      this.choose(`outcome-${this.id}`, mark.outcome);
      this.group(`outcome-${this.id}`).filter((input) => input.type === "hidden").forEach((input) => { input.value = mark.outcome; });
    }
    if (typeof mark.note === "string" && this.note.value !== mark.note) this.note.value = mark.note;
    if (typeof mark.has_shown_identity === "boolean") this.identity.checked = mark.has_shown_identity;
  }

  offerClear(day, row) {
    const name = `attendance-${this.id}-${day}`;
    const id = `${name}-none`;
    const list = this.group(name)[0].closest(".segments");
    if (!row.attendance[day] || !("clears" in list.closest("form").dataset) || document.getElementById(id)) return;
    list.append(make("input", { type: "radio", id, name, value: "" }), make("label", { for: id, class: "is-clear" }, "Clear"));
  }

  // Present on every day that is marked, and on one at least: as the server passes the rest.
  passesWith(mark) {
    const marks = Object.values({ ...this.attendance, ...mark?.attendance }).filter(Boolean);
    const outcome = mark?.outcome ?? JSON.parse(this.seen.value).o;
    return outcome === "not_assessed" && marks.length > 0 && marks.every((status) => COUNTS.has(status));
  }

  isMarkedThroughout(mark, days) {
    const marks = { ...this.attendance, ...mark?.attendance };
    return days.every((day) => marks[day]);
  }

  // --- Beside the person ---

  refuse(sentence) {
    this.clear();
    this.said = make("p", { class: "card-error", role: "alert" }, sentence);
    this.item.append(this.said);
  }

  clear() {
    this.said?.remove();
    this.said = null;
    this.item.classList.remove("has-conflict");
    if (this.marking) this.marking.hidden = false;
  }

  // Both values, and a choice.
  ask(conflict, keep, use) {
    const { stored, wanted } = conflict;
    const when = stored.marked_at ? ` on ${new Date(stored.marked_at).toLocaleString("en-GB", WHEN)}` : "";
    const id = `conflict-${this.id}`;
    this.clear();
    this.said = make("div", { class: "conflict", role: "group", "aria-labelledby": id },
      make("p", { id }, make("strong", {}, `${stored.marked_by || "Somebody"} marked ${this.name}${when}, before yours was sent. Which is right?`)),
      make("dl", {}, ...this.differences(stored, wanted).map(([what, theirs, mine]) => make("div", {},
        make("dt", {}, what), make("dd", {}, make("span", {}, "There now"), ` ${theirs}`), make("dd", {}, make("span", {}, "Yours"), ` ${mine}`)))),
      make("div", { class: "choices" },
        make("button", { type: "button", class: "btn btn-secondary", press: keep }, "Keep what is there", make("span", { class: "sr-only" }, ` for ${this.name}`)),
        make("button", { type: "button", class: "btn btn-primary", press: use }, "Use mine", make("span", { class: "sr-only" }, ` for ${this.name}`))));
    this.item.append(this.said);
    this.item.classList.add("has-conflict");
    this.marking.hidden = true;
  }

  differences(stored, wanted) {
    const found = Object.entries(wanted.attendance)
      .filter(([day, status]) => status !== (stored.attendance[day] ?? ""))
      .map(([day, status]) => [this.days[day] ?? `Day ${day}`, WORDS[stored.attendance[day] ?? ""], WORDS[status]]);
    const pairs = [["Outcome", "outcome"], ["Proof of identity", "has_shown_identity"], ["Note", "note"]];
    for (const [label, name] of pairs) {
      if (wanted[name] === null || wanted[name] === stored[name]) continue;
      const say = (value) => (name === "note" ? value || "None" : WORDS[value]);
      found.push([label, say(stored[name]), say(wanted[name])]);
    }
    return found;
  }
}
