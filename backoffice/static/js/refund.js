// The refund form says what goes back while one ticks and types. The server adds up for itself when it is sent.
const line = document.querySelector("[data-refund]");
const sums = JSON.parse(line.dataset.refund);
const form = line.closest("form");
const fields = form.elements;
const button = form.querySelector(".form-buttons button");
const verb = button.textContent;

const ticked = () => [...form.querySelectorAll("[name=attendees]:checked")].map((box) => box.value);
const pick = (what) => { form.querySelector(`[name=what][value=${what}]`).checked = true; };

function say(minor) {
  const whole = Math.trunc(minor / 100).toLocaleString("en-GB"), part = minor % 100;
  return sums.symbol + whole + (part || !sums.hides_zeros ? `.${String(part).padStart(2, "0")}` : "");
}

// As the server reads amounts; NaN for what it would refuse, 0 for nothing.
function typed() {
  let text = fields.amount.value.trim();
  const symbol = sums.symbol.trim().toLowerCase();
  if (text.toLowerCase().startsWith(symbol)) text = text.slice(symbol.length).trim();
  if (!text) return 0;
  const match = /^(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d{1,2}))?$/.exec(text);
  return match ? Number(match[1].replaceAll(",", "")) * 100 + Number((match[2] || "").padEnd(2, "0")) : NaN;
}

// [what goes back, the most that the rules give of it]
function asked(of) {
  const what = fields.what.value, byRules = fields.keeps_fee.checked ? 1 : 0;
  if (what === "amount") return [typed(), of[1]];
  const parts = what === "places" ? ticked().map((id) => sums.places[id]) : [of];
  const add = (which) => parts.reduce((sum, part) => sum + part[which], 0);
  return [add(byRules), add(1)];
}

function about(total, most, left) {
  if (Number.isNaN(total)) return "Write the amount in figures.";
  if (!total) return "Nothing goes back yet: tick places or type an amount.";
  if (total > left) return `goes back: too much, ${say(left)} can go back.`;
  if (total > most) return `goes back. The rules give ${say(most)}: write why it is more.`;
  return "goes back.";
}

function show() {
  const of = sums.payments[fields.payment.value] || sums.payments[""];
  const [total, most] = asked(of);
  const isGood = total > 0 && total <= of[0];
  line.querySelector("[data-total]").textContent = total > 0 ? say(total) : "";
  line.querySelector("[data-about]").textContent = about(total, most, of[0]);
  line.classList.toggle("is-wrong", !isGood);
  button.textContent = isGood ? `${verb} ${say(total)}` : verb;
}

// A tick or an amount says what is meant; "all" takes both away again.
function follow(event) {
  const name = event.target.name;
  if (name === "attendees" && event.target.checked && fields.what.value === "all") pick("places");
  if (name === "amount" && fields.amount.value.trim()) pick("amount");
  if (name === "what" && fields.what.value !== "amount") fields.amount.value = "";
  if (name === "what" && fields.what.value === "all") form.querySelectorAll("[name=attendees]").forEach((box) => { box.checked = false; });
  show();
}

form.addEventListener("input", follow);
addEventListener("pageshow", show); // what the browser filled in again counts as well
line.hidden = false;
show();
