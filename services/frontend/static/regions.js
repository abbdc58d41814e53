// Owns the renewing of parts of a page: fetches the same page again and puts in what has changed. The server alone knows how things look.

import { localTimes } from "./clock.js";

let running = null;
let isWanted = false;

/** Fetches the page again and renews its regions; calls while one is under way are put together into one more. */
export function renew() {
  if (running) {
    isWanted = true;
    return running;
  }
  running = fetchAndReplace().finally(() => {
    running = null;
    if (isWanted) {
      isWanted = false;
      renew();
    }
  });
  return running;
}

async function fetchAndReplace() {
  let text;
  try {
    const answer = await fetch(location.href.split("#")[0], { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!answer.ok) return;
    text = await answer.text();
  } catch {
    return; // the connection is away: its return renews again
  }
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const region of document.querySelectorAll("[data-region]")) {
    const other = fresh.querySelector(`[data-region="${region.dataset.region}"]`);
    if (other) {
      localTimes(other);
      merge(region, other);
    }
  }
}

/** Makes `old` hold what `fresh` holds, touching only children that differ; children with an id are known by it. */
function merge(old, fresh) {
  const isList = [...fresh.children].some((child) => child.id);
  if (!isList && fresh.querySelector("tbody[data-rows]") && old.querySelector("tbody[data-rows]")) {
    merge(old.querySelector("tbody[data-rows]"), fresh.querySelector("tbody[data-rows]"));
    return;
  }
  if (!isList) {
    if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
    return;
  }
  const known = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  const wanted = [...fresh.children].map((child) => {
    const mine = child.id && known.get(child.id);
    if (mine && (mine.outerHTML === child.outerHTML || isBeingWritten(mine))) return mine;
    if (child.id && !mine) child.classList.add("is-new");
    return child;
  });
  for (const child of [...old.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((child, place) => {
    if (old.children[place] !== child) old.insertBefore(child, old.children[place] ?? null);
  });
}

/** Whether somebody writes in it: then it is left alone. */
function isBeingWritten(node) {
  return node.contains(document.activeElement) || [...node.querySelectorAll("[data-keep]")].some((field) => field.value !== field.defaultValue);
}
