// Owns the buttons that copy a text. Falls back to selecting it where the clipboard is out of reach (plain HTTP).

for (const button of document.querySelectorAll("[data-copy]")) {
  const words = button.lastChild;
  const before = words.textContent;
  let again = 0;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    const text = source.tagName === "OL" ? [...source.children].map((line) => line.textContent).join("").replace(/\n$/, "") : source.textContent;
    const done = await copy(text, source);
    words.textContent = done ? " Copied" : " Press Ctrl+C";
    clearTimeout(again);
    again = setTimeout(() => { words.textContent = before; }, 1600);
  });
}

async function copy(text, source) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}
