// Owns the short messages in the corner. They wait while the pointer or the focus is on them, and never take the focus.

const LIFE_MS = 9000;
const MOST = 4;

/** Shows a message; with `href` it leads somewhere. */
export function toast(title, text, href = "") {
  const corner = document.querySelector("[data-toasts]");
  if (!corner) return;
  const box = document.createElement("div");
  box.className = "toast";
  const words = document.createElement("p");
  const name = document.createElement(href ? "a" : "strong");
  if (href) name.href = href;
  name.textContent = title;
  words.append(name, text ? `: ${text}` : "");
  const close = document.createElement("button");
  close.type = "button";
  close.setAttribute("aria-label", "Close this message");
  close.textContent = "×";
  close.addEventListener("click", () => box.remove());
  box.append(words, close);
  corner.append(box);
  while (corner.children.length > MOST) corner.firstElementChild.remove();
  let timer = setTimeout(() => box.remove(), LIFE_MS);
  for (const name of ["pointerenter", "focusin"]) box.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) box.addEventListener(name, () => { timer = setTimeout(() => box.remove(), LIFE_MS / 2); });
}
