// Short news at the foot of the page: what happened, and for ten seconds the way back.
import { t } from "./text.js";

const SECONDS = 10_000;

/** Something for a screen reader only. @param {string} text */
export function announce(text) {
  const place = document.getElementById("announce");
  if (place) place.textContent = text;
}

/**
 * @param {string} text
 * @param {{undo?: () => void | Promise<void>, undoLabel?: string, bad?: boolean, keep?: boolean}} [options]
 * @returns {() => void} take it away
 */
export function toast(text, options = {}) {
  const place = document.getElementById("toasts");
  const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("t-toast"));
  if (!place || !template) return () => {};
  const node = /** @type {HTMLElement} */ (
    /** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild
  );
  const words = /** @type {HTMLElement} */ (node.querySelector("[data-f=text]"));
  node.setAttribute("role", options.bad ? "alert" : "status");
  if (options.bad) node.classList.add("bad");
  const hadFocus = () => node.contains(document.activeElement);
  const close = () => {
    if (hadFocus()) document.getElementById("main")?.focus();
    node.remove();
  };
  if (options.undo) {
    const undo = options.undo;
    button(node, options.undoLabel ?? t("元に戻す"), () => {
      close();
      void undo();
    });
  } else if (options.bad || options.keep) {
    button(node, t("閉じる"), close);
  }
  // One at a time: the last tap is the one that can be undone.
  for (const old of place.querySelectorAll(".toast")) old.remove();
  place.append(node);
  words.textContent = text; // after insertion, so that role=status speaks
  if (!options.keep) lapse(node, close);
  return close;
}

/** @param {HTMLElement} node @param {string} text @param {() => void} act */
function button(node, text, act) {
  const press = document.createElement("button");
  press.type = "button";
  press.className = "btn";
  press.textContent = text;
  press.addEventListener("click", act);
  node.append(press);
}

/** Goes after ten seconds, but never from under a finger or the focus. @param {HTMLElement} node @param {() => void} close */
function lapse(node, close) {
  const timer = setInterval(() => {
    if (!node.isConnected) clearInterval(timer);
    else if (!node.matches(":hover, :focus-within")) {
      clearInterval(timer);
      close();
    }
  }, SECONDS);
}
