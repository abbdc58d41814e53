// Owns the form to submit with: tabs, files, drag and drop, the language guessed, the size shown, a draft kept in this browser.

import { renew } from "./regions.js";

const LOOK_AGAIN_MS = 5000;
const DRAFT_LIFE_MS = 14 * 24 * 3600 * 1000;

for (const form of document.querySelectorAll("form[data-submit]")) prepare(form);
for (const place of document.querySelectorAll("[data-conditions]")) watch(place);

/** While the form says that something is away, looks now and then whether it still is. */
function watch(place) {
  if (!place.children.length) return;
  const timer = setInterval(async () => {
    if (document.visibilityState === "visible") await renew();
    if (!place.children.length) clearInterval(timer);
  }, LOOK_AGAIN_MS * (1 + Math.random() / 2)); // not all browsers at once
}

function prepare(form) {
  const { source, language, problem, file } = form.elements;
  const limit = Number(form.dataset.limit);
  const size = form.querySelector("[data-size]");
  const state = form.querySelector("[data-draft-state]");
  const version = form.querySelector("[data-version-told]");
  const user = document.documentElement.dataset.user;
  const keyOf = (label) => `palestra:draft:${user}:${form.dataset.draft}:${label}`;
  const draftKey = () => keyOf(problem.value);
  const languageKey = `palestra:language:${user}`;
  let current = problem.value;

  function measure() {
    const bytes = new TextEncoder().encode(source.value).length;
    size.textContent = bytes ? `${(bytes / 1024).toFixed(1)} of ${limit / 1024} KiB` : "";
    source.setCustomValidity(bytes > limit ? `This is ${Math.ceil(bytes / 1024)} KiB; at most ${limit / 1024} KiB are taken.` : "");
  }

  function keep() {
    measure();
    try {
      if (source.value) localStorage.setItem(draftKey(), JSON.stringify({ source: source.value, language: language.value, at: Date.now() }));
      else localStorage.removeItem(draftKey());
    } catch { /* the store is full or closed: then there is no draft */ }
  }

  /** Changes over to another problem: each has its own draft. What was written before a problem was chosen goes along. */
  function turn() {
    const before = current;
    current = problem.value;
    if (!before) {
      if (!source.value) return recall();
      try { localStorage.removeItem(keyOf("")); } catch { /* there was none */ }
      return keep();
    }
    try {
      if (source.value) localStorage.setItem(keyOf(before), JSON.stringify({ source: source.value, language: language.value, at: Date.now() }));
    } catch {
      return; // nothing can be kept: then the text stays where it is
    }
    source.value = "";
    state.textContent = "";
    file.value = "";
    recall();
    measure();
  }

  function lastUsed() {
    try { return localStorage.getItem(languageKey) ?? ""; } catch { return ""; }
  }

  /** Offers the languages that the chosen problem takes, and says which compiler or interpreter the chosen one has. */
  function narrow() {
    const label = problem.value;
    for (const option of language.options) {
      if (!option.value || option.dataset.absent !== undefined) continue;
      const takes = !label || (option.dataset.problems ?? "").split("|").includes(label);
      option.hidden = option.disabled = !takes;
    }
    if (language.selectedOptions[0]?.disabled) {
      const left = [...language.options].filter((option) => !option.disabled && option.value);
      language.value = left.length === 1 ? left[0].value : "";
    }
    if (version) version.textContent = language.selectedOptions[0]?.dataset.version ?? "";
  }

  const offers = (id) => [...language.options].some((option) => option.value === id && !option.disabled);

  function recall() {
    narrow();
    try {
      const draft = JSON.parse(localStorage.getItem(draftKey()) ?? "null");
      if (!draft || Date.now() - draft.at > DRAFT_LIFE_MS) return;
      source.value = draft.source;
      if (draft.language && offers(draft.language)) language.value = draft.language;
      state.textContent = "Your draft from this browser.";
      measure();
    } catch { /* nothing kept */ }
  }

  async function take(chosen) {
    if (!chosen) return;
    if (chosen.size > limit) {
      state.textContent = `${chosen.name} has ${Math.ceil(chosen.size / 1024)} KiB; at most ${limit / 1024} KiB are taken.`;
      file.value = "";
      return;
    }
    try {
      source.value = new TextDecoder("utf-8", { fatal: true }).decode(await chosen.arrayBuffer());
    } catch {
      state.textContent = `${chosen.name} is not UTF-8 text; save it as UTF-8 and choose it again.`;
      file.value = "";
      return;
    }
    state.textContent = `Read from ${chosen.name}.`;
    guess(chosen.name);
    narrow();
    keep();
  }

  function guess(name) {
    const ending = name.slice(name.lastIndexOf(".") + 1);
    const fitting = [...language.options].filter((option) => !option.disabled && (option.dataset.endings ?? "").split(" ").includes(ending));
    if (fitting.length && !fitting.some((option) => option.selected)) language.value = (fitting.find((option) => option.value === lastUsed()) ?? fitting[0]).value;
  }

  let leaves = false;
  source.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leaves = true;
    else if (event.key === "Tab" && !leaves && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      indent(source, event.shiftKey);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      const line = source.value.slice(source.value.lastIndexOf("\n", source.selectionStart - 1) + 1, source.selectionStart);
      const [blank] = line.match(/^[ \t]*/);
      if (blank) {
        event.preventDefault();
        write(source, `\n${blank}`);
      }
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      form.requestSubmit();
    } else if (event.key !== "Shift") leaves = false;
  });
  source.addEventListener("blur", () => { leaves = false; });
  source.addEventListener("input", () => { file.value = ""; keep(); }); // what is changed by hand is no longer the file
  language.addEventListener("change", () => { keep(); narrow(); });
  problem.addEventListener?.("change", () => { turn(); narrow(); });
  file.addEventListener("change", () => take(file.files[0]));
  for (const name of ["dragenter", "dragover"]) form.addEventListener(name, (event) => { event.preventDefault(); form.classList.add("is-dropping"); });
  for (const name of ["dragleave", "drop"]) form.addEventListener(name, () => form.classList.remove("is-dropping"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
  form.addEventListener("submit", (event) => {
    if (!source.value.trim() && !file.files.length) {
      event.preventDefault();
      state.textContent = "Paste a program or choose its file first.";
      source.focus();
      return;
    }
    form.querySelector("button.primary").disabled = true;
    try {
      keep(); // the draft stays until the site confirms: page.js drops it there
      sessionStorage.setItem("palestra:sent", draftKey());
      localStorage.setItem(languageKey, language.value);
    } catch { /* the store is closed */ }
  });
  addEventListener("pageshow", () => { form.querySelector("button.primary").disabled = false; });
  if (!source.value) recall();
  narrow();
  if (!language.value && offers(lastUsed())) language.value = lastUsed();
  narrow();
  measure();
}

/** Moves the selected lines in or out, or writes one step at the caret. Undo keeps working. */
function indent(field, isOut) {
  const { value, selectionStart: from, selectionEnd: to } = field;
  if (from === to && !isOut) return write(field, "    ");
  const first = value.lastIndexOf("\n", from - 1) + 1;
  const lines = value.slice(first, to);
  const moved = isOut ? lines.replace(/^( {1,4}|\t)/gm, "") : lines.replace(/^(?=.)/gm, "    ");
  field.setSelectionRange(first, to);
  write(field, moved);
  field.setSelectionRange(isOut ? Math.max(first, from + Math.min(0, moved.length - lines.length)) : from + 4, first + moved.length);
}

function write(field, text) {
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
