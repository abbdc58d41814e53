// Owns time on the page: the server's clock, countdowns, times in the reader's own zone. Never trusts the reader's clock.

const root = document.documentElement;
const offsetMs = measureOffset();

/** Milliseconds since the epoch, as the server counts them. */
export function serverNow() {
  return Date.now() + offsetMs;
}

/** Keeps every clock on the page going. */
export function startClocks() {
  tick();
  setTimeout(() => {
    tick();
    setInterval(tick, 1000);
  }, 1000 - (serverNow() % 1000));
}

/** Writes every <time data-form> below `node` in the reader's zone. */
export function localTimes(node) {
  for (const time of node.querySelectorAll("time[data-form]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.title = moment.toLocaleString();
    time.textContent = time.dataset.form === "day" ? dayTime(moment) : clockTime(moment);
  }
}

/** "14:05" of today, "Mon 14:05" of another day, in the reader's zone. */
export function clockTime(moment) {
  const text = moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const isToday = moment.toDateString() === new Date(serverNow()).toDateString();
  return isToday ? text : `${moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${text}`;
}

function dayTime(moment) {
  return moment.toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }).replace(",", "");
}

/** "2:05:09", "3 days 4:05:09" beyond two days; the same words as the server's. */
export function countdown(leftMs) {
  const total = Math.max(0, Math.floor(leftMs / 1000));
  const days = total >= 2 * 86400 ? Math.floor(total / 86400) : 0;
  const rest = total - days * 86400;
  const two = (value) => String(value).padStart(2, "0");
  const text = `${Math.floor(rest / 3600)}:${two(Math.floor((rest % 3600) / 60))}:${two(rest % 60)}`;
  return days ? `${days} days ${text}` : text;
}

function measureOffset() {
  const told = Date.parse(root.dataset.now);
  if (Number.isNaN(told)) return 0;
  const [navigation] = performance.getEntriesByType("navigation");
  return told - (performance.timeOrigin + (navigation?.responseStart || 0));
}

function tick() {
  const now = serverNow();
  for (const time of document.querySelectorAll("[data-server-time]")) time.textContent = new Date(now).toISOString().slice(11, 19);
  for (const clock of document.querySelectorAll("[data-clock]")) turn(clock, now);
  for (const line of document.querySelectorAll("[data-timeline]")) {
    const [start, end] = [Date.parse(line.dataset.start), Date.parse(line.dataset.end)];
    const share = Math.min(1, Math.max(0, (now - start) / (end - start)));
    line.querySelector(".gone").setAttribute("width", `${(share * 100).toFixed(2)}%`);
  }
}

function turn(clock, now) {
  const [start, end, freeze] = [clock.dataset.start, clock.dataset.end, clock.dataset.freeze].map(Date.parse);
  const phase = now < start ? "before" : now >= end ? "ended" : now >= freeze ? "frozen" : "running";
  const time = clock.querySelector("time");
  if (time) time.textContent = countdown((phase === "before" ? start : end) - now);
  if (clock.dataset.phase === phase) return;
  const isFirst = clock.dataset.phase === undefined;
  clock.dataset.phase = phase;
  if (isFirst) return;
  clock.querySelector(".phase").textContent = { before: "Not started", running: "Running", frozen: "Running, board frozen", ended: "Ended" }[phase];
  if (clock.querySelector(".until")) clock.querySelector(".until").textContent = phase === "before" ? "starts in" : phase === "ended" ? "" : "left";
  document.dispatchEvent(new CustomEvent("palestra:phase", { detail: phase }));
}
