// Step 4 and the sum: the server is the only one who calculates.
import { ask, say } from "./desk-ask.js";
import { all, later, make, one } from "./desk-parts.js";

const MAILS = { account: "Booking confirmed", card_terminal: "Booking confirmed", cash: "Booking confirmed", credit: "Booking confirmed", free: "Booking confirmed", bank_transfer: "Places held", payment_link: "Places held" };

export class Price {
  constructor(desk, { caller, dates, people, changed }) {
    Object.assign(this, { desk, caller, dates, people, changed });
    this.quote = null;
    this.holdIsTyped = false;
    this.refresh = later(() => this.load(), 140);
    this.code = one("#discount_code");
    this.hold = one("#hold_until");
    this.code.addEventListener("input", () => changed());
    this.hold.addEventListener("input", () => { this.holdIsTyped = true; });
    one("#send_mail").addEventListener("change", () => this.mail());
    one("#use-credit").addEventListener("change", () => this.draw());
    one("#methods").addEventListener("change", () => { this.method(); changed(false); });
    one("#methods").addEventListener("keydown", (event) => this.letter(event));
  }

  get chosen() {
    return one("input[name=payment_method]:checked", this.desk)?.value || "";
  }

  async load() {
    this.abort?.abort();
    this.draw();
    if (!this.dates.date) { this.quote = null; this.draw(); return; }
    const mine = this.abort = new AbortController();
    const elements = this.desk.elements;
    const body = {
      schedule_id: elements.schedule_id.value, customer_id: elements.customer_id.value, places: this.people.count,
      discount_code: this.code.value, attendees: this.people.collect(true).map(({ first_name, last_name }) => ({ first_name, last_name })),
    };
    try {
      this.quote = await ask(this.desk.dataset.quote, { body, signal: mine.signal });
      this.failure = "";
      this.dates.update(this.quote.date);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.quote = null;
      this.failure = error.message;
    }
    this.draw();
  }

  draw() {
    const { quote } = this;
    const price = quote?.price;
    const caller = this.caller.name || this.caller.company?.name;
    put("#sum-caller", caller ? [caller, this.caller.field("company").value].filter(Boolean).join(", ") : null);
    const date = this.dates.date;
    put("#sum-date", date ? `${date.course}, ${date.when}${date.town ? `, ${date.town}` : ""}` : null);
    const places = this.people.count;
    one("#sum-places-word").textContent = price ? `${places} × ${price.each}` : places === 1 ? "1 place" : `${places} places`;
    one("#sum-list").textContent = price ? price.list : "";
    one("#sum-discount-line").hidden = !price?.discount;
    one("#sum-discount-word").textContent = price?.discount_label || "Discount";
    one("#sum-discount").textContent = price?.discount ? `−${price.discount}` : "";
    one("#sum-total").textContent = price ? price.total : "–";
    this.codeProblem();
    this.warn();
    this.holds();
    this.offer();
  }

  // What of the credit of the caller who stands there now could pay this.
  get usable() {
    const credit = this.quote?.credit;
    return credit && credit.customer_id === this.desk.elements.customer_id.value ? credit : null;
  }

  // All of it is a way to pay of its own; a part is a tick beside the others. The server checks what was shown.
  credit() {
    const { usable, chosen } = this;
    const isPart = Boolean(usable) && !usable.covers;
    const box = one("#use-credit");
    one("#credit-part").hidden = !isPart;
    one("#credit-words").textContent = isPart ? `Use ${usable.part} of credit: ${usable.rest} is left to pay` : "";
    if (!isPart) box.checked = false;
    const isWhole = chosen === "credit" && Boolean(usable?.covers);
    this.desk.elements.credit_minor.value = box.checked ? usable.part_minor : "";
    one("#sum-credit-line").hidden = one("#sum-rest-line").hidden = !(box.checked || isWhole);
    one("#sum-credit").textContent = usable ? `−${usable.part}` : "";
    one("#sum-rest").textContent = usable?.rest || "";
  }

  codeProblem() {
    const place = one("#discount_code-error");
    const problem = this.quote?.problem;
    const isCode = problem?.field === "discount_code" && this.code.value.trim();
    const lost = this.code.value.trim() && this.quote?.price && !this.quote.price.is_code && !problem;
    place.hidden = !isCode && !lost;
    place.classList.toggle("is-mild", Boolean(lost));
    place.textContent = isCode ? problem.message : lost ? `${this.quote.price.discount_label || "Another discount"} is better and is used.` : "";
    this.code.toggleAttribute("aria-invalid", Boolean(isCode));
  }

  warn() {
    const problem = this.quote?.problem;
    const found = (this.quote?.warnings || []).map(drawWarning);
    if (problem && problem.field !== "discount_code") found.unshift(make("li", { class: "is-bad" }, problem.message));
    if (this.failure && this.dates.date) found.unshift(make("li", { class: "is-bad" }, this.failure));
    const date = this.quote?.date;
    if (date && this.people.count > date.left) {
      found.unshift(make("li", { class: "is-bad" }, date.left < 1 ? "This date is full." : `Only ${date.left} left on this date.`));
    }
    const list = one("#warnings");
    const words = found.map((item) => item.textContent).join("|");
    if (list.dataset.words === words) return; // read out once, not at every key
    list.dataset.words = words;
    list.replaceChildren(...found);
  }

  holds() {
    const hold = this.quote?.hold;
    if (!hold) return;
    this.hold.min = hold.earliest;
    this.hold.max = hold.latest;
    if (!this.holdIsTyped) this.hold.value = hold.default;
  }

  holdUntilTomorrow() {
    if (this.chosen !== "payment_link") this.pick("bank_transfer");
    this.holdIsTyped = true;
    if (this.quote?.hold) this.hold.value = this.quote.hold.tomorrow;
    this.hold.focus();
  }

  // Only what can be taken now: free when nothing is due, terms when the company has them.
  offer() {
    const isFree = this.quote?.price?.total_minor === 0;
    const hasTerms = Boolean(this.caller.company?.has_terms);
    const may = { free: isFree, account: hasTerms && !isFree, credit: Boolean(this.usable?.covers) && !isFree };
    all(".method").forEach((label) => {
      const method = label.dataset.method;
      const isOffered = may[method] ?? !isFree;
      const radio = one("input", label);
      label.hidden = !isOffered;
      radio.disabled = !isOffered;
      if (!isOffered && radio.checked) radio.checked = false;
    });
    if (isFree) this.pick("free");
    else if (hasTerms && !this.chosen && !this.turnedDown) this.pick("account");
    this.method();
  }

  pick(method) {
    const radio = one(`input[name=payment_method][value=${method}]`);
    if (!radio.disabled) radio.checked = true;
    this.method();
  }

  method() {
    const method = this.chosen;
    all("[data-for]").forEach((field) => { field.hidden = !field.dataset.for.split(" ").includes(method); });
    one("#receipt-word").textContent = method === "bank_transfer" ? "Their payment reference" : "Receipt number";
    const needed = method === "account" && this.caller.company?.needs_purchase_order;
    one("#order-needed").textContent = needed ? "needed" : "optional";
    one("#purchase_order").toggleAttribute("aria-required", Boolean(needed));
    one("#order-number").hidden = !this.caller.field("company").value && method !== "account";
    this.credit();
    this.mail();
  }

  mail() {
    const email = this.caller.field("email").value.trim();
    const box = one("#send_mail");
    box.disabled = !email;
    const mail = MAILS[this.chosen] ? `“${MAILS[this.chosen]}”` : "the confirmation";
    one("#mail-words").textContent = !email ? "No e-mail address: a printed confirmation is offered"
      : box.checked ? `Mail ${mail} to ${email}` : `No mail (${email})`;
    one("#preview-mail").disabled = !email || !box.checked;
  }

  letter(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const radio = one(`input[data-pick="${CSS.escape(event.key.toLowerCase())}"]`);
    if (radio?.value === "credit" && !one("#credit-part").hidden) {
      event.preventDefault();
      return this.usePart();
    }
    if (!radio || radio.disabled) return;
    event.preventDefault();
    radio.checked = true;
    radio.focus();
    this.turnedDown = radio.value !== "account";
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Credit that pays a part only is no way to pay of its own: its key ticks it, or takes the tick away.
  usePart() {
    one("#use-credit").click();
    say(one("#use-credit").checked ? one("#credit-words").textContent : "No credit is used");
  }

  focus() {
    const radios = all("input[name=payment_method]").filter((radio) => !radio.disabled);
    (radios.find((radio) => radio.checked) || radios[0])?.focus();
  }

  // The first field of this way to pay that cannot stay empty.
  firstNeeded() {
    const order = one("#purchase_order");
    return order.hasAttribute("aria-required") && !order.value.trim() ? order : null;
  }

  clear() {
    this.quote = null;
    this.failure = "";
    this.holdIsTyped = this.turnedDown = false;
    one("#send_mail").checked = true;
  }
}

function drawWarning(warning) {
  if (!warning.url) return make("li", {}, warning.words);
  const link = make("a", { href: warning.url, target: "_blank", rel: "noopener" }, warning.reference);
  return make("li", {}, `${warning.words}: `, link, ` ${warning.who}, ${warning.status.toLowerCase()}`);
}

function put(selector, words) {
  const place = one(selector);
  place.replaceChildren(words || make("span", { class: "none" }, "not chosen"));
}

// The policy of our pages lets no style sheet of a mail through; its style attributes say it all again.
const withoutSheets = (html) => html.replace(/<style[\s\S]*?<\/style>/gi, "");

export async function previewMail(desk, body) {
  const mail = await ask(desk.dataset.preview, { body });
  one("#preview-title").textContent = mail.title;
  one("#preview-subject").textContent = `Subject: ${mail.subject}${mail.has_calendar ? " · with calendar file" : ""}`;
  one("#preview-frame").srcdoc = withoutSheets(mail.html);
  one("#preview").showModal();
}

