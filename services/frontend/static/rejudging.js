// Owns the form of a set: what is chosen goes into the address, and the server says how many submissions that are. Opens nothing.

import { renew } from "./regions.js";

const TOGETHER_MS = 250;
const KEPT_BACK = new Set(["csrf", "reason"]);
const form = document.querySelector("[data-set-form]");
let timer = 0;

if (form) {
  form.querySelector("[formmethod=get]").hidden = true; // it counts by itself
  form.addEventListener("input", (event) => {
    if (event.target.name === "reason") return;
    clearTimeout(timer);
    timer = setTimeout(count, TOGETHER_MS, event.target.name === "version");
  });
}

/** Puts the choice into the address; a version changes no count. */
function count(isVersion) {
  const chosen = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value && !KEPT_BACK.has(name)) chosen.append(name, value);
  history.replaceState(null, "", `${location.pathname}?${chosen}`);
  if (!isVersion) renew();
}
