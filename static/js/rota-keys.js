// The keyboard in the grid: one place of the tab order, arrows between the duties, letters for what is done most.
import { t } from "./text.js";
import { announce } from "./toast.js";

/**
 * @typedef {Object} Deeds
 * @property {(slot: HTMLElement) => void} open
 * @property {(slot: HTMLElement) => void} takeOff
 * @property {(slot: HTMLElement) => void} pin
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => void} help
 */

/** @param {HTMLElement} root @returns {HTMLElement[]} those one can see: a narrow screen shows one day */
export function slotsOf(root) {
  const all = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("button[data-slot]")]);
  return all.filter((slot) => slot.offsetParent !== null);
}

/** After each drawing: one of the duties can be reached with Tab. @param {HTMLElement} root */
export function settleTab(root) {
  const slots = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("button[data-slot]")]);
  for (const slot of slots) slot.tabIndex = -1;
  const seen = slotsOf(root);
  const first = seen.find((slot) => slot === document.activeElement) ?? seen[0];
  if (first) first.tabIndex = 0;
}

/** @param {HTMLElement} slot */
export function goTo(slot) {
  for (const other of slot.closest("table")?.querySelectorAll('button[data-slot][tabindex="0"]') ??
    [])
    /** @type {HTMLElement} */ (other).tabIndex = -1;
  slot.tabIndex = 0;
  slot.focus();
  slot.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** @param {HTMLElement} root @param {Deeds} deeds */
export function wireKeys(root, deeds) {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("input, textarea, select, dialog[open], .more, .menu")) return;
    if (stepKey(event, deeds)) return event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?") return void (event.preventDefault(), deeds.help());
    if (event.key === "n" || event.key === "N") return void nextOpen(root, target);
    const slot = /** @type {HTMLElement | null} */ (target.closest("button[data-slot]"));
    if (slot && slotKey(event.key, slot, root, deeds)) event.preventDefault();
  });
  root.addEventListener("focusin", (event) => {
    const slot = /** @type {HTMLElement | null} */ (
      /** @type {Element} */ (event.target).closest("button[data-slot]")
    );
    if (slot && slot.tabIndex !== 0) goTo(slot);
  });
}

/** @param {KeyboardEvent} event @param {Deeds} deeds */
function stepKey(event, deeds) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return false;
  const key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) deeds.undo();
  else if ((key === "z" && event.shiftKey) || key === "y") deeds.redo();
  else return false;
  return true;
}

/** @param {string} key @param {HTMLElement} slot @param {HTMLElement} root @param {Deeds} deeds */
function slotKey(key, slot, root, deeds) {
  if (key === "Delete" || key === "Backspace") deeds.takeOff(slot);
  else if (key === "p" || key === "P") deeds.pin(slot);
  else if (key === "ArrowRight" || key === "ArrowLeft") across(slot, key === "ArrowRight");
  else if (key === "ArrowDown" || key === "ArrowUp") along(root, slot, key === "ArrowDown");
  else if (key === "Home" || key === "End") edge(slot, key === "Home");
  else return false;
  return true;
}

/** @param {HTMLElement} slot */
function inRow(slot) {
  const row = slot.closest("tr");
  return row ? slotsOf(row) : [];
}

/** @param {HTMLElement} slot @param {boolean} first */
function edge(slot, first) {
  const row = inRow(slot);
  const next = first ? row[0] : row.at(-1);
  if (next) goTo(next);
}

/** The neighbour in the row. @param {HTMLElement} slot @param {boolean} right */
function across(slot, right) {
  const row = inRow(slot);
  const next = row[row.indexOf(slot) + (right ? 1 : -1)];
  if (next) goTo(next);
  else announce(right ? t("行の終わりです") : t("行のはじめです"));
}

/** The next one above or below that shares most of the width. @param {HTMLElement} root @param {HTMLElement} slot @param {boolean} down */
function along(root, slot, down) {
  const from = slot.getBoundingClientRect();
  const middle = from.left + from.width / 2;
  let best = null;
  let least = Infinity;
  for (const other of slotsOf(root)) {
    const at = other.getBoundingClientRect();
    const ahead = down ? at.top - from.top : from.top - at.top;
    if (ahead < 2) continue;
    const aside = Math.max(at.left - middle, middle - at.right, 0);
    const distance = ahead + aside * 8;
    if (distance < least) [best, least] = [other, distance];
  }
  if (best) goTo(best);
}

/** @param {HTMLElement} root @param {HTMLElement | null} [from] */
export function nextOpen(root, from = null) {
  const slots = slotsOf(root);
  const here = from ? slots.indexOf(/** @type {HTMLElement} */ (from.closest("[data-slot]"))) : -1;
  const open = slots.filter((slot) => slot.dataset.missing);
  const next = open.find((slot) => slots.indexOf(slot) > here) ?? open[0];
  if (next) goTo(next);
  else announce(t("空きはありません"));
}
