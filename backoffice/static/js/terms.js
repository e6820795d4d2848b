// The editor of terms: shows how the text reads while it is written. Without it a key shows the same.
"use strict";
(() => {
  const form = document.querySelector("[data-terms]");
  const reads = document.querySelector("[data-reads]");
  if (!form || !reads) return;
  const WAIT = 600;
  let timer = 0;
  let asked = 0;

  async function show() {
    const number = ++asked;
    try {
      const answer = await fetch(form.dataset.terms, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
      });
      if (!answer.ok || number !== asked) return;
      reads.innerHTML = (await answer.json()).html; // the server has escaped every word of it
    } catch {
      // It is shown again with the next key.
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, WAIT);
  });
  form.querySelector("[data-try]").addEventListener("click", (event) => {
    event.preventDefault();
    show();
  });
})();
