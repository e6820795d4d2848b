// The booking pages work without this: it saves reloads while the form changes, winds the clock, and stops second clicks.
const form = document.querySelector("form[data-booking]");

// --- The form: what a button or a field changes is asked of the server, and the people and the price are replaced. ---
let asked = 0;

async function change(wish) {
  const mine = ++asked;
  const sent = new FormData(form);
  sent.set("change", wish);
  form.dataset.busy = "yes";
  const answer = await fetch(form.dataset.price, { method: "POST", body: new URLSearchParams(sent) }).catch(() => null);
  const text = answer?.ok || answer?.status === 429 ? await answer.text() : "";
  if (mine !== asked) return;
  delete form.dataset.busy;
  const page = new DOMParser().parseFromString(text, "text/html");
  // Whatever stands in the way, the next press goes the way that needs no script, and says what it is.
  if (!page.querySelector("form[data-booking]")) { form.dataset.plain = "yes"; return; }
  for (const id of ["people", "price", "code"]) take(id, page);
  settle(wish);
}

function take(id, page) {
  const [old, next] = [document.getElementById(id), page.getElementById(id)];
  const [focus, at] = [document.activeElement?.id, document.activeElement?.selectionStart];
  if (!old || !next || old.innerHTML === next.innerHTML) return;
  const held = old.contains(document.activeElement);
  old.replaceChildren(...next.childNodes);
  const again = held && focus ? document.getElementById(focus) : null;
  again?.focus();
  if (again?.type === "text" && at !== null) again.setSelectionRange(at, at);
}

// Where a keyboard goes on: to the new person, or to the number of places when somebody was removed.
function settle(wish) {
  if (wish === "add") document.querySelector("#people fieldset:last-of-type input:not([type=hidden])")?.focus();
  if (wish.startsWith("remove")) document.getElementById("places")?.focus();
}

form?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-change]");
  if (!button || form.dataset.plain) return;
  event.preventDefault();
  if (!button.disabled) change(button.value);
});

form?.addEventListener("change", (event) => {
  if (event.target.matches("input[data-change]")) change("price");
});

// --- One click is one booking. ---
document.querySelectorAll("form.booking").forEach((each) => {
  each.addEventListener("submit", (event) => {
    if (each.dataset.sent) { event.preventDefault(); return; }
    each.dataset.sent = "yes";
    each.querySelectorAll("button:not([data-change])").forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
});

addEventListener("pageshow", () => document.querySelectorAll("form.booking").forEach((each) => {
  delete each.dataset.sent;
  each.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
}));

// --- The clock. At its end the terms lead back to the form; the form itself stays, with what is typed. ---
const clock = document.querySelector("[data-seconds]");
const HOUR = 3600, LATE = 120;
// What is left was counted by the server: the clock of this machine may be wrong.
const end = Date.now() + Number(clock?.dataset.seconds) * 1000;

function wind() {
  const left = Math.ceil((end - Date.now()) / 1000);
  if (left <= 0) return stop();
  // An offer of the waiting list is held for a day: then the hour that is written beside it says enough.
  const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  clock.querySelector("[data-clock]").textContent = left > HOUR ? "" : clock.dataset.left.replace("TIME", time);
  clock.classList.toggle("is-late", left <= LATE);
  setTimeout(wind, 1000);
}

function stop() {
  if (document.querySelector("form[data-held]")) { location.reload(); return; }
  clock.textContent = clock.dataset.over;
  clock.classList.add("is-late");
}

if (clock) wind();
document.querySelector("[data-refused]")?.focus();
