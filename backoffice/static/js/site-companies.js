// The form works without this: it sends once, and shows the days as they are needed.
document.querySelectorAll("form[data-once]").forEach((form) => {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    form.querySelectorAll("button[type=submit]").forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
});

// Shown again by the back button, as it was left: its key makes a second sending the same request.
addEventListener("pageshow", () => document.querySelectorAll("form[data-once]").forEach((form) => {
  delete form.dataset.sent;
  form.querySelectorAll("button[type=submit]").forEach((button) => button.removeAttribute("aria-disabled"));
}));

document.querySelector("[data-problems]")?.focus();

const days = [...document.querySelectorAll("[data-day]")];
const more = document.querySelector("[data-add-day]");

function show(count) {
  days.forEach((day, index) => { day.hidden = index >= count; });
  more.hidden = count >= days.length;
}

if (more) {
  const filled = days.findLastIndex((day) => day.querySelector("input").value) + 1;
  let shown = Math.max(filled, 2);
  show(shown);
  more.addEventListener("click", () => {
    shown += 1;
    show(shown);
    days[shown - 1].querySelector("input").focus();
  });
}
