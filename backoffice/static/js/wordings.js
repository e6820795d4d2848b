// The editor of mail texts: a variable goes where one is writing, and the mail beside it follows what is typed.
const form = document.querySelector("[data-wording]");
const view = document.querySelector("[data-preview]");
const PAUSE = 450;
let field = form.elements.body, timer = 0, asked = 0;

const part = (name) => view.querySelector(`[data-${name}]`);

for (const name of ["subject", "body"]) {
  form.elements[name].addEventListener("focus", (event) => { field = event.target; });
}

function insert(words, inSubject) {
  if (field.name === "subject" && !inSubject) field = form.elements.body;
  field.focus();
  field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

form.querySelectorAll("[data-insert]").forEach((key) => {
  key.addEventListener("click", () => insert(key.dataset.insert, "inSubject" in key.dataset));
});

// Beside the field, as the server writes it.
function complain(input, sentence) {
  const box = input.closest(".field"), id = `${input.id}-error`;
  let line = document.getElementById(id);
  if (!sentence) {
    line?.remove();
  } else {
    if (!line) {
      line = Object.assign(document.createElement("p"), { className: "error", id });
      line.setAttribute("role", "status");
      input.parentElement.append(line);
    }
    if (line.textContent !== sentence) line.textContent = sentence;
  }
  const about = (input.getAttribute("aria-describedby") || "").split(" ").filter((each) => each && each !== id);
  if (sentence) about.push(id);
  input.setAttribute("aria-describedby", about.join(" "));
  if (sentence) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  box.classList.toggle("is-bad", Boolean(sentence));
}

function show({ problems, mail, shown_with: shownWith, people }) {
  for (const name of ["subject", "body", "reference"]) {
    if (form.elements[name]) complain(form.elements[name], problems[name]);
  }
  part("stale").hidden = Boolean(mail);
  part("stale").textContent = mail ? "" : "As it was before the last change: look at the marked field.";
  if (!mail) return;
  part("subject").textContent = mail.subject;
  if (part("html").srcdoc !== mail.html) part("html").srcdoc = mail.html;
  part("text").textContent = mail.text;
  part("shown-with").textContent = shownWith;
  const count = document.querySelector("[data-count]");
  if (count) count.textContent = people;
}

async function ask() {
  const number = ++asked;
  const answer = await fetch(form.dataset.wording, {
    method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)),
  });
  if (!answer.ok) throw new Error(`preview: ${answer.status}`);
  const told = await answer.json();
  if (number === asked) show(told);
}

function askAndSay() {
  ask().catch(() => {
    part("stale").hidden = false;
    part("stale").textContent = "The server did not answer: this is as it was before.";
  });
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(askAndSay, PAUSE);
}

form.addEventListener("input", later);
form.querySelector("[data-try]")?.addEventListener("click", (event) => { event.preventDefault(); askAndSay(); });
