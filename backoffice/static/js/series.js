// The grid of a series: how many dates are ticked, all or none of them, and weekdays only where they count.
// Without it the boxes and the button work all the same.
const grid = document.querySelector("[data-series]");
const repeats = document.querySelector("[name=repeats]");
const weekly = document.querySelector("[data-weekly]");

if (repeats && weekly) {
  const choose = () => { weekly.hidden = repeats.value !== "weekly"; };
  repeats.addEventListener("change", choose);
  choose();
}

if (grid) {
  const form = grid.closest("form");
  const boxes = [...grid.querySelectorAll("input[name=chosen]")];
  const save = form.querySelector("[data-save]");
  const count = form.querySelector("[data-count]");
  const tell = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    if (count) count.textContent = `${ticked} of ${grid.tBodies[0].rows.length} ticked`;
    if (!save) return;
    const dates = ticked === 1 ? "1 date" : ticked ? `${ticked} dates` : "the ticked dates";
    save.textContent = `${save.dataset.save} ${dates}`;
  };
  grid.addEventListener("change", tell);
  form.querySelectorAll("[data-tick]").forEach((button) => {
    button.addEventListener("click", () => {
      boxes.forEach((box) => { box.checked = button.dataset.tick === "all"; });
      tell();
    });
  });
  tell();
  document.getElementById("preview").scrollIntoView();
}
