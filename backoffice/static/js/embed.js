// Shows a training provider's coming dates on another web site. Write where the list is to stand:
//   <script src="https://PROVIDER/embed.js" data-town="Leeds" data-show="5" async></script>
// data-town, data-course, data-type, data-audience, data-q, data-show: which dates, all may be left out. No cookies.
"use strict";
(() => {
  const script = document.currentScript;
  if (!script) return;
  const home = new URL(script.src);
  const address = new URL("/embed", home);
  for (const name of ["town", "course", "type", "audience", "q", "show", "lang"]) {
    if (script.dataset[name]) address.searchParams.set(name, script.dataset[name]);
  }
  const frame = document.createElement("iframe");
  frame.src = address;
  frame.title = script.dataset.title || "Dates";
  frame.loading = "lazy";
  frame.referrerPolicy = "no-referrer";
  frame.width = "100%";
  frame.height = "420";
  frame.style.border = "0";
  addEventListener("message", (event) => {
    // Only its own frame may say how tall it is.
    if (event.source !== frame.contentWindow || event.origin !== home.origin) return;
    const height = Number(event.data && event.data.datesHeight);
    if (height > 0 && height < 20000) frame.height = String(Math.ceil(height));
  });
  script.after(frame);
})();
