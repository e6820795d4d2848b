// The phone desk: four steps on one screen, no mouse. Each step is a file of its own; here they are put together.
import { ask, say } from "./desk-ask.js";
import { Caller } from "./desk-caller.js";
import { Dates } from "./desk-dates.js";
import { Draft } from "./desk-draft.js";
import { clearErrors, forgive, later, one, showErrors } from "./desk-parts.js";
import { People } from "./desk-people.js";
import { Price, previewMail } from "./desk-price.js";
import { hideResult, resultKey, showResult } from "./desk-result.js";

const desk = one("#desk");
let draft;
let price;

function changed(isPriced = true) {
  people.sync();
  price?.draw();
  if (isPriced) price?.refresh();
  keep();
}

const keep = later(() => draft.save(), 250);
let ready = false;

const caller = new Caller(desk, {
  changed: () => ready && changed(),
  chosen: (isNew) => {
    const empty = isNew ? caller.firstEmpty() : null;
    if (empty) empty.focus();
    else if (dates.date) focusPlaces();
    else dates.focus();
  },
});
const dates = new Dates(desk, { changed: () => ready && changed(), chosen: () => ready && focusPlaces() });
const people = new People(desk, { changed: () => ready && changed(), caller });
price = new Price(desk, { caller, dates, people, changed });
draft = new Draft(desk, { caller, dates, people, price });

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  desk.elements.idempotency_key.value = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function focusPlaces() {
  one("#places").focus();
  one("#places").select();
}

function collect() {
  const body = {};
  for (const input of desk.elements) {
    if (!input.name || input.disabled || input.name === "csrf_token") continue;
    if (input.type === "radio") { if (input.checked) body[input.name] = input.value; } else body[input.name] = input.type === "checkbox" ? input.checked : input.value;
  }
  return { ...body, attendees: people.collect(), places: one("#places").value.trim() };
}

// --- Book ---

let isSending = false;

async function book(event) {
  event?.preventDefault();
  if (isSending || desk.hidden) return;
  clearErrors(desk);
  if (!missing()) return;
  setSending(true);
  try {
    const booked = await ask(desk.action, { body: collect() });
    draft.forget();
    keep.cancel();
    showResult(booked, { next: () => startAfresh(), copy: () => startAfresh(true) });
  } catch (error) {
    refused(error);
  } finally {
    setSending(false);
  }
}

function setSending(is) {
  isSending = is;
  const button = one("#book");
  button.setAttribute("aria-disabled", String(is));
  button.classList.toggle("is-busy", is);
}

// What the server would say anyway, said at once.
function missing() {
  const fields = {};
  if (!caller.caller && !caller.name) fields.last_name = "Choose the caller, or enter a name.";
  if (!dates.date) fields.schedule_id = "Choose a date.";
  if (!price.chosen) fields.payment_method = "Choose how it is paid.";
  if (Object.keys(fields).length) { show(fields, ""); return false; }
  return true;
}

function refused(error) {
  show(error.fields, error.message);
  if (error.mayOverride && one("#override")) offerOverride();
  if (["places", "schedule_id", "credit_minor", "payment_method"].some((name) => name in error.fields)) price.refresh();
}

// The focus stays on what stands against it: correcting that is the first choice.
function offerOverride() {
  const place = one("#form-error");
  one("#override").hidden = place.hidden = false;
  place.textContent = "You may book all the same: give a reason in step 4.";
}

const SHOWN_AT = { credit_minor: "#use-credit", schedule_id: "#date", payment_method: "input[name=payment_method]:not(:disabled)", places: "#places", customer_id: "#caller" };

function fieldOf(name) {
  const parts = name.split(".");
  if (parts[0] === "attendees") {
    if (["phone", "birth_date", "requirements"].includes(parts[2])) { people.more.checked = true; people.list.classList.add("has-more"); }
    return document.getElementById(name);
  }
  return name === "schedule_id" || name === "payment_method" ? { id: name, name, setAttribute() {} } : desk.elements[name] || null;
}

function show(fields, message) {
  if ("last_name" in fields && one("#contact").hidden) {
    caller.takeNew(caller.input.value);
  }
  const { left, first } = showErrors(fields, fieldOf);
  const words = left.length ? left.join(" ") : Object.keys(fields).length ? "" : message;
  const place = one("#form-error");
  place.textContent = words;
  place.hidden = !words;
  const goal = first && (SHOWN_AT[first.id] ? one(SHOWN_AT[first.id]) : first);
  if (first?.id === "schedule_id" && dates.date) focusPlaces();
  else if (goal) goal.focus();
  else place.focus();
  say([...Object.values(fields), words].filter(Boolean).join(" "));
}

function startAfresh(isSameCaller = false) {
  const kept = isSameCaller ? { caller: caller.caller, fields: collect(), people: people.collect(true) } : null;
  ready = false;
  desk.reset();
  clearErrors(desk);
  if (one("#override")) one("#override").hidden = true;
  price.clear();
  caller.clear();
  dates.clear();
  one("#date").value = "";
  people.fill(1);
  one("#form-error").hidden = one("#kept").hidden = true;
  newKey();
  draft.forget();
  hideResult();
  ready = true;
  if (kept) keepCaller(kept);
  else { changed(); one("#caller").focus(); }
}

function keepCaller({ caller: who, fields, people: names }) {
  begin({ caller: { ...who, ...pickContact(fields), company: caller.company || (fields.company ? { name: fields.company } : null) },
    places: fields.places, attendees: names });
  if (who.id) caller.refreshCard(who.id);
  caller.findCompany();
}

const pickContact = ({ first_name, last_name, phone, email }) => ({ first_name, last_name, phone, email });

// A caller, and perhaps names, to begin with: from a link, or from the booking just made.
function begin({ caller: who, places = 1, attendees = [], copied_from: from }) {
  caller.fill(who);
  people.fill(places, attendees);
  changed();
  dates.focus();
  if (from) say(`Copied from ${from}: choose the date`);
}

// --- Keys ---

const STEPS = {
  Digit1: () => (one("#contact").hidden ? one("#caller") : one("#first_name")).focus(),
  Digit2: () => dates.focus(),
  Digit3: focusPlaces,
  Digit4: () => price.focus(),
  KeyA: () => one("#attends").click(),
  KeyD: () => one("#more-fields").click(),
  KeyC: () => one("#discount_code").focus(),
  KeyU: () => { if (!one("#credit-part").hidden) one("#use-credit").click(); },
  KeyT: () => price.holdUntilTomorrow(),
  KeyM: () => { if (!one("#send_mail").disabled) one("#send_mail").click(); },
  KeyR: () => one("#terms_read")?.click(),
  KeyV: () => showPreview(),
  KeyO: () => caller.focusNote(),
  KeyN: () => startAfresh(),
};

function onKey(event) {
  if (one("dialog[open]")) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); book(); return; }
  if (event.altKey && !event.ctrlKey && STEPS[event.code] && (!desk.hidden || event.code === "KeyN")) { event.preventDefault(); STEPS[event.code](); return; }
  if (event.key === "?" && isNotText(event.target)) { event.preventDefault(); event.stopPropagation(); one("#shortcuts").showModal(); return; }
  if (resultKey(event)) event.preventDefault();
}

// An empty search field never means a question mark.
function isNotText(target) {
  if (target.matches("#caller, #date")) return target.value === "";
  return !target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
}

// Enter goes on: to the next thing that is missing.
function onEnter(event) {
  const { target } = event;
  if (event.key !== "Enter" || event.altKey || event.ctrlKey || event.shiftKey || event.defaultPrevented) return;
  if (!target.matches("input, textarea") || target.closest("dialog")) return;
  event.preventDefault();
  goOn(target);
}

function goOn(from) {
  if (from.closest("#contact")) {
    const empty = caller.firstEmpty();
    const isLater = empty && empty.compareDocumentPosition(from) & Node.DOCUMENT_POSITION_PRECEDING;
    if (isLater) empty.focus();
    else if (dates.date) focusPlaces();
    else dates.focus();
  } else if (from.closest(".places-line")) (people.nextEmpty() || price).focus();
  else if (from.closest("#people")) nextName(from);
  else if (from.matches("textarea")) price.focus();
  else if (from.name === "payment_method") {
    if (!from.checked && !price.chosen) from.click();
    else (price.firstNeeded() || one("#book")).focus();
  } else if (!price.chosen) price.focus();
  else (price.firstNeeded() || one("#book")).focus();
}

// An empty first name and Enter: the names come later.
function nextName(from) {
  const isLater = from.dataset.field === "first_name" && !from.value.trim();
  ((isLater ? null : people.nextEmpty(from)) || price).focus();
}

async function showPreview() {
  if (one("#preview-mail").disabled) return;
  clearErrors(desk);
  if (!missing()) return;
  try {
    await previewMail(desk, collect());
  } catch (error) {
    refused(error);
  }
}

// --- Begin ---

function openingState() {
  const start = desk.dataset.start ? JSON.parse(desk.dataset.start) : null;
  const kept = draft.read();
  newKey();
  if (start) {
    begin(start);
    if (start.caller.id) caller.refreshCard(start.caller.id);
    history.replaceState(null, "", desk.dataset.desk);
  } else if (kept) {
    draft.restore(kept);
    one("#kept").hidden = false;
    price.refresh();
  } else one("#caller").focus();
  price.draw();
}

one("#shortcuts dl").prepend(one("#more-shortcuts").content);
one("#start-afresh").addEventListener("click", () => startAfresh());
one("[data-afresh]").addEventListener("click", () => startAfresh());
one("#preview-mail").addEventListener("click", showPreview);
desk.addEventListener("submit", (event) => { event.stopPropagation(); book(event); });
desk.addEventListener("input", keep);
desk.addEventListener("change", keep);
desk.addEventListener("input", ({ target }) => forgive(target));
desk.addEventListener("keydown", onEnter);
document.addEventListener("keydown", onKey, { capture: true });
addEventListener("pagehide", () => { if (!desk.hidden) draft.save(); });
openingState();
ready = true;
price.refresh();
document.documentElement.dataset.desk = "ready";
