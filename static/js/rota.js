// The rota of a week. The table is the server's; here are the deeds on it, the keyboard, and the live changes.
import { dialog, open } from "./dialog.js";
import { Live } from "./live.js";
import { part } from "./render.js";
import { CellDialog, pinChange, pinWords, spotOf } from "./rota-cell.js";
import { goTo, nextOpen, settleTab, slotsOf, wireKeys } from "./rota-keys.js";
import {
  openAbsence,
  openCopy,
  openHistory,
  openPublish,
  openTemplates,
  stepWords,
} from "./rota-more.js";
import { RotaPage, slotLike } from "./rota-page.js";
import { SolveDialog } from "./rota-solve.js";
import { t } from "./text.js";
import { announce, toast } from "./toast.js";

/** @param {RotaPage} page */
function showSteps(page) {
  for (const [act, step] of /** @type {const} */ ([
    ["undo", page.data.undo],
    ["redo", page.data.redo],
  ])) {
    const press = page.root.querySelector(`[data-act="${act}"]`);
    if (press && step?.what) press.setAttribute("title", stepWords(step.what));
  }
}

/** One day at a time where the screen is narrow. @param {RotaPage} page @param {number} number */
function showDay(page, number) {
  const days = [...page.root.querySelectorAll(".dayname")];
  const to = Math.min(Math.max(number, 0), days.length - 1);
  page.root.querySelector("#grid")?.setAttribute("data-show", String(to));
  for (const [n, link] of days.entries())
    if (n === to) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  const press = page.root.querySelectorAll("[data-day-step]");
  press[0]?.toggleAttribute("disabled", to === 0);
  press[1]?.toggleAttribute("disabled", to === days.length - 1);
  settleTab(page.root);
}

/** @param {RotaPage} page */
const shownDay = (page) => Number(page.root.querySelector("#grid")?.getAttribute("data-show") ?? 0);

/** @param {RotaPage} page @param {HTMLElement} slot @param {"takeOff" | "pin"} what */
function quick(page, slot, what) {
  void page.inTurn(async () => {
    const { cell, base } = spotOf(slotLike(page.root, slot.dataset) ?? slot, page.data);
    if (!cell) return announce(t("ここには当番がいません"));
    const change = what === "pin" ? pinChange(cell) : { remove: [cell.id] };
    return page.edit(change, base, what === "pin" ? pinWords(cell) : t("外しました"));
  });
}

/** After what is under way: the table may show somebody else there by then. @param {RotaPage} page @param {CellDialog} cells @param {HTMLElement} slot */
function openCell(page, cells, slot) {
  void page.tail.then(() => {
    const now = slotLike(page.root, slot.dataset);
    if (now) cells.open(now);
  });
}

/** @param {RotaPage} page @param {CellDialog} cells @param {SolveDialog} solving */
function wirePresses(page, cells, solving) {
  /** @type {Record<string, () => unknown>} */
  const acts = {
    undo: () => page.undo(),
    redo: () => page.redo(),
    solve: () => solving.open(),
    watch: () => solving.open(),
    publish: () => openPublish(page),
    history: () => openHistory(page),
    copy: () => openCopy(page),
    templates: () => openTemplates(page),
    absence: () => openAbsence(page),
    keys: help,
    "by-hand": () => startByHand(page),
  };
  page.root.addEventListener("click", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const slot = /** @type {HTMLElement | null} */ (target.closest("button[data-slot]"));
    if (slot) return openCell(page, cells, slot);
    const act = target.closest("[data-act]")?.getAttribute("data-act");
    if (act) {
      target.closest("details")?.removeAttribute("open");
      return void acts[act]?.();
    }
    if (target.closest("[data-goto]")) return goToOpen(page);
    const wanted = target.closest("[data-goto-cells]")?.getAttribute("data-goto-cells");
    if (wanted) return goToCells(page, wanted.split(" "));
    return pressedDay(page, target, event);
  });
}

/** @param {RotaPage} page @param {HTMLElement} target @param {Event} event */
function pressedDay(page, target, event) {
  const step = target.closest("[data-day-step]")?.getAttribute("data-day-step");
  const number = target.closest("[data-day]")?.getAttribute("data-day");
  if (step) showDay(page, shownDay(page) + Number(step));
  else if (number) {
    event.preventDefault();
    showDay(page, Number(number));
  }
}

/** @param {RotaPage} page */
function goToOpen(page) {
  const any = /** @type {HTMLElement | null} */ (
    page.root.querySelector("[data-slot][data-missing]")
  );
  if (any && any.offsetParent === null) showDay(page, dayOf(any));
  nextOpen(page.root);
}

/** @param {Element} slot the number of its day, from its cell's class */
function dayOf(slot) {
  return Number(/\bg(\d)\b/.exec(slot.closest("td")?.className ?? "")?.[1] ?? 0);
}

/** @param {RotaPage} page @param {string[]} ids */
function goToCells(page, ids) {
  for (const id of ids) {
    const slot = /** @type {HTMLElement | null} */ (
      page.root.querySelector(`button[data-slot][data-cell="${CSS.escape(id)}"]`)
    );
    if (!slot) continue;
    if (slot.offsetParent === null) showDay(page, dayOf(slot));
    return goTo(slot);
  }
}

/** @param {RotaPage} page */
function startByHand(page) {
  page.root.querySelector(".start")?.toggleAttribute("hidden", true);
  const first = slotsOf(page.root)[0];
  if (first) goTo(first);
}

function help() {
  const box = dialog("keys");
  if (box) open(box, box.querySelector("h2"));
}

/** @param {RotaPage} page @param {SolveDialog} solving */
function goLive(page, solving) {
  const live = new Live({ units: [page.data.unit], fetch: () => page.reload() });
  live.on("rota", (/** @type {any} */ news) => void changedElsewhere(page, news));
  live.on("rota_run", (/** @type {any} */ news) => {
    if (!isHere(page, news)) return;
    solving.heard(news.run);
    const noted = page.data.run?.state;
    if (news.run.state !== noted) void page.reload().catch(() => {});
  });
}

/** @param {RotaPage} page @param {{unit: string, week: string, kind: string}} news */
function isHere({ data }, news) {
  return news.unit === data.unit && news.week === data.week && news.kind === data.kind;
}

/** @param {RotaPage} page @param {any} news */
async function changedElsewhere(page, news) {
  if (!isHere(page, news)) return;
  const before = page.data.revision;
  await page.reload().catch(() => {});
  if (page.data.revision === before || page.root.hasAttribute("aria-busy")) return;
  const { changed_by: by } = page.data;
  if (!by || by === page.root.dataset.viewerName) return;
  toast(t("{who} さんが変更しました", { who: by }));
}

const root = document.getElementById("rota");
if (root) {
  const page = new RotaPage(root);
  const cells = new CellDialog(page);
  const solving = new SolveDialog(page);
  wirePresses(page, cells, solving);
  wireKeys(root, {
    open: (slot) => openCell(page, cells, slot),
    takeOff: (slot) => quick(page, slot, "takeOff"),
    pin: (slot) => quick(page, slot, "pin"),
    undo: () => void page.undo(),
    redo: () => void page.redo(),
    help,
  });
  page.drawn(() => {
    showDay(page, shownDay(page));
    showSteps(page);
  });
  addEventListener("resize", () => settleTab(root));
  part(root, "start")?.focus();
  goLive(page, solving);
}
