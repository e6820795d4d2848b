// Small parts that the steps of the desk share.
export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  });
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export function later(work, milliseconds) {
  let timer;
  const run = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), milliseconds);
  };
  run.cancel = () => clearTimeout(timer);
  return run;
}

// A list below a field: type, wait a moment, arrow keys, Enter. An answer that a newer question overtook is dropped.
export class Chooser {
  // look(words, signal) → items; draw(item) → {node, label, off}; pick(item); empty(words) → text
  constructor(input, list, { look, draw, pick, pause = 90, stays = false, start = () => 0, ready = () => true }) {
    Object.assign(this, { input, list, look, draw, pick, stays, start, ready });
    this.items = [];
    this.active = -1;
    this.refresh = later(() => this.search(), pause);
    input.addEventListener("input", () => {
      this.abort?.abort(); // its answer would be to another question, and Enter would take from it
      this.waiting = true;
      this.refresh();
    });
    input.addEventListener("keydown", (event) => this.key(event));
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => this.clicked(event));
    if (!stays) input.addEventListener("blur", () => this.close());
  }

  async search() {
    this.refresh.cancel();
    this.abort?.abort();
    const words = this.input.value.trim();
    if (!this.ready(words)) { this.waiting = false; this.show([]); this.close(); return; }
    const mine = this.abort = new AbortController();
    try {
      const items = await this.look(words, mine.signal);
      if (mine.signal.aborted) return;
      this.waiting = false;
      this.show(items);
      if (this.wanted) this.choose(this.active);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.waiting = false;
      this.failed?.(error);
    }
  }

  show(items) {
    const before = this.items[this.active]?.id;
    this.items = items;
    this.drawn = items.map((item) => this.draw(item));
    this.list.replaceChildren(...this.drawn.map(({ node, label, off }, index) => {
      node.id = `${this.list.id}-${index}`;
      node.setAttribute("role", "option");
      node.setAttribute("aria-selected", "false");
      if (label) node.setAttribute("aria-label", label);
      if (off) node.setAttribute("aria-disabled", "true");
      return node;
    }));
    const kept = this.stays ? items.findIndex((item) => item.id === before) : -1;
    this.mark(kept >= 0 ? kept : this.firstOpen(this.start(items)));
    if (items.length) this.open();
  }

  firstOpen(from) {
    const found = this.drawn.findIndex(({ off }, index) => index >= from && !off);
    return found >= 0 ? found : -1;
  }

  mark(index) {
    this.active = index;
    [...this.list.children].forEach((node, place) => node.setAttribute("aria-selected", String(place === index)));
    const node = this.list.children[index];
    if (!node) { this.input.removeAttribute("aria-activedescendant"); return; }
    this.input.setAttribute("aria-activedescendant", node.id);
    if (document.activeElement === this.input) scrollInList(this.list, node);
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 }[event.key];
    if (event.key === "Enter" && !event.altKey && !event.ctrlKey) this.enter();
    else if (event.key === "Escape" && !this.list.hidden && !this.stays) this.close();
    else if (step && this.items.length && !event.altKey) this.move(step);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Enter before the answer is there means its first line.
  enter() {
    if (this.waiting) { this.wanted = true; this.search(); return; }
    this.choose(this.active);
  }

  move(step) {
    this.open();
    let next = this.active;
    do {
      next += Math.sign(step);
    } while (this.drawn[next]?.off);
    const goal = Math.abs(step) > 1 ? Math.min(Math.max(this.active + step, 0), this.items.length - 1) : next;
    const landed = this.drawn[goal]?.off ? this.firstOpen(goal) : goal;
    if (this.items[landed]) this.mark(landed);
  }

  clicked(event) {
    const node = event.target.closest("[role=option]");
    if (node) this.choose([...this.list.children].indexOf(node));
  }

  choose(index) {
    this.wanted = false;
    const item = this.items[index];
    if (!item || this.drawn[index].off) return;
    this.close();
    Promise.resolve(this.pick(item)).catch((error) => this.failed?.(error));
  }

  open() {
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  close() {
    if (this.stays) return;
    this.wanted = false;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

function scrollInList(list, node) {
  if (node.offsetTop < list.scrollTop) list.scrollTop = node.offsetTop;
  const below = node.offsetTop + node.offsetHeight - list.clientHeight;
  if (below > list.scrollTop) list.scrollTop = below;
}

// What is wrong stands beside its field; the first one gets the focus. Returns the words nobody has a field for.
export function showErrors(fields, fieldOf) {
  const left = [];
  let first = null;
  Object.entries(fields).forEach(([name, words]) => {
    const input = fieldOf(name);
    if (!input || !markError(input, words)) { left.push(words); return; }
    first ??= input;
  });
  return { left, first };
}

export function markError(input, words) {
  const place = errorOf(input);
  if (!place) return false;
  place.textContent = words;
  place.hidden = false;
  input.setAttribute("aria-invalid", "true");
  return true;
}

export function errorOf(input) {
  return document.getElementById(`${input.id || input.name}-error`);
}

// What is being put right is no problem any more.
export function forgive(input) {
  input.removeAttribute("aria-invalid");
  const place = document.getElementById(`${input.name}-error`) || errorOf(input);
  if (place) place.hidden = true;
}

export function clearErrors(root) {
  all(".error", root).forEach((place) => { place.hidden = true; place.textContent = ""; });
  all("[aria-invalid]", root).forEach((field) => field.removeAttribute("aria-invalid"));
}
