// Owns the scoreboard as values: snapshots in, deltas in, rows in order out; what a cell shows and says. Knows no document.

export const APPLIED = "applied";
export const OLD = "old";
export const GAP = "gap";

/** One board at one version. */
export class Board {
  constructor(snapshot) {
    Object.assign(this, snapshot);
    this.rows = [...snapshot.rows];
    this.counts = this.problems.map(() => ({ solved: 0, tried: 0 }));
    for (const row of this.rows) this.#count(row, +1);
  }

  /** Takes a delta in. GAP: something was missed, fetch the snapshot; OLD: it was known. */
  apply(delta) {
    if (delta.version <= this.version) return OLD;
    if (delta.after > this.version) return GAP;
    const known = delta.rows.map((row) => this.row(row.username));
    const fresh = delta.rows.map((row, number) => merged(known[number], row));
    if (fresh.includes(null) || !delta.moves.every(([username]) => this.row(username))) return GAP;
    for (const [username, from, to] of delta.moves) {
      const [row] = this.rows.splice(this.#placeOf(username, from), 1);
      this.rows.splice(to, 0, row);
    }
    for (const row of fresh) this.rows[this.#placeOf(row.username, row.place)] = row;
    this.version = delta.version;
    this.#rank();
    known.forEach((row) => this.#count(row, -1));
    fresh.forEach((row) => this.#count(row, +1));
    return APPLIED;
  }

  /** A team's row. */
  row(username) {
    return this.rows.find((row) => row.username === username);
  }

  /** How many solved and how many tried a problem, by column. */
  tallies() {
    return this.counts;
  }

  #rank() {
    let rank = 0;
    let last = null;
    this.rows.forEach((row, place) => {
      if (last === null || !areTied(last, row, this.mode)) rank = place + 1;
      last = row;
      if (row.rank !== rank || row.place !== place) this.rows[place] = last = { ...row, rank, place };
    });
  }

  #placeOf(username, likely) {
    return this.rows[likely]?.username === username ? likely : this.rows.findIndex((row) => row.username === username);
  }

  #count(row, step) {
    row.cells.forEach((cell, column) => {
      if (cell.state !== "empty") this.counts[column].tried += step;
      if (cell.state === "solved") this.counts[column].solved += step;
    });
  }
}

/** The row with what a delta says of it: new figures, and each told cell in place of the one with its label. null: not of this board. */
function merged(row, told) {
  if (!row) return null;
  const cells = [...row.cells];
  for (const cell of told.cells) {
    const column = cells.findIndex(({ label }) => label === cell.label);
    if (column < 0) return null;
    cells[column] = cell;
  }
  return { ...row, ...told, cells };
}

/** Whether two rows share a rank: ICPC by solved, penalty and last accepted; IOI by score alone. */
export function areTied(one, other, mode) {
  if (mode === "ioi") return one.score === other.score;
  return one.solved === other.solved && one.penalty_s === other.penalty_s && one.last_s === other.last_s;
}

/** The classes of a cell. */
export function classOf(cell) {
  if (cell.state === "empty") return "cell";
  return `cell ${cell.state}${cell.is_first ? " first" : ""}${cell.pending && cell.state !== "pending" ? " waits" : ""}`;
}

/** What a cell shows. */
export function signOf(cell, mode) {
  if (cell.state === "solved") return mode === "ioi" ? points(cell.score) : `${cell.is_first ? "★" : ""}+${cell.tries > 1 ? cell.tries - 1 : ""}`;
  const wait = cell.pending ? `?${cell.pending}` : "";
  const judged = cell.tries ? (mode === "ioi" ? points(cell.score) : `−${cell.tries}`) : "";
  return [judged, wait].filter(Boolean).join(" ");
}

/** What a cell says to those who listen. */
export function wordsOf(cell, mode) {
  if (cell.state === "solved") {
    const rejected = cell.tries > 1 ? ` after ${cell.tries - 1} rejected` : "";
    return `${mode === "ioi" ? "full score" : "solved"} at ${hoursMinutes(cell.time_s)}${rejected}${cell.is_first ? ", first to solve" : ""}`;
  }
  const judged = cell.tries ? (mode === "ioi" ? `${points(cell.score)} points` : `${cell.tries} rejected`) : "";
  const waiting = cell.pending ? `${cell.pending} waiting` : "";
  return [judged, waiting].filter(Boolean).join(", ");
}

/** Seconds as h:mm. */
export function hoursMinutes(seconds) {
  return `${Math.floor(seconds / 3600)}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}`;
}

/** An exact score as people read it: whole, or with two digits. */
export function points(score) {
  const [above, below] = String(score).split("/").map(Number);
  return below ? (above / below).toFixed(2) : String(above);
}

/** The rows that fit a part of a name and a group. */
export function filtered(rows, name, group) {
  const wanted = fold(name);
  if (!wanted && !group) return rows;
  return rows.filter((row) => (!group || row.group === group) && (!wanted || fold(`${row.name} ${row.group} ${row.username}`).includes(wanted)));
}

function fold(text) {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().trim();
}
