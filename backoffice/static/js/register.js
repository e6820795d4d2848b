// The register on a telephone: every mark is kept in this browser as it is made, and sent when there is a connection.
import { Card, make } from "./register-card.js";
import { Post } from "./register-post.js";
import { Store, asSent, isOwn } from "./register-store.js";

const SOON = 700;
const FRESH = 30_000;
const form = document.querySelector("form.register");

class Page {
  constructor() {
    const { person, register, marksUrl, days } = form.dataset;
    this.days = JSON.parse(days);
    this.cards = new Map([...form.querySelectorAll(".person")].map((item) => [item.dataset.attendee, new Card(item, this.days)]));
    this.store = new Store(person, register);
    this.post = new Post(marksUrl, person, form.elements.csrf_token.value);
    this.state = form.querySelector("[data-state]");
    this.asked = new Set();
    this.refused = new Set();
    this.words = [];
    this.sending = null;
    this.looked = Date.now();
  }

  start() {
    for (const [id, row] of Object.entries(this.store.rows())) this.catchUp(this.cards.get(id), row);
    for (const [id, mark] of Object.entries(this.store.read())) this.cards.get(id)?.overlay(mark);
    form.addEventListener("input", (event) => this.note(event.target));
    form.addEventListener("submit", (event) => this.press(event));
    addEventListener("online", () => this.now());
    addEventListener("pageshow", (event) => { if (event.persisted) this.now(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.comeBack(); });
    addEventListener("storage", (event) => { if (event.key === this.store.key || event.key === null) this.say(); });
    form.classList.add("is-kept");
    if (this.store.count) this.now(); else this.say();
    this.keepPage();
  }

  catchUp(card, row) {
    if (card && !card.isLeftAlone && row.version > card.version) card.apply(row);
  }

  // Where the browser allows it, the page itself opens again without a connection.
  async keepPage() {
    if (!navigator.serviceWorker) return;
    try {
      await navigator.serviceWorker.register(form.dataset.worker);
      const { active } = await navigator.serviceWorker.ready;
      const looks = performance.getEntriesByType("resource").map((each) => each.name).filter((name) => name.includes("/static/") || name.includes("/fonts/"));
      active.postMessage({ page: location.href.split("#")[0], looks: [...new Set(looks)] });
    } catch { /* The marks are kept all the same. */ }
  }

  // --- Marking ---

  note(input) {
    const card = this.cards.get(input.closest(".person")?.dataset.attendee);
    const change = card && !card.isLeftAlone && card.changeOf(input);
    if (!change) return;
    this.mark(card, change);
    this.later(input === card.note ? 2 * SOON : SOON);
  }

  mark(card, change) {
    if (this.refused.delete(card.id)) card.clear();
    this.store.touch(card.id, card.version, change);
    this.words = [];
    this.say();
  }

  waiting() {
    return Object.entries(this.store.read()).filter(([id]) => !this.asked.has(id) && !this.refused.has(id));
  }

  // --- Sending ---

  later(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), pause);
  }

  now() {
    this.post.wait = 0;
    return this.send();
  }

  // Whether everything is through; one at a time, and what was marked meanwhile goes with the next.
  async send() {
    clearTimeout(this.timer);
    if (this.sending) { await this.sending; if (!this.waiting().length) return !this.store.count; }
    this.sending = this.sendAll();
    try { return await this.sending; } finally { this.sending = null; this.say(); }
  }

  async sendAll() {
    for (;;) {
      const batch = this.waiting();
      if (!batch.length) return !this.store.count;
      this.store.tried(batch.map(([id]) => id));
      const answer = await this.post.send(batch.map(([id, mark]) => asSent(id, mark)));
      if (!this.take(answer, batch)) return false;
    }
  }

  // Whether to go on at once.
  take({ status, body }, batch) {
    if (status === 200) return this.settle(body, new Map(batch));
    if (status === 401) return this.stop("Your session has ended. ", make("a", { href: `/login?next=${encodeURIComponent(location.pathname + location.search)}` }, "Sign in to send"));
    if (status === 422 && this.refuse(body.error, batch)) return true;
    if (status > 0 && status < 500 && status !== 429) return this.stop(`Not sent: ${body.error?.message ?? "reload the page."}`);
    this.later(this.post.nextWait());
    return false;
  }

  settle(body, sent) {
    const conflicts = new Map(body.conflicts.map((each) => [each.attendee_id, each]));
    for (const row of body.rows) {
      if (!conflicts.has(row.attendee_id)) this.store.know(row);
      const conflict = conflicts.get(row.attendee_id);
      if (conflict) this.meet(conflict);
      else if (this.store.settle(row.attendee_id, sent.get(row.attendee_id), row.version)) this.cards.get(row.attendee_id)?.apply(row);
      else this.renew(row);
    }
    body.gone.forEach((id) => this.leave(id));
    this.words = [];
    this.sentAt = new Date();
    this.looked = Date.now();
    return true;
  }

  // Saved, and marked once more while it was on its way.
  renew(row) {
    const card = this.cards.get(row.attendee_id);
    card?.apply(row);
    card?.overlay(this.store.get(row.attendee_id));
  }

  refuse(error, batch) {
    const [, number] = /^marks\.(\d+)\./.exec(Object.keys(error?.fields ?? {})[0] ?? "") ?? [];
    const id = batch[Number(number)]?.[0];
    if (!id) return false;
    this.refused.add(id);
    this.cards.get(id)?.refuse(error.message);
    return true;
  }

  stop(...words) {
    this.words = words;
    return false;
  }

  leave(id) {
    const card = this.cards.get(id);
    this.store.drop(id);
    card?.refuse("No longer on this date: the place was cancelled or moved.");
  }

  // --- Somebody else marked the same person ---

  meet(conflict) {
    const { attendee_id: id, stored } = conflict;
    const card = this.cards.get(id);
    if (isOwn(stored, this.store.get(id))) { this.rebase(id, stored); return; }
    if (!card || card.isLeftAlone) { this.store.drop(id); return; }
    this.asked.add(id);
    card.ask(conflict, () => this.decide(card, stored, false), () => this.decide(card, stored, true));
  }

  rebase(id, row) {
    this.store.change(id, (mark) => Object.assign(mark, { seen_version: row.version, tried: [] }));
  }

  decide(card, stored, isMine) {
    this.asked.delete(card.id);
    card.clear();
    card.apply(stored);
    if (isMine) { card.overlay(this.store.get(card.id)); this.rebase(card.id, stored); } else this.store.drop(card.id);
    card.item.querySelector("input:checked, input[type=radio]")?.focus();
    this.say();
    this.send();
  }

  // --- How it stands ---

  say() {
    const cards = [...this.cards.values()].filter((card) => !card.isLeftAlone);
    const marked = `${cards.filter((card) => card.isMarked).length} of ${this.cards.size} marked`;
    const kept = this.store.count;
    const standing = [this.standing(kept)].flat();
    const said = make("span", {}, marked, ...(standing.length ? [" · ", ...standing] : []));
    // Said again, it would be read out again.
    if (said.textContent !== this.state.textContent) this.state.replaceChildren(...said.childNodes);
    form.classList.toggle("has-kept", kept > 0);
    this.tickOff();
  }

  standing(kept) {
    if (this.asked.size) return [`${this.asked.size === 1 ? "1 person was" : `${this.asked.size} people were`} marked by somebody else: `, make("a", { href: `#person-${[...this.asked][0]}` }, "choose which is right")];
    if (this.words.length) return kept ? [this.keptWords(kept), ". ", ...this.words] : this.words;
    if (kept) return this.keptWords(kept);
    if (this.sentAt) return `Sent ${this.sentAt.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
    return [];
  }

  keptWords(kept) {
    const people = kept === 1 ? "1 person" : `${kept} people`;
    return this.store.isKept ? `Saved on this phone, not sent yet (${people})` : `Not sent yet (${people}); this browser keeps nothing: leave the page open`;
  }

  // Who is missing before the date can be completed.
  tickOff() {
    const marks = this.store.read();
    for (const link of form.querySelectorAll(".missing a")) {
      const id = link.hash.replace("#person-", "");
      link.closest("li").hidden = this.cards.get(id)?.isMarkedThroughout(marks[id], Object.keys(this.days)) ?? false;
    }
  }

  // After a while elsewhere others may have marked: show it, where nothing of ours waits.
  async comeBack() {
    if (this.store.count) { this.now(); return; }
    if (Date.now() - this.looked < FRESH) return;
    this.looked = Date.now();
    const { status, body } = await this.post.read();
    if (status !== 200) return;
    const kept = this.store.read();
    for (const row of body.rows) {
      const card = this.cards.get(row.attendee_id);
      if (card && !card.isLeftAlone && !kept[row.attendee_id] && row.version > card.version) card.apply(row);
    }
    this.say();
  }

  // --- The keys at the foot ---

  async press(event) {
    event.preventDefault();
    event.stopPropagation();
    if (this.isPressed) return;
    this.isPressed = true;
    try { await this.act(event.submitter); } finally { this.isPressed = false; }
  }

  async act(key) {
    const isThrough = await this.now();
    // What was marked is sent by itself; only what the page without scripts asks is saved by the page.
    if (isThrough && !key?.name && !document.querySelector(".problems")) return;
    if (isThrough && await this.isReached()) { this.hand(key); return; }
    if (key?.name === "everybody") this.markRest(key.value);
    else if (key?.name === "passed") this.passRest();
    else if (key?.name === "complete") this.stop("Complete the date when everything is sent.");
    if (this.asked.size) form.querySelector(".conflict button")?.focus();
    this.say();
  }

  // Whether the page itself would get through: without a connection the browser would put its own in its place.
  async isReached() {
    const answer = await this.post.read();
    return answer.status === 200 || this.take(answer, []);
  }

  // The key itself, as without scripts.
  hand(key) {
    if (key?.name) form.append(make("input", { type: "hidden", name: key.name, value: key.value }));
    HTMLFormElement.prototype.submit.call(form);
  }

  markRest(day) {
    for (const card of this.open()) {
      const name = `attendance-${card.id}-${day}`;
      if (card.chosen(name)) continue;
      card.choose(name, "present");
      this.mark(card, { attendance: { [day]: "present" } });
    }
    this.later(SOON);
  }

  passRest() {
    for (const card of this.open()) {
      if (!card.passesWith(this.store.get(card.id))) continue;
      card.overlay({ attendance: {}, outcome: "passed" });
      this.mark(card, { outcome: "passed" });
    }
    this.later(SOON);
  }

  open() { return [...this.cards.values()].filter((card) => !card.isLeftAlone && !this.asked.has(card.id)); }
}

if (form?.dataset.marksUrl && form.querySelector("[data-state]")) new Page().start();
