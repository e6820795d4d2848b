// Step 1: who is calling.
import { ask, say } from "./desk-ask.js";
import { Chooser, all, later, make, one } from "./desk-parts.js";

const FIELDS = ["first_name", "last_name", "phone", "email", "company"];
const CONTACT = FIELDS.slice(0, 4);
const WORDS = { user: "", company: "Company", booking: "Booking" };

export class Caller {
  constructor(desk, { changed, chosen }) {
    this.desk = desk;
    this.changed = changed;
    this.chosen = chosen;
    this.caller = null;
    this.company = null;
    this.input = one("#caller");
    this.chooser = new Chooser(this.input, one("#caller-list"), {
      look: (words, signal) => this.look(words, signal),
      draw: (item) => this.draw(item),
      pick: (item) => this.pick(item),
      ready: (words) => words.length > 0,
      start: (items) => (items.length > 1 && items[0].is_near ? items.length - 1 : 0),
    });
    this.chooser.failed = (error) => this.failed(error);
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.altKey) { event.preventDefault(); this.takeNew(this.input.value); }
    });
    one("#other-caller").addEventListener("click", () => this.again());
    this.field("company").addEventListener("input", later(() => this.findCompany(), 200));
    FIELDS.forEach((name) => this.field(name).addEventListener("input", () => { this.head(); this.changed(); }));
    ["email", "phone"].forEach((name) => this.field(name).addEventListener("change", () => this.recognise(this.field(name).value.trim())));
    one("#card").addEventListener("keydown", (event) => this.noteKey(event));
  }

  field(name) {
    return this.desk.elements[name];
  }

  async look(words, signal) {
    const { found } = await ask(`${this.desk.dataset.callers}?q=${encodeURIComponent(words)}`, { signal });
    one("#form-error").hidden = true;
    say(found.length ? `${found.length} found` : "Nobody found: Enter takes a new caller");
    return [...found, { kind: "new", id: "new", title: words }];
  }

  failed(error) {
    this.chooser.show([{ kind: "new", id: "new", title: this.input.value.trim() }]);
    const place = one("#form-error");
    place.textContent = error.message;
    place.hidden = false;
  }

  draw(item) {
    if (item.kind === "new") {
      return { node: make("li", { class: "hit is-new" }, make("strong", {}, "New caller"), make("span", {}, `“${item.title}”`), make("kbd", {}, "Alt Enter")) };
    }
    const detail = [WORDS[item.kind], ...item.detail].filter(Boolean).join(" · ");
    const near = item.is_near ? make("em", {}, "nearly") : "";
    return { node: make("li", { class: `hit is-${item.kind}` }, make("strong", {}, item.title), make("span", {}, detail), near), label: `${item.title}, ${detail}` };
  }

  async pick(item) {
    if (item.kind === "new") return this.takeNew(item.title);
    if (item.kind === "company") return this.takeCompany(item);
    return this.take(item.person_id);
  }

  async take(userId) {
    one("#form-error").hidden = true;
    const { caller, card } = await ask(`${this.desk.dataset.callers}/${userId}`);
    this.fill(caller);
    this.showCard(card);
    say(`${caller.name} chosen`);
    this.chosen(false);
  }

  async refreshCard(userId) {
    const { card } = await ask(`${this.desk.dataset.callers}/${userId}`);
    if (this.desk.elements.customer_id.value === userId) this.showCard(card);
  }

  async takeCompany(item) {
    this.fill({ company: { id: item.id, name: item.title } });
    await this.findCompany();
    this.chosen(true);
  }

  // What was typed is a number, an address or a name; people say the first name first.
  takeNew(typed) {
    const words = typed.trim();
    const caller = {};
    if (words.includes("@")) caller.email = words;
    else if (/^[0-9 +()./-]{5,}$/.test(words)) caller.phone = words;
    else {
      const parts = words.split(/\s+/).map(capital);
      caller.last_name = parts.length > 1 ? parts.pop() : "";
      caller.first_name = parts.join(" ");
    }
    this.chooser.abort?.abort();
    this.chooser.close();
    this.fill(caller);
    this.chosen(true);
  }

  fill(caller) {
    one("#contact-note").textContent = "";
    this.caller = caller;
    this.company = caller.company || null;
    this.desk.elements.customer_id.value = caller.id || "";
    FIELDS.forEach((name) => { this.field(name).value = (name === "company" ? caller.company?.name : caller[name]) || ""; });
    this.open(true);
    this.showCard("");
    this.head();
    this.terms();
    this.changed();
  }

  open(isChosen) {
    one("#contact").hidden = !isChosen;
    one(".finder", this.desk).hidden = isChosen;
  }

  again() {
    this.clear();
    this.changed();
    this.input.focus();
  }

  clear() {
    this.caller = this.company = null;
    this.desk.elements.customer_id.value = "";
    FIELDS.forEach((name) => { this.field(name).value = ""; });
    this.input.value = "";
    this.chooser.show([]);
    this.chooser.close();
    this.open(false);
    this.showCard("");
  }

  get name() {
    return ["first_name", "last_name"].map((name) => this.field(name).value.trim()).filter(Boolean).join(" ");
  }

  head() {
    const known = this.caller?.id ? this.caller : null;
    one("#contact-who").textContent = known ? known.name : "New caller";
    if (!known) return;
    const differs = CONTACT.some((name) => this.field(name).value.trim() !== (known[name] || ""));
    one("#contact-note").textContent = differs ? "Changed for this booking only; the customer's record stays as it is." : "";
  }

  // Somebody new whose address or number is on record already: offer that record, with its bookings and notes.
  async recognise(typed) {
    if (this.caller?.id || typed.length < 6) return;
    const { found } = await ask(`${this.desk.dataset.callers}?q=${encodeURIComponent(typed)}`);
    const known = found.filter((item) => item.kind === "user" && !item.is_near && item.detail.some((detail) => plain(detail) === plain(typed)));
    if (this.caller?.id || !known.length) return;
    const [person] = known;
    const button = make("button", { class: "link", type: "button" }, `Use the record of ${person.title}`);
    button.addEventListener("click", () => this.take(person.person_id));
    one("#contact-note").replaceChildren("This is on record already. ", button);
  }

  async findCompany() {
    const name = this.field("company").value.trim();
    const { company, like } = name ? await ask(`${this.desk.dataset.companies}?name=${encodeURIComponent(name)}`) : { company: null, like: [] };
    if (name !== this.field("company").value.trim()) return;
    one("#companies").replaceChildren(...like.map((each) => make("option", { value: each })));
    this.company = company;
    this.terms();
    this.changed();
  }

  terms() {
    const name = this.field("company").value.trim();
    const order = this.company?.needs_purchase_order ? ", purchase order needed" : "";
    const words = this.company?.has_terms ? `${this.company.name} has account terms${order}.`
      : this.company ? `${this.company.name} pays as it books.` : name ? `“${name}” is new and will be added.` : "";
    one("#company-terms").textContent = words;
  }

  showCard(html) {
    const card = one("#card");
    card.innerHTML = html; // a piece of page from our own server, escaped there
    card.hidden = !html;
  }

  focusNote() {
    one("#note")?.focus();
  }

  async noteKey(event) {
    const note = event.target.closest("#note");
    if (!note || event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    if (!note.value.trim()) return;
    try {
      const { card } = await ask(note.dataset.note, { body: { body: note.value } });
      this.showCard(card);
      say("Note kept");
      this.focusNote();
    } catch (error) {
      const place = one("#note-error");
      place.textContent = error.fields.note || error.message;
      place.hidden = false;
    }
  }

  firstEmpty() {
    return all("#contact input").find((input) => !input.value && CONTACT.includes(input.name));
  }
}

// Numbers are compared by their last nine digits: trunk zeros and country codes come before those.
const plain = (text) => (text.includes("@") ? text.toLowerCase() : text.replace(/[^0-9]/g, "").slice(-9) || text);
const capital = (word) => (word === word.toLowerCase() ? word.charAt(0).toUpperCase() + word.slice(1) : word);
