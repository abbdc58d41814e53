// Owns the uploading of a package: drag and drop, progress, the report put into the page without leaving it.

import { renew } from "./regions.js";
import { localTimes } from "./clock.js";

for (const form of document.querySelectorAll("form[data-upload]")) prepare(form);

function prepare(form) {
  const drop = form.querySelector("[data-drop]");
  const file = form.elements.package;
  const bar = form.querySelector("[data-progress]");
  const state = form.querySelector("[data-upload-state]");
  const button = form.querySelector("button.primary");

  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("is-dropping"); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("is-dropping"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files;
    form.requestSubmit();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Palestra-CSRF", form.elements.csrf.value);
    request.setRequestHeader("Accept", "text/html");
    request.responseType = "document";
    request.upload.addEventListener("progress", (sent) => {
      if (!sent.lengthComputable) return;
      bar.value = (sent.loaded / sent.total) * 100;
      state.textContent = sent.loaded < sent.total ? `${Math.round(bar.value)} % sent` : "Sent; now it is being checked …";
      if (sent.loaded === sent.total) bar.removeAttribute("value");
    });
    request.addEventListener("loadend", () => {
      button.disabled = false;
      bar.hidden = true;
      bar.value = 0;
      state.textContent = "";
      const result = document.querySelector("[data-upload-result]");
      const told = request.response?.querySelector("[data-upload-result], .fault");
      if (!told) {
        state.textContent = "The connection broke before the answer came. Try again: the same package is taken once.";
        return;
      }
      result.replaceChildren(...told.childNodes);
      localTimes(result);
      result.scrollIntoView({ block: "nearest" });
      if (request.status < 300) {
        form.reset();
        renew();
      }
    });
    button.disabled = true;
    bar.hidden = false;
    state.textContent = "Sending …";
    request.send(new FormData(form));
  });
}
