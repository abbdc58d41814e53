// Owns what every page does: clocks, times in the reader's zone, toasts of live news, the badge of clarifications.

import { startClocks, localTimes } from "./clock.js";
import { connection } from "./live.js";
import { toast } from "./toast.js";

const root = document.documentElement;
const MOST_TOLD = 50;
const LONGEST_TOLD = 300;
const FAULTS = { VE: "The checker broke", JE: "The judging broke" };

const PHASES = {
  started: ["The contest has begun", "The problems are open now."],
  frozen: ["The scoreboard is frozen", "From now on it shows attempts, not verdicts."],
  ended: ["The contest is over", "Nothing can be submitted any more."],
};

startClocks();
localTimes(document);
document.querySelector("[data-focus]")?.focus();
if (document.querySelector("[data-sent]")) dropSentDraft();
const tab = document.querySelector(".tabs [aria-current]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;

if (root.dataset.user || root.dataset.contest) {
  const live = connection();
  live.on("announcement", (body) => once("announcement", body, body.text) && tell("Announcement", body.text, clarificationsOf(body.contest)));
  live.on("contest", (body) => body.phase in PHASES && once("contest", { id: body.alias }, body.phase) && toast(...PHASES[body.phase], ""));
  live.on("answer", (body) => once("answer", body, body.answer) && tell("The jury answered", body.answer, clarificationsOf(body.contest)));
  if ("jury" in root.dataset) {
    live.on("clarification", (body) => once("clarification", body, body.text) && tell("A new question", body.text, clarificationsOf(body.contest)));
    live.on("verdict", (body) => {
      const jury = location.pathname.endsWith("/jury");
      if (jury && body.verdict in FAULTS && once("verdict", body, body.verdict)) {
        toast(FAULTS[body.verdict], `judging a submission to ${body.problem ?? "a problem"}`, `/submissions/${encodeURIComponent(body.id)}`);
      }
    });
  }
  live.on("refused", (body) => once("refused", body, body.message) && toast(...refusalOf(body)));
  live.start();
}

/** Whether this piece of news is new in this window: it may come on more than one topic, and again on the next page. Knows the last ones only. */
function once(kind, body, text) {
  const news = JSON.stringify([kind, body.id, text]).slice(0, LONGEST_TOLD);
  try {
    const told = JSON.parse(sessionStorage.getItem("palestra:told") ?? "[]");
    if (told.includes(news)) return false;
    sessionStorage.setItem("palestra:told", JSON.stringify([...told, news].slice(-MOST_TOLD)));
  } catch { /* the store is closed: then it may be told twice */ }
  return true;
}

/** What was taken and then refused: where it can be read again later. */
function refusalOf(body) {
  if (body.kind === "Submit") return ["A submission was not taken", body.message, `/submissions/${encodeURIComponent(body.id)}`];
  return ["What you sent was not taken", body.message, ""];
}

function clarificationsOf(contest) {
  return contest ? `/contests/${encodeURIComponent(contest)}/clarifications` : "";
}

/** The site has confirmed what was sent from this tab: only now its draft may go. */
function dropSentDraft() {
  try {
    localStorage.removeItem(sessionStorage.getItem("palestra:sent"));
    sessionStorage.removeItem("palestra:sent");
  } catch { /* the store is closed: there was no draft */ }
}

function tell(title, text, href) {
  const isHere = href && location.pathname === href;
  if (!isHere) {
    const badge = document.querySelector("[data-clarification-badge]");
    if (badge && href) badge.textContent = String((Number(badge.textContent) || 0) + 1);
  }
  toast(title, text, isHere ? "" : href);
}
