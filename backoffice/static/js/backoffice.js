// Keys and small comforts of every page. Everything here also works without it.
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

function follow(selector) {
  const link = one(selector);
  if (link) link.click();
  return Boolean(link);
}

function focusSearch() {
  const box = one("[data-find]");
  if (!box) return false;
  box.focus();
  box.select();
  return true;
}

const KEYS = {
  "/": focusSearch,
  "?": () => { one("#shortcuts")?.showModal(); return true; },
  n: () => follow("[data-new]"),
  e: () => follow("[data-edit]"),
  "[": () => follow(".pager a[rel=prev]"),
  "]": () => follow(".pager a[rel=next]"),
};

function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    if (focusSearch()) event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || one("dialog[open]")) return;
  const queue = all("[data-key]").find((card) => card.dataset.key === event.key);
  const done = queue ? (queue.click(), true) : KEYS[event.key]?.();
  if (done) event.preventDefault();
}

// What a phone hides behind a word is open in the markup; here it becomes one that opens.
function prepareDisclosure(details) {
  const wide = matchMedia("(min-width: 821px)");
  const fit = () => { details.open = wide.matches || "active" in details.dataset; };
  fit();
  wide.addEventListener("change", fit);
  details.classList.add("is-ready");
}

function closeMenus(except) {
  all("details.menu[open]").forEach((menu) => { if (menu !== except) menu.open = false; });
}

// A row's menu must not be cut off by the table that scrolls: it is placed on the page itself.
function placeMenu(menu) {
  const list = one("ul", menu);
  list.classList.toggle("is-placed", menu.open);
  if (!menu.open) return;
  const button = one("summary", menu).getBoundingClientRect();
  const below = button.bottom + list.offsetHeight < innerHeight;
  list.style.top = `${below ? button.bottom : button.top - list.offsetHeight}px`;
  list.style.left = `${Math.max(8, button.right - list.offsetWidth)}px`;
}

// Ticked rows: count them, colour them, show the bar only when there are some.
function preparePicking(form) {
  const boxes = all("input[name=id]", form);
  const every = one("[data-pick-all]", form);
  const bar = one(".bulk-bar", form);
  if (!boxes.length || !bar) return;
  const refresh = () => {
    const picked = boxes.filter((box) => box.checked);
    boxes.forEach((box) => box.closest("tr").classList.toggle("is-picked", box.checked));
    bar.classList.toggle("is-idle", picked.length === 0);
    one(".picked", bar).textContent = `${picked.length} ticked`;
    if (every) every.indeterminate = picked.length > 0 && picked.length < boxes.length;
  };
  every?.addEventListener("change", () => { boxes.forEach((box) => { box.checked = every.checked; }); refresh(); });
  form.addEventListener("change", refresh);
  refresh();
}

// A form is sent once: the second press of an impatient clerk does nothing.
function sendOnce(event) {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 8000);
}

// Signing out takes along what the register keeps in this browser; what was not sent is asked about.
function forgetRegisters(event) {
  if (new URL(event.target.action, location).pathname !== "/logout") return;
  let kept = [];
  let rows = [];
  try {
    kept = Object.keys(localStorage).filter((key) => key.startsWith("register:"));
    rows = Object.keys(localStorage).filter((key) => key.startsWith("register-rows:"));
  } catch { return; }
  const question = "Marks on this phone are not sent yet. Signing out deletes them. Sign out?";
  if (kept.length && !confirm(question)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  [...kept, ...rows].forEach((key) => localStorage.removeItem(key));
  forgetPages();
}

// The pages that register-worker.js keeps for a telephone without a connection are those of whoever is signed in.
function forgetPages() {
  globalThis.caches?.delete("registers");
}

function warnBeforeLosing(form) {
  let touched = false;
  form.addEventListener("input", () => { touched = true; });
  form.addEventListener("submit", () => { touched = false; });
  addEventListener("beforeunload", (event) => { if (touched) event.preventDefault(); });
}

function onClick(event) {
  closeMenus(event.target.closest("details.menu"));
  event.target.closest("[data-dismiss-flash]")?.closest(".flash").remove();
  if (event.target.closest("[data-print]")) print();
  const opener = event.target.closest("[data-dialog]");
  if (opener) one(`#${opener.dataset.dialog}`)?.showModal();
}

document.addEventListener("keydown", onKey);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenus(); });
document.addEventListener("click", onClick);
document.addEventListener("submit", forgetRegisters);
document.addEventListener("submit", sendOnce);
addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));
document.addEventListener("toggle", (event) => { if (event.target.matches("details.menu")) placeMenu(event.target); }, true);
document.addEventListener("scroll", () => closeMenus(), { passive: true, capture: true });
all("details[data-menu]").forEach(prepareDisclosure);
all("form[data-picking]").forEach(preparePicking);
all("form[data-guarded]").forEach(warnBeforeLosing);
one("[data-problems]")?.focus();
if (one("form[action='/login']")) forgetPages();
