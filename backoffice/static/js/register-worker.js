// Keeps the last registers that were opened, so that a telephone without a connection can open them again.
// Only what the page shows with the needs taken out; a day at most; nothing after sign-out (backoffice.js deletes it).
const KEPT = "registers";
const LOOKS = "registers-looks";
const KEPT_FOR = 24 * 3600 * 1000;
const MOST = 6;
const PAGE = /^\/admin\/registers\/[0-9a-f-]{36}$/;
const LOOK = /^\/(static|admin\/static|fonts)\//;
const NEEDS = /<p class="needs">[\s\S]*?<\/p>/g;
const NO_NEEDS = '<p class="needs">Needs are not kept on the phone. <a href="">Reload with a connection</a></p>';

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  if (mode === "navigate" && PAGE.test(pathname)) event.respondWith(page(event));
  else if (LOOK.test(pathname)) event.respondWith(look(event));
});
// The page asks for its own copy when it was opened before this worker was there.
self.addEventListener("message", (event) => {
  event.waitUntil(first(event.data.page, event.data.looks).catch(() => {}));
});

async function first(url, looks) {
  await keep(url, await fetch(url, { credentials: "same-origin" }));
  const cache = await caches.open(LOOKS);
  for (const each of looks) if (!await cache.match(each)) await cache.add(each);
}

async function page(event) {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(keep(event.request.url, answer.clone()));
    return answer;
  } catch (error) {
    const found = await kept(event.request.url);
    if (found) return found;
    throw error;
  }
}

async function keep(url, answer) {
  // Led to the sign-in page: whoever this was is signed out.
  if (answer.type === "opaqueredirect" || answer.redirected || answer.status === 401) { await caches.delete(KEPT); return; }
  const cache = await caches.open(KEPT);
  if (answer.status === 403 || answer.status === 404) { await cache.delete(url); return; }
  if (!answer.ok) return;
  const headers = new Headers(answer.headers);
  headers.set("X-Kept-At", String(Date.now()));
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  await cache.put(url, new Response((await answer.text()).replace(NEEDS, NO_NEEDS), { status: 200, headers }));
  const older = (await cache.keys()).slice(0, -MOST);
  await Promise.all(older.map((each) => cache.delete(each)));
}

async function kept(url) {
  const cache = await caches.open(KEPT);
  const found = await cache.match(url, { ignoreVary: true }) ?? await cache.match(url, { ignoreSearch: true, ignoreVary: true });
  if (!found) return null;
  if (Date.now() - Number(found.headers.get("X-Kept-At")) < KEPT_FOR) return found;
  await caches.delete(KEPT);
  return null;
}

// Style sheets, scripts and letters: the same for everybody.
async function look(event) {
  try {
    const answer = await fetch(event.request);
    const copy = answer.clone();
    if (answer.ok) event.waitUntil(caches.open(LOOKS).then((cache) => cache.put(event.request.url, copy)));
    return answer;
  } catch (error) {
    const found = await caches.match(event.request.url, { ignoreVary: true });
    if (found) return found;
    throw error;
  }
}
