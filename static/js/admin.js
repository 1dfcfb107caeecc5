/** Forms that take a moment say so; what cannot be undone asks first. (frame.js lets each form be sent once.) */

/** Before frame.js: a form that is not sent after all must not be marked as under way.
 * @param {SubmitEvent} event */
function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  const question = form.dataset.sure;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  const line = form.querySelector("[data-progress-text]");
  if (form.dataset.progress && line) line.textContent = form.dataset.progress;
}

document.addEventListener("submit", onSubmit, { capture: true });
