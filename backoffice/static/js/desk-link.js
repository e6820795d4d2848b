// A payment link: copy it, mail it, send a prompt, and see it paid while the caller is still there.
const LOOK_EVERY = 2000;
const part = (panel, name) => panel.querySelector(`[data-link-${name}]`);

export function wireLink(panel) {
  part(panel, "copy").addEventListener("click", () => copy(panel));
  panel.querySelectorAll("form").forEach((form) => form.addEventListener("submit", (event) => send(event, panel, form)));
  setTimeout(() => look(panel), LOOK_EVERY);
}

// Away from https there is no clipboard; marking the text and copying it works everywhere.
async function copy(panel) {
  const field = part(panel, "url");
  const isCopied = navigator.clipboard ? await navigator.clipboard.writeText(field.value).then(() => true, () => false) : false;
  if (!isCopied) { field.focus(); field.select(); }
  const words = isCopied || document.execCommand("copy") ? "Copied" : "Marked: copy it with Ctrl C";
  tell(panel, words);
  part(panel, "copy").focus();
}

async function send(event, panel, form) {
  event.preventDefault();
  const button = form.querySelector("button");
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    const said = await answer.json().catch(() => null);
    tell(panel, said?.words || said?.error?.message || "The server does not answer. Try again.", !answer.ok);
    if (form.elements.once) form.elements.once.value = crypto.getRandomValues(new Uint32Array(4)).join("-");
  } catch {
    tell(panel, "The server does not answer. Check the connection and try again.", true);
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

function tell(panel, words, isBad = false) {
  const place = part(panel, "said");
  place.textContent = words;
  place.classList.toggle("is-bad", isBad);
}

// Until it is paid, or nobody looks any more.
async function look(panel) {
  if (!panel.isConnected || panel.dataset.done === "yes") return;
  const answer = await fetch(panel.dataset.state, { headers: { Accept: "application/json" } }).catch(() => null);
  const state = answer?.ok ? await answer.json().catch(() => null) : null;
  if (state) show(panel, state);
  if (!state?.is_done && answer?.status !== 404) setTimeout(() => look(panel), LOOK_EVERY);
}

function show(panel, state) {
  const pill = part(panel, "pill");
  if (pill.textContent !== state.words) pill.textContent = state.words; // read out once
  pill.className = `pill pill-${state.tone}`;
  part(panel, "detail").textContent = state.detail;
  panel.dataset.done = state.is_done ? "yes" : "no";
  panel.classList.toggle("is-done", state.is_done);
  if (state.is_done && state.booking) panel.dispatchEvent(new CustomEvent("link-done", { bubbles: true, detail: state.booking }));
}

document.querySelectorAll("[data-link]").forEach(wireLink);
