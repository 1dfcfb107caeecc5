// Pages of 緊急時: chips that fill a field, choosing people, the tally that moves, the way back for ten seconds.
import { Live } from "./live.js";
import { t } from "./text.js";
import { toast } from "./toast.js";

const AT_MOST = 1_500;
const AT_LEAST = 20_000; // who leads the city from an office that leads no unit hears of no answer

function wireChips() {
  for (const chips of document.querySelectorAll("[data-fill]")) {
    const field = /** @type {HTMLInputElement | null} */ (
      document.getElementById(chips.getAttribute("data-fill") ?? "")
    );
    chips.removeAttribute("hidden"); // without script they would do nothing
    chips.addEventListener("click", (event) => {
      const press = /** @type {Element} */ (event.target).closest("button[data-value]");
      if (!press || !field) return;
      field.value = press.getAttribute("data-value") ?? "";
      field.focus();
    });
  }
}

function wireUndo() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-undo]"));
  if (!form) return;
  form.hidden = true;
  toast(form.dataset.undo ?? "", { undo: () => form.requestSubmit() });
  history.replaceState(null, "", location.pathname); // read again, the page offers it no more
}

// --- people ---------------------------------------------------------------------------------

/** @returns {HTMLInputElement[]} */
const boxes = () =>
  [...document.querySelectorAll('[data-people] input[name="staff"]')].map(
    (box) => /** @type {HTMLInputElement} */ (box),
  );

function showSelected() {
  const count = boxes().filter((box) => box.checked).length;
  const words = document.querySelector("[data-selected]");
  if (words)
    words.textContent = count
      ? t("選んだ {count} 人を", { count })
      : t("人を選ぶと、まとめて配備や指示ができます。");
  for (const press of document.querySelectorAll(".eselected button"))
    press.toggleAttribute("disabled", count === 0);
  const all = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-all-box]"));
  if (all) all.checked = count > 0 && count === boxes().length;
}

function unhide() {
  document.querySelector("[data-all]")?.removeAttribute("hidden");
  showSelected();
}

function wirePeople() {
  document.addEventListener("change", (event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    if (box.matches("[data-all-box]")) for (const one of boxes()) one.checked = box.checked;
    if (box.closest("[data-people]")) showSelected();
  });
  document.addEventListener("click", (event) => {
    const press = /** @type {Element} */ (event.target).closest("[data-pick]");
    if (!press) return;
    const wanted = press.getAttribute("data-pick");
    for (const box of boxes()) box.checked = box.closest("li")?.dataset.answer === wanted;
    showSelected();
  });
  unhide();
}

// --- the tally ------------------------------------------------------------------------------

/** @param {HTMLElement} page */
function watch(page) {
  const path = `/emergency/${page.dataset.emergencyPage}/tally?unit=${page.dataset.unit ?? ""}`;
  let last = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;

  async function fetchTally() {
    last = Date.now();
    const answer = await fetch(path, { cache: "no-store" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const text = await answer.text();
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-tally]");
    if (fresh) replace(document.adoptNode(fresh));
  }
  function soon() {
    clearTimeout(waiting);
    const wait = Math.max(0, last + AT_MOST - Date.now());
    waiting = setTimeout(() => void fetchTally().catch(() => {}), wait);
  }
  document.addEventListener("zaiseki:emergency_tally", soon);
  document.addEventListener("zaiseki:emergency", soon);
  setInterval(() => Date.now() - last > AT_LEAST && soon(), 5_000);
  new Live({ units: [], fetch: fetchTally });
}

/** Ticks and focus stay where they were. @param {Element} fresh */
function replace(fresh) {
  const old = document.querySelector("[data-tally]");
  if (!old) return;
  const ticked = new Set(boxes().flatMap((box) => (box.checked ? [box.value] : [])));
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const name = focused && old.contains(focused) ? address(focused) : "";
  old.replaceWith(fresh);
  for (const box of boxes()) box.checked = ticked.has(box.value);
  unhide();
  if (name) /** @type {HTMLElement | null} */ (fresh.querySelector(name))?.focus();
}

/** @param {HTMLElement} node */
function address(node) {
  if (node instanceof HTMLInputElement && node.name === "staff")
    return `input[name="staff"][value="${CSS.escape(node.value)}"]`;
  if (node instanceof HTMLAnchorElement)
    return `a[href="${CSS.escape(node.getAttribute("href") ?? "")}"]`;
  return node.matches("[data-pick]") ? `[data-pick="${node.getAttribute("data-pick")}"]` : "";
}

wireChips();
wireUndo();
wirePeople();
const page = /** @type {HTMLElement | null} */ (document.querySelector("[data-emergency-page]"));
if (page) watch(page);
