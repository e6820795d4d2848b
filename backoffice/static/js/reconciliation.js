// A comparison that is under way: say how far it is, and show the page again once it has changed its state.
const PAUSE = 1000;

async function look(box) {
  const answer = await fetch(box.dataset.comparison, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`progress: ${answer.status}`);
  const { status, done } = await answer.json();
  if (status !== box.dataset.status) {
    location.reload();
    return;
  }
  box.querySelector("[data-done]").textContent = done;
  setTimeout(() => wait(box), PAUSE);
}

// A signed-out or restarting server is asked again, more rarely.
function wait(box) {
  look(box).catch(() => setTimeout(() => wait(box), 5 * PAUSE));
}

document.querySelectorAll("[data-comparison]").forEach(wait);
