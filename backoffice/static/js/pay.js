// The payment page works without this: it saves a second click and looks for news a little sooner.
const LOOK_EVERY = 2000;

document.querySelectorAll("form[data-once]").forEach((form) => {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    form.querySelector("button").setAttribute("aria-disabled", "true");
  });
});

// Shown again by the back button, as it was left: it may be sent once more, and its key makes that the same attempt.
addEventListener("pageshow", () => document.querySelectorAll("form[data-once]").forEach((form) => {
  delete form.dataset.sent;
  form.querySelector("button").removeAttribute("aria-disabled");
}));

const waiting = document.querySelector("[data-wait]");

async function look() {
  const answer = await fetch(waiting.dataset.wait, { headers: { Accept: "application/json" } }).catch(() => null);
  const news = answer?.ok ? await answer.json().catch(() => null) : null;
  const isReady = news && (waiting.dataset.starting === "yes" ? news.has_page || !news.is_open : !news.is_open);
  if (isReady) location.reload();
  else setTimeout(look, LOOK_EVERY);
}

if (waiting) setTimeout(look, LOOK_EVERY);
