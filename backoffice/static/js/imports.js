// A run that is worked on: ask how far it is, and show the page again once that has changed its state.
const PAUSE = 700;

async function look(box) {
  const answer = await fetch(box.dataset.run, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`progress: ${answer.status}`);
  const { status, done, total } = await answer.json();
  if (status !== box.dataset.status) {
    location.reload();
    return;
  }
  const bar = box.querySelector("progress");
  bar.max = total || 1;
  bar.value = done;
  box.querySelector("[data-progress] span").textContent = `${done} of ${total}`;
  setTimeout(() => wait(box), PAUSE);
}

// A signed-out or restarting server is asked again, more rarely.
function wait(box) {
  look(box).catch(() => setTimeout(() => wait(box), 5 * PAUSE));
}

document.querySelectorAll("[data-run]").forEach(wait);
