// Owns pages that follow what happens: chips that move with the judging, regions that renew when news concerns them.

import { connection } from "./live.js";
import { renew } from "./regions.js";

const TOGETHER_MS = 150;
const MOST_MS = 1000; // however steadily news come
const FRESH_MS = 2000; // what a frontend has read counts as fresh for a second or so
const AGAIN_MS = 3000; // for what ends without news when it fails
const live = connection();
let timer = 0;
let wantedSince = 0;

live.on("progress", (body) => show(body.id, body.status === "queued" ? "queued" : body.step || "running", steps(body)));
live.on("submission", (body) => show(body.id, "queued", ""));
live.on("verdict", (body) => show(body.id, body.verdict, ""));
live.on("refused", (body) => show(body.id, "refused", ""));
live.onAny((kind) => {
  const isWatched = [...document.querySelectorAll("[data-region][data-on]")].some((region) => region.dataset.on.split(" ").includes(kind));
  if (isWatched) soon();
});
live.on("contest", () => setTimeout(soon, FRESH_MS));
live.onGap(nowAndSoon);
document.addEventListener("palestra:phase", nowAndSoon); // the server's clock may be a little behind ours

setInterval(() => document.querySelector("[data-again]") && soon(), AGAIN_MS);

function nowAndSoon() {
  soon();
  setTimeout(soon, FRESH_MS);
}

/** Renews in a moment, once for all news that come together; news without a pause put it off no longer than `MOST_MS`. */
function soon() {
  const now = performance.now();
  wantedSince ||= now;
  clearTimeout(timer);
  timer = setTimeout(() => {
    wantedSince = 0;
    renew();
  }, Math.max(0, Math.min(TOGETHER_MS, wantedSince + MOST_MS - now)));
}

function steps(body) {
  return body.step === "running" && body.total ? `case ${Math.min(body.done + 1, body.total)} of ${body.total}` : "";
}

/** Puts the chip of a state into every place that shows the submission; a judged one is not taken back by late news. */
function show(submission, state, detail) {
  const pattern = document.getElementById("chips")?.content.querySelector(`[data-for="${CSS.escape(state)}"]`);
  if (!pattern) return;
  for (const place of document.querySelectorAll(`[data-chip="${CSS.escape(submission)}"]`)) {
    const chip = pattern.firstElementChild.cloneNode(true);
    if (detail) {
      const words = document.createElement("span");
      words.className = "steps";
      words.textContent = detail;
      chip.append(words);
    }
    place.replaceChildren(chip);
  }
}
