// A refund on its way: show the page again once the gateway has said how it ended. A bank may take days, so the
// pauses grow; a hidden page asks nobody, and looks at once when it is seen again.
const box = document.querySelector("[data-refund-state]");
const LONGEST = 30000;
let pause = 2000;
let timer;

async function look() {
  const answer = await fetch(box.dataset.refundState, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer && [401, 403, 404].includes(answer.status)) return; // signed out: the next press says so
  const said = answer?.ok ? await answer.json().catch(() => null) : null;
  if (said && !said.is_on_its_way) location.reload();
  else wait();
}

function wait() {
  clearTimeout(timer);
  if (document.hidden) return;
  timer = setTimeout(look, pause);
  pause = Math.min(pause * 1.3, LONGEST);
}

document.addEventListener("visibilitychange", () => { clearTimeout(timer); if (!document.hidden) look(); });
wait();
