// Owns the renewing of parts of a page: fetches the same page again and puts in what has changed. The server alone knows how things look.

import { localTimes } from "./clock.js";
import { Idiomorph } from "./idiomorph.js";

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
      Idiomorph.morph(region, [...other.childNodes], KEEPING);
    }
  }
}

/** What people have done to the page stays as they did it: what they opened or closed, wrote or ticked, and where they are. */
const KEEPING = {
  morphStyle: "innerHTML",
  callbacks: {
    beforeNodeAdded: (node) => { if (node.localName === "tr" && node.id) node.classList.add("is-new"); },
    beforeNodeMorphed: (mine) => !isFilledIn(mine),
    beforeNodeRemoved: (mine) => !holdsDraft(mine),
    beforeAttributeUpdated: (name, mine) => !(name === "open" && (turnedByHand.has(mine) || mine.contains(document.activeElement) || holdsDraft(mine))),
  },
};
const turnedByHand = new WeakSet();

document.addEventListener("click", (event) => {
  const summary = event.target.closest?.("summary"); // keys click it too
  if (summary) turnedByHand.add(summary.parentElement);
}, true);

/** Whether a field holds something else than what the server drew. */
function isFilledIn(node) {
  if (node.localName === "select") return node.selectedIndex !== Math.max(0, [...node.options].findIndex((option) => option.defaultSelected));
  if (node.localName !== "input" && node.localName !== "textarea") return false;
  return node.value !== node.defaultValue || node.checked !== node.defaultChecked;
}

/** Whether a text that somebody has begun would go with it. */
function holdsDraft(node) {
  return node.nodeType === Node.ELEMENT_NODE && [node, ...node.querySelectorAll("textarea")].some((field) => field.localName === "textarea" && isFilledIn(field));
}
