/** Forms that take a moment say so, and are sent once; what cannot be undone asks first. */

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  const question = form.dataset.sure;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  const words = form.dataset.progress;
  if (!words) return;
  form.setAttribute("aria-busy", "true");
  const line = form.querySelector("[data-progress-text]");
  if (line) line.textContent = words;
}

/** Back in the browser's history: the form is as it was, and may be sent again. */
function onShow() {
  for (const form of document.querySelectorAll("form[aria-busy]"))
    form.removeAttribute("aria-busy");
}

document.addEventListener("submit", onSubmit);
window.addEventListener("pageshow", onShow);
