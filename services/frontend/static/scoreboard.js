// Owns the scoreboard on the page: draws the rows in view, lets them glide, keeps up with the news, catches up after a gap.

import { APPLIED, Board, GAP, classOf, filtered, hoursMinutes, points, signOf, wordsOf } from "./board.js";
import { connection } from "./live.js";

const DRAW_ALL_UP_TO = 300;
const MARGIN_ROWS = 12;
const RETRY_MS = 3000;
const FRESH_MS = 1500; // a frontend folds a board once a second or so: what it gives may lack the newest deltas

const frame = document.querySelector("[data-board]");
const scroller = frame.querySelector(".board-frame");
const body = frame.querySelector("[data-board-rows]");
const { contest, audience, own } = frame.dataset;
const name = frame.querySelector("[data-filter-name]");
const group = frame.querySelector("[data-filter-group]");
const drawn = new Map();

let board = null;
let shown = [];
let places = new Map();
let early = [];
let fetching = false;
let newest = 0;
let again = 0;

for (const row of body.children) drawn.set(row.dataset.username, { row: null, element: row });
name.addEventListener("input", () => redraw());
group?.addEventListener("change", () => redraw());
scroller.addEventListener("scroll", () => requestAnimationFrame(() => board && shown.length > DRAW_ALL_UP_TO && place()), { passive: true });
addEventListener("resize", () => board && place());
document.addEventListener("palestra:phase", fetchNowAndSoon);

const live = connection();
live.on("scoreboard", (delta) => {
  if (delta.contest !== contest || delta.audience !== audience) return;
  newest = Math.max(newest, delta.version);
  if (board === null || fetching) early.push(delta);
  else take([delta]);
});
live.on("contest", () => fetchSoon(FRESH_MS));
live.onGap(fetchNowAndSoon);
fetchBoard();

/** Fetches the whole board; deltas that come meanwhile are applied to it. */
async function fetchBoard() {
  if (fetching) return;
  fetching = true;
  try {
    const answer = await fetch(`/api/v1/contests/${encodeURIComponent(contest)}/scoreboard?as=${audience}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const snapshot = await answer.json();
    if (!isHeaded(snapshot.problems)) return void setTimeout(() => location.reload(), FRESH_MS); // the server draws the head
    if (board === null || snapshot.version >= board.version) board = new Board(snapshot);
  } catch {
    fetchSoon(RETRY_MS);
    return;
  } finally {
    fetching = false;
  }
  const waiting = early;
  early = [];
  frame.hidden = board.rows.length === 0;
  showFreeze();
  redraw();
  take(waiting);
  if (board.version < newest) fetchSoon(FRESH_MS);
}

function isHeaded(problems) {
  const labels = [...frame.querySelectorAll("thead .problem")].map((head) => head.textContent.trim());
  return labels.length === problems.length && problems.every((problem, column) => problem.label === labels[column]);
}

function fetchNowAndSoon() {
  fetchBoard();
  fetchSoon(FRESH_MS);
}

function fetchSoon(delay) {
  clearTimeout(again);
  again = setTimeout(fetchBoard, delay);
}

function take(deltas) {
  for (const delta of deltas) {
    const before = delta.rows.map((row) => board.row(row.username));
    const result = board.apply(delta);
    if (result === GAP) return fetchBoard();
    if (result === APPLIED) {
      redraw(new Set(delta.rows.map((row) => row.username)));
      say(before);
    }
  }
}

/** Draws what the filters let through; rows that changed their place glide there. */
function redraw(changed = new Set()) {
  const before = places;
  shown = filtered(board.rows, name.value, group?.value ?? "");
  places = new Map(shown.map((row, index) => [row.username, index]));
  const all = board.rows.length;
  frame.querySelector("[data-board-count]").textContent = shown.length === all ? `${all} team${all === 1 ? "" : "s"}` : `${shown.length} of ${all} teams`;
  board.tallies().forEach((tally, column) => {
    const cell = frame.querySelector(`[data-tally="${column}"]`);
    if (!cell) return;
    cell.firstChild.textContent = String(tally.solved);
    cell.lastChild.textContent = String(tally.tried);
  });
  place();
  for (const username of changed) notice(drawn.get(username)?.element);
  if (before.size) glide(before);
}

/** Puts the rows in view (all of them on a small board) and the reader's own into the table, spacers for the rest. */
function place() {
  const height = rowHeight();
  let [from, to] = [0, shown.length];
  if (shown.length > DRAW_ALL_UP_TO) {
    from = Math.max(0, Math.floor(scroller.scrollTop / height) - MARGIN_ROWS);
    to = Math.min(shown.length, from + Math.ceil(scroller.clientHeight / height) + 2 * MARGIN_ROWS);
  }
  const wanted = Array.from({ length: to - from }, (_, step) => from + step);
  const mine = places.get(own);
  if (mine !== undefined && mine < from) wanted.unshift(mine);
  if (mine !== undefined && mine >= to) wanted.push(mine);
  const elements = [];
  let next = 0;
  for (const index of wanted) {
    if (index > next) elements.push(spacer((index - next) * height));
    elements.push(elementOf(shown[index], index));
    next = index + 1;
  }
  if (next < shown.length) elements.push(spacer((shown.length - next) * height));
  const isSame = elements.length === body.children.length && elements.every((element, at) => element === body.children[at]);
  if (!isSame) body.replaceChildren(...elements);
  for (const [username, { element }] of drawn) if (!element.isConnected) drawn.delete(username);
  scroller.querySelector("table").setAttribute("aria-rowcount", String(shown.length + 1));
}

function elementOf(row, index) {
  const known = drawn.get(row.username);
  if (known?.row === row) {
    known.element.setAttribute("aria-rowindex", String(index + 2));
    return known.element;
  }
  const element = rowElement(row, index);
  if (known && known.row === null && known.element.outerHTML === element.outerHTML) {
    known.row = row;
    return known.element;
  }
  drawn.set(row.username, { row, element });
  return element;
}

function rowElement(row, index) {
  const line = document.createElement("tr");
  line.id = `team-${row.username}`;
  line.dataset.username = row.username;
  line.setAttribute("aria-rowindex", String(index + 2));
  if (row.username === own) line.className = "own";
  const team = made("th", "team", row.name);
  team.scope = "row";
  if (row.username === own) team.append(made("span", "unseen", " (you)"));
  if (row.group) team.append(made("small", "", row.group));
  const isIcpc = board.mode === "icpc";
  line.append(made("td", "place", String(row.rank)), team, made("td", "total", isIcpc ? String(row.solved) : points(row.score)));
  if (isIcpc) line.append(made("td", "penalty", String(Math.floor(row.penalty_s / 60))));
  for (const cell of row.cells) line.append(cellElement(cell));
  return line;
}

function cellElement(cell) {
  const element = made("td", classOf(cell), "");
  if (cell.state === "empty") return element;
  const sign = made("span", "", signOf(cell, board.mode));
  sign.setAttribute("aria-hidden", "true");
  if (cell.time_s !== null) sign.append(made("small", "", hoursMinutes(cell.time_s)));
  element.append(sign, made("span", "unseen", wordsOf(cell, board.mode)));
  return element;
}

function made(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(text);
  return element;
}

function spacer(height) {
  const line = made("tr", "spacer", "");
  const cell = made("td", "", "");
  cell.colSpan = board.problems.length + 4;
  cell.style.height = `${height}px`;
  line.setAttribute("aria-hidden", "true");
  line.append(cell);
  return line;
}

function rowHeight() {
  const any = body.querySelector("tr:not(.spacer)");
  return any?.offsetHeight || 44;
}

function notice(element) {
  if (!element) return;
  element.classList.remove("is-changed");
  void element.offsetWidth; // starts the animation again
  element.classList.add("is-changed");
}

/** Lets every drawn row move from its old place to its new one; far ones come from the edge of the view. */
function glide(before) {
  const duration = parseFloat(getComputedStyle(frame).getPropertyValue("--glide"));
  if (!duration || document.visibilityState !== "visible") return;
  const height = rowHeight();
  const furthest = scroller.clientHeight;
  for (const [username, { element }] of drawn) {
    const [from, to] = [before.get(username), places.get(username)];
    if (from === undefined || to === undefined || from === to) continue;
    const way = Math.max(-furthest, Math.min(furthest, (from - to) * height));
    element.classList.toggle("is-moving", to < from);
    const motion = element.animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], { duration, easing: "cubic-bezier(.3, 0, .1, 1)" });
    motion.addEventListener("finish", () => element.classList.remove("is-moving"));
  }
}

function showFreeze() {
  const notice = document.querySelector("[data-freeze-notice]");
  notice.hidden = !board.is_frozen;
}

/** Tells those who listen what was solved since these rows were so, one sentence at a time. */
function say(before) {
  for (const known of before) {
    const row = board.row(known.username);
    const column = row.cells.findIndex((cell, at) => cell.state === "solved" && known.cells[at].state !== "solved");
    if (column < 0) continue;
    document.querySelector("[data-board-told]").textContent = `${row.name} solved ${row.cells[column].label} and is at rank ${row.rank}.`;
  }
}
