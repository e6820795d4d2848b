// A choice out of many: type, wait a moment, pick with the arrow keys. The value lives in the hidden input
// that the server made; its data-url answers ?query= with [[id, label], …].
const PAUSE = 150;

function element(tag, attributes, text = "") {
  const made = Object.assign(document.createElement(tag), { textContent: text });
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}

class Combobox {
  constructor(source) {
    this.source = source;
    this.many = source.dataset.multiple === "1";
    this.picked = this.startingValues();
    this.build();
    this.show();
  }

  startingValues() {
    const given = JSON.parse(this.source.dataset.json || "null");
    if (!given) return [];
    return this.many ? given : [given];
  }

  build() {
    const id = this.source.id;
    const box = element("div", { class: "combo" });
    this.input = element("input", {
      type: "text", class: "form-control", role: "combobox", autocomplete: "off", maxlength: "200",
      "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": `${id}-list`, id: `${id}-text`,
      placeholder: "Type to find…",
    });
    const described = this.source.getAttribute("aria-describedby");
    if (described) this.input.setAttribute("aria-describedby", described);
    this.list = element("ul", { role: "listbox", id: `${id}-list`, hidden: "", "aria-label": "Found" });
    this.chips = element("ul", { class: "picked" });
    document.querySelector(`label[for="${id}"]`)?.setAttribute("for", `${id}-text`);
    this.source.after(box);
    box.append(this.chips, this.input, this.list, this.source);
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.leave());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.pick(event.target.closest("[role=option]")));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.find(), PAUSE);
  }

  async find() {
    const query = this.input.value.trim();
    if (!query) { if (!this.many) this.set([]); this.close(); return; }
    const url = new URL(this.source.dataset.url, location.href);
    url.searchParams.set("query", query);
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok || query !== this.input.value.trim()) return;
    this.open(await answer.json());
  }

  open(pairs) {
    const options = pairs.map(([value, label], index) =>
      element("li", { role: "option", id: `${this.list.id}-${index}`, "data-value": value, "aria-selected": "false" }, label));
    this.list.replaceChildren(...options);
    if (!options.length) this.list.append(element("li", { "aria-live": "polite" }, "Nothing found."));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(options[0]);
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  mark(option) {
    this.list.querySelectorAll("[role=option]").forEach((other) => other.setAttribute("aria-selected", String(other === option)));
    if (!option) return;
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (this.list.hidden) return;
    const options = [...this.list.querySelectorAll("[role=option]")];
    const now = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.mark(options[(now + step + options.length) % options.length]);
    else if (event.key === "Enter") this.pick(options[now]);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  pick(option) {
    if (!option) return;
    const pair = [option.dataset.value, option.textContent];
    this.set(this.many ? [...this.picked.filter(([value]) => value !== pair[0]), pair] : [pair]);
    this.close();
  }

  // What was typed but not picked is no choice: show again what is chosen.
  leave() {
    this.close();
    this.show();
  }

  set(pairs) {
    this.picked = pairs;
    this.source.value = pairs.map(([value]) => value).join(",");
    this.source.dispatchEvent(new Event("input", { bubbles: true }));
    this.show();
  }

  show() {
    if (!this.many) { this.input.value = this.picked[0]?.[1] ?? ""; return; }
    this.input.value = "";
    this.chips.replaceChildren(...this.picked.map((pair) => this.chip(pair)));
  }

  chip([value, label]) {
    const button = element("button", { type: "button", "aria-label": `Remove ${label}` }, `${label} ×`);
    button.addEventListener("click", () => this.set(this.picked.filter(([other]) => other !== value)));
    const item = element("li", {});
    item.append(button);
    return item;
  }
}

document.querySelectorAll("[data-role=select2-ajax]").forEach((source) => new Combobox(source));
