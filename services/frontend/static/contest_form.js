// Owns the form of a contest: labels given in order, rows moved up and down, the address guessed from the title.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const form = document.querySelector("[data-contest-form]");
const list = form.querySelector("[data-pick]");

if (form.elements.alias?.type === "text") {
  let isOwn = form.elements.alias.value !== "";
  form.elements.alias.addEventListener("input", () => { isOwn = true; });
  form.elements.title.addEventListener("input", () => {
    if (!isOwn) form.elements.alias.value = slug(form.elements.title.value);
  });
}

const start = form.elements.start;
start.addEventListener("input", sayLocalTime);
sayLocalTime();

if (list) {
  for (const moves of list.querySelectorAll("[data-moves]")) moves.hidden = false;
  list.addEventListener("change", (event) => {
    if (event.target.name === "pick") {
      if (event.target.checked) moveBehindPicked(event.target.closest("li"));
      relabel();
    } else if ("label" in event.target.dataset) event.target.dataset.own = "yes";
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const row = button.closest("li");
    const other = button.dataset.move === "1" ? row.nextElementSibling : row.previousElementSibling;
    if (!other) return;
    button.dataset.move === "1" ? other.after(row) : other.before(row);
    relabel();
    button.focus();
  });
  for (const field of list.querySelectorAll("[data-label]")) {
    if (field.value && field.closest("li").querySelector("[name=pick]").checked && !LETTERS.includes(field.value)) field.dataset.own = "yes";
  }
}

function moveBehindPicked(row) {
  const picked = [...list.children].filter((other) => other !== row && other.querySelector("[name=pick]").checked);
  const last = picked.at(-1);
  if (last) last.after(row);
  else list.prepend(row);
  row.querySelector("[name=pick]").focus();
}

/** Gives every picked row without a label of its own the next letter. */
function relabel() {
  const picked = [...list.children].filter((row) => row.querySelector("[name=pick]").checked);
  picked.forEach((row, place) => {
    const field = row.querySelector("[data-label]");
    if (!field.dataset.own) field.value = LETTERS[place] ?? `P${place + 1}`;
  });
}

/** Says what the start, which is in UTC, is on the organiser's own clock. */
function sayLocalTime() {
  const moment = new Date(`${start.value}Z`);
  const isElsewhere = !Number.isNaN(moment.getTime()) && moment.getTimezoneOffset() !== 0;
  const words = !isElsewhere ? "" : ` Here that is ${moment.toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })}.`;
  document.getElementById("start-hint").textContent = `In UTC.${words}`;
}

function slug(text) {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60);
}
