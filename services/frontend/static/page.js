// Owns what every page does: clocks, times in the reader's zone, toasts of live news, the badge of clarifications.

import { startClocks, localTimes } from "./clock.js";
import { connection } from "./live.js";
import { toast } from "./toast.js";

const root = document.documentElement;

startClocks();
localTimes(document);
document.querySelector("[data-focus]")?.focus();
const tab = document.querySelector(".tabs [aria-current]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;

if (root.dataset.user || root.dataset.contest) {
  const live = connection();
  live.on("announcement", (body) => tell("Announcement", body.text, clarificationsOf(body.contest)));
  live.on("answer", (body) => tell("The jury answered", body.answer, clarificationsOf(body.contest)));
  if ("jury" in root.dataset) {
    live.on("clarification", (body) => tell("A new question", body.text, clarificationsOf(body.contest)));
  }
  live.on("refused", (body) => tell("A submission was not taken", body.message, ""));
  live.start();
}

function clarificationsOf(contest) {
  return contest ? `/contests/${encodeURIComponent(contest)}/clarifications` : "";
}

function tell(title, text, href) {
  const isHere = href && location.pathname === href;
  if (!isHere) {
    const badge = document.querySelector("[data-clarification-badge]");
    if (badge && href) badge.textContent = String((Number(badge.textContent) || 0) + 1);
  }
  toast(title, text, isHere ? "" : href);
}
