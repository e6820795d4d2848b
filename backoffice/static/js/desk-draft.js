// What was typed outlives an accident: a draft in this tab only, gone after booking. Never birth dates or requirements.
const PRIVATE = new Set(["csrf_token", "special_requirements"]);

export class Draft {
  constructor(desk, parts) {
    this.desk = desk;
    this.parts = parts;
    this.key = `desk-draft:${desk.dataset.person}`;
  }

  save() {
    const { caller, dates, people, price } = this.parts;
    const isEmpty = !caller.caller && !dates.date && !caller.name;
    if (isEmpty) { this.forget(); return; }
    const fields = {};
    for (const input of this.desk.elements) {
      if (!input.name || PRIVATE.has(input.name) || "private" in input.dataset) continue;
      if (input.type === "radio") { if (input.checked) fields[input.name] = input.value; } else fields[input.name] = input.type === "checkbox" ? input.checked : input.value;
    }
    const draft = {
      fields, caller: caller.caller, company: caller.company, date: dates.date, people: people.collect(true),
      hasMore: people.more.checked, holdIsTyped: price.holdIsTyped, typed: caller.input.value,
    };
    this.attempt(() => sessionStorage.setItem(this.key, JSON.stringify(draft)));
  }

  read() {
    return this.attempt(() => JSON.parse(sessionStorage.getItem(this.key) || "null"));
  }

  forget() {
    this.attempt(() => sessionStorage.removeItem(this.key));
  }

  // A browser that keeps nothing is no reason not to book.
  attempt(work) {
    try { return work(); } catch { return null; }
  }

  restore(draft) {
    const { caller, dates, people, price } = this.parts;
    if (draft.caller) caller.fill({ ...draft.caller, company: draft.company });
    for (const [name, value] of Object.entries(draft.fields)) {
      const input = this.desk.elements[name];
      if (!input) continue;
      if (input.type === "checkbox") input.checked = value;
      else input.value = value;
    }
    people.fill(draft.fields.places || 1, draft.people, draft.hasMore);
    price.holdIsTyped = draft.holdIsTyped;
    if (draft.date) dates.take(draft.date);
    if (draft.caller?.id) caller.refreshCard(draft.caller.id);
    caller.head();
    caller.terms();
  }
}
