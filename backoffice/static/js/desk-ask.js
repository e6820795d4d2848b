// Asking the server. A sign-in that expired under an open form is made good in place, and the question put again.
const one = (selector) => document.querySelector(selector);

export class Refusal extends Error {
  constructor(status, error) {
    super(error?.message || "The server does not answer. Check the connection and try again.");
    this.status = status;
    this.fields = error?.fields || {};
    this.mayOverride = Boolean(error?.may_override);
  }
}

const tokenField = () => one("#desk input[name=csrf_token]");

function send(url, body, signal) {
  const headers = { Accept: "application/json" };
  if (body === undefined) return fetch(url, { headers, signal });
  headers["Content-Type"] = "application/json";
  headers["X-CSRFToken"] = tokenField()?.value || "";
  return fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
}

async function answerOf(response) {
  const data = await response.json().catch(() => null);
  if (response.ok && data) return data;
  throw new Refusal(response.status, data?.error);
}

// GET without a body, POST with one. Throws Refusal, or AbortError when a newer question overtook this one.
export async function ask(url, { body, signal } = {}) {
  let response = await reach(() => send(url, body, signal));
  if (response.status === 401 || (response.status === 400 && body !== undefined && await tokenIsOld())) {
    if (response.status === 401) await signInAgain();
    response = await reach(() => send(url, body, signal));
  }
  return answerOf(response);
}

async function reach(question) {
  try {
    return await question();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0);
  }
}

// A cookie that was thrown away takes the form's token with it: fetch another one, and sign in if that went as well.
async function tokenIsOld() {
  const fresh = await answerOf(await send("/login"));
  if (fresh.csrf_token === tokenField()?.value) return false;
  keepToken(fresh);
  if (!fresh.is_signed_in) await signInAgain();
  return true;
}

function keepToken(answer) {
  document.querySelectorAll("input[name=csrf_token]").forEach((field) => { field.value = answer.csrf_token; });
}

let open = null;

// One dialog, however many questions wait for it.
function signInAgain() {
  open ??= new Promise(showDialog).finally(() => { open = null; });
  return open;
}

function showDialog(resolve, reject) {
  const box = one("#sign-in");
  const before = document.activeElement;
  const [email, password, problem] = ["#again-email", "#again-password", "#again-error"].map(one);
  email.value ||= one("#desk").dataset.email;
  problem.hidden = true;
  const close = (then, value) => {
    password.value = "";
    box.close();
    before?.focus();
    then(value);
  };
  one("#sign-in-form").onsubmit = async (event) => {
    event.preventDefault();
    try {
      await signIn(email.value, password.value);
      close(resolve);
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      password.select();
    }
  };
  const refuse = () => close(reject, new Refusal(401, { message: "You are signed out. What you typed is still here." }));
  box.oncancel = (event) => { event.preventDefault(); refuse(); };
  one("#sign-in [data-close]").onclick = refuse;
  if (!box.open) box.showModal();
  (email.value ? password : email).focus();
}

async function signIn(email, password) {
  keepToken(await answerOf(await send("/login")));
  const form = new URLSearchParams({ email, password, csrf_token: tokenField().value });
  const response = await reach(() => fetch("/login", { method: "POST", headers: { Accept: "application/json" }, body: form }));
  keepToken(await answerOf(response));
}

export function say(words) {
  one("#said").textContent = words;
}
