// Native dialogs: the focus goes in, Escape and the backdrop close, the focus comes back.

/** @param {string} id */
export function dialog(id) {
  return /** @type {HTMLDialogElement | null} */ (document.getElementById(id));
}

/** @param {HTMLDialogElement} box @param {HTMLElement | null} [focus] */
export function open(box, focus) {
  if (!box.open) {
    const from = /** @type {HTMLElement | null} */ (document.activeElement);
    box.showModal();
    box.addEventListener("close", () => from?.isConnected && from.focus(), { once: true });
  }
  focus?.focus();
}

/** Close buttons and the backdrop of every dialog of the page. */
export function wireDialogs() {
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target instanceof HTMLDialogElement && outside(target, /** @type {MouseEvent} */ (event)))
      target.close();
    target.closest?.("[data-close]")?.closest("dialog")?.close();
  });
}

/** @param {HTMLDialogElement} box @param {MouseEvent} event */
function outside(box, event) {
  const at = box.getBoundingClientRect();
  const keyboard = event.clientX === 0 && event.clientY === 0;
  return (
    !keyboard &&
    (event.clientX < at.left ||
      event.clientX > at.right ||
      event.clientY < at.top ||
      event.clientY > at.bottom)
  );
}
