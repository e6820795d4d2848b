// The planning form: defaults of the course, rows of days, and what clashes, while it is typed.
// Without it the server does all three when the form is sent.
const plan = document.querySelector("form[data-plan]");
const rows = plan.querySelector("[data-days]");
const answer = plan.querySelector("[data-answer]");
const PAUSE = 350;
const field = (name) => plan.elements.namedItem(name);
const given = {};
let timer;
let asked = 0;

async function ask(url, values) {
  const reply = await fetch(`${url}?${new URLSearchParams(values)}`, { headers: { Accept: "application/json" } });
  return reply.ok ? reply.json() : null;
}

// --- What a course brings along. What somebody typed stays. ---

function suggest(name, value) {
  const control = field(name);
  if (!control || value === null || value === undefined) return;
  if (control.value === "" || control.value === given[name]) control.value = value;
  given[name] = control.value;
}

function addMinutes(time, minutes) {
  const [hours, rest] = time.split(":").map(Number);
  const sum = Math.min(hours * 60 + rest + minutes, 23 * 60 + 59);
  return `${String(Math.floor(sum / 60)).padStart(2, "0")}:${String(sum % 60).padStart(2, "0")}`;
}

function suggestDays(count, minutes) {
  suggest("days-0-start", "09:00");
  suggest("days-0-end", addMinutes(field("days-0-start").value || "09:00", minutes));
  if (rows.children.length === 1 && !field("days-0-on").value) plan.dataset.wantedDays = count;
}

async function takeDefaults() {
  const course = field("course_id").value;
  if (!course) return;
  const found = await ask(plan.dataset.defaults, { course_id: course });
  if (!found || field("course_id").value !== course) return;
  suggest("capacity", String(found.capacity));
  if (found.price) suggest("price_minor", found.price);
  if (found.instructor_id) suggest("instructor_id", found.instructor_id);
  suggestDays(found.days, found.minutes);
  later();
}

// --- Rows of days ---

const parts = (row) => [...row.querySelectorAll("input")];

function renumber() {
  [...rows.children].forEach((row, index) => {
    row.querySelectorAll("[data-row]").forEach((number) => { number.textContent = index + 1; });
    parts(row).forEach((input) => {
      const name = input.name.replace(/^days-\d+/, `days-${index}`);
      row.querySelector(`label[for="${input.id}"]`).htmlFor = name;
      input.name = input.id = name;
    });
  });
}

function nextDay(text) {
  if (!text || text < "1900") return "";
  const day = new Date(`${text}T12:00:00Z`);
  day.setUTCDate(day.getUTCDate() + 1);
  return day.toISOString().slice(0, 10);
}

function addDay(isFocused = true) {
  const last = rows.lastElementChild;
  const row = last.cloneNode(true);
  row.querySelectorAll(".error").forEach((error) => error.remove());
  rows.append(row);
  renumber();
  const [on, start, end] = parts(last).map((input) => input.value);
  [nextDay(on), start, end].forEach((value, index) => {
    const input = parts(row)[index];
    input.value = value;
    input.removeAttribute("aria-invalid");
    input.classList.remove("is-invalid");
  });
  if (isFocused) parts(row)[0].focus();
  later();
}

function removeDay(row) {
  if (rows.children.length === 1) parts(row).forEach((input) => { input.value = ""; });
  else row.remove();
  renumber();
  parts(rows.lastElementChild)[0].focus();
  later();
}

// A course of three days gets its three rows once the first has its date.
function completeDays() {
  const wanted = Number(plan.dataset.wantedDays || 1);
  if (wanted < 2 || !field("days-0-on").value || !field("days-0-start").value) return;
  delete plan.dataset.wantedDays;
  while (rows.children.length < wanted) addDay(false);
}

// --- What stands in the way ---

function element(tag, text = "", classes = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = classes;
  return made;
}

function offer(name, [value, words], key) {
  const button = element("button", ` ${words}`, "btn btn-secondary btn-sm");
  button.type = "button";
  button.dataset.key = key;
  button.setAttribute("aria-keyshortcuts", key);
  const hint = element("kbd", key);
  hint.setAttribute("aria-hidden", "true");
  button.prepend(hint);
  button.addEventListener("click", () => { field(name).value = value; field(name).focus(); look(); });
  const item = element("li");
  item.append(button);
  return item;
}

function offers(title, name, choices, before) {
  if (!choices.length) return [];
  const list = element("ul", "", "offers");
  list.append(...choices.map((choice, index) => offer(name, choice, String(before + index + 1))));
  return [element("h3", `${title}: use this instead`), list];
}

function listed(texts, classes) {
  const list = element("ul", "", classes);
  list.append(...texts.map((text) => element("li", text)));
  return list;
}

function show(found) {
  if (!found.clashes) {
    answer.replaceChildren(element("p", "Choose the days, the venue and the instructor: what clashes with them is shown here.", "text-muted mb-0"));
  } else if (found.problem) {
    answer.replaceChildren(element("p", found.problem, "error mb-0"));
  } else if (!found.clashes.length && !found.warnings.length) {
    answer.replaceChildren(element("p", "Nothing else is on at this time.", "fits mb-0"));
  } else {
    const lists = [listed(found.clashes, "clashes"), listed(found.warnings, "clashes is-wait")].filter((list) => list.children.length);
    if (found.advice) lists.push(element("p", found.advice));
    const free = [
      ...offers("Free venues", "venue_id", found.venues, 0),
      ...offers("Free instructors", "instructor_id", found.instructors, found.venues.length),
    ];
    const none = found.clashes.length ? [element("p", "Nothing is free then: choose another time.", "mb-0")] : [];
    answer.replaceChildren(...lists, ...(free.length ? free : none));
  }
}

async function look() {
  const mine = ++asked;
  const values = new FormData(plan);
  ["csrf_token", "notes", "override_reason", "version", "grid", "chosen", "previewed", "series_id"].forEach((name) => values.delete(name));
  if (plan.dataset.id) values.set("id", plan.dataset.id);
  const found = await ask(plan.dataset.check, values);
  if (found && mine === asked) show(found);
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE);
}

plan.addEventListener("input", (event) => {
  if (event.target.name === "course_id") { takeDefaults(); return; }
  if (/^(days-|venue_id|instructor_id|assistant_ids|capacity)/.test(event.target.name)) later();
});
// On leaving the field: a year that is being typed is 0002 first.
plan.addEventListener("focusout", (event) => { if (event.target.name === "days-0-on") completeDays(); });
plan.addEventListener("click", (event) => {
  if (event.target.closest("[data-add-day]")) { event.preventDefault(); addDay(); }
  const remove = event.target.closest("[data-remove-day]");
  if (remove) removeDay(remove.closest("[data-day]"));
});
document.addEventListener("keydown", (event) => {
  if (event.altKey && event.key.toLowerCase() === "d") { event.preventDefault(); addDay(); }
});
if (field("course_id")?.value && !field("days-0-on").value) takeDefaults();
if (!plan.querySelector("#plan-check[data-refused]") && field("days-0-on").value) look();
