// The preview beside the form follows what is typed; what counts is checked again when it is saved.
const form = document.querySelector("[data-site-look]");
const mini = document.querySelector("[data-mini]");
const said = document.querySelector("[data-contrast]");
const READABLE = 4.5;

const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);

function light(colour) {
  const [red, green, blue] = parts(colour).map(linear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
}

// As domain/colours.legibility: under white letters, and as letters on the grounds that pages have.
function legibility(colour) {
  const grounds = ["#ffffff", "#f5f5f1", mixed(colour, "#ffffff", 8)];
  return Math.min(...grounds.map((ground) => light(ground) / light(colour)));
}

// As domain/colours.mixed: so many percent of one colour, the rest of another.
function mixed(one, two, percent) {
  const others = parts(two);
  const pairs = parts(one).map((part, at) => Math.floor((part * percent + others[at] * (100 - percent)) / 100));
  return `#${pairs.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function paint(colour) {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return;
  mini.style.setProperty("--brand", colour);
  mini.style.setProperty("--brand-dark", mixed(colour, "#10191b", 45));
  const much = legibility(colour);
  said.textContent = much < READABLE
    ? "Too pale for white letters"
    : `Contrast ${much.toFixed(1)} to 1: easy to read`;
  said.classList.toggle("is-pale", much < READABLE);
}

function write(name) {
  const place = mini.querySelector(`[data-mini-${name}]`);
  if (place) place.textContent = form.elements[name].value.trim() || place.dataset.otherwise || "";
}

function list() {
  const links = [...form.querySelectorAll("input[type=url]")].filter((field) => field.value.trim());
  mini.querySelector("[data-mini-links]").replaceChildren(...links.map((field) => Object.assign(
    document.createElement("span"),
    { textContent: field.closest(".field").querySelector("label").firstChild.textContent.trim() },
  )));
}

function follow({ target }) {
  if (target.name === "colour") paint(target.value);
  else if (target.type === "url") list();
  else if (target.name) write(target.name);
}

paint(mini.dataset.colour);
paint(form.elements.colour.value);
form.addEventListener("input", follow);
