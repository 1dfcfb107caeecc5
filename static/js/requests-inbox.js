// The inbox of requests: fetches the list and the chosen request again when something moved, arrow keys, the way back
// as a toast. Every act is a plain form; nothing here is needed to decide.
import { Live } from "./live.js";
import { announce, toast } from "./toast.js";
import { t } from "./text.js";

const REST = 120; // between two parts of the effects that are still worked out
const MOST_IN_VAIN = 20; // looks that brought nothing; the next change looks again
const SOON = 250; // several that move at once are one look

const inbox = document.querySelector("[data-inbox]");
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
let working = false;

// --- fetching again -------------------------------------------------------------------------

/** @param {string} path @param {string} part */
async function fetched(path, part) {
  const answer = await fetch(`${path}?part=${part}`, {
    headers: { Accept: "text/html" },
    cache: "no-store",
  });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return /** @type {HTMLElement | null} */ (page.querySelector(`[data-${part}]`));
}

function list() {
  return /** @type {HTMLElement | null} */ (document.querySelector("[data-list]"));
}

function detail() {
  return /** @type {HTMLElement | null} */ (document.querySelector("[data-detail]"));
}

/** Until every effect is known: the server works on them a tenth of a second at a time. */
async function refreshList() {
  if (working) return;
  working = true;
  let [left, vain] = [Infinity, 0];
  try {
    while (vain < MOST_IN_VAIN) {
      const fresh = await fetched("/requests", "list");
      if (!fresh) break;
      showList(fresh);
      const rest = Number(fresh.dataset.rest ?? 0);
      if (rest === 0) break;
      vain = rest < left ? 0 : vain + 1;
      left = rest;
      await new Promise((resolve) => setTimeout(resolve, REST));
    }
  } finally {
    working = false;
  }
}

/** @param {HTMLElement} fresh */
function showList(fresh) {
  const old = list();
  if (!old) return;
  const at = /** @type {HTMLElement | null} */ (
    document.activeElement?.closest?.("[data-list] a.req, [data-list] button") ?? null
  );
  const focused = at?.dataset.request;
  const before = Number(old.dataset.waitingCount ?? 0);
  const now = Number(fresh.dataset.waitingCount ?? 0);
  for (const token of fresh.querySelectorAll('input[name="csrf_token"]'))
    token.setAttribute("value", csrf());
  old.replaceWith(fresh);
  mark();
  if (focused) /** @type {HTMLElement | null} */ (lineOf(focused))?.focus();
  const count = document.querySelector("[data-waiting]");
  if (count) count.textContent = String(now);
  document.title = document.title.replace(/承認待ち\d+/, `承認待ち${now}`);
  if (now > before) announce(t("承認待ちの申請が {n} 件になりました。", { n: now }));
}

function csrf() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}

/** @param {string} id */
function lineOf(id) {
  return document.querySelector(`[data-list] [data-request="${CSS.escape(id)}"]`);
}

/** The line of the request that is shown. */
function mark() {
  for (const line of document.querySelectorAll("[data-list] [aria-current]"))
    line.removeAttribute("aria-current");
  const shown = detail()?.dataset.detail;
  if (shown) lineOf(shown)?.setAttribute("aria-current", "true");
}

/** Not while somebody is writing a reason in it. */
async function refreshDetail() {
  const old = detail();
  if (!old || old.querySelector("details[open].rest") || old.contains(writing())) return;
  const had = old.contains(document.activeElement);
  const fresh = await fetched(`/requests/${old.dataset.detail}`, "detail");
  if (!fresh || !old.isConnected || old.contains(writing())) return;
  for (const token of fresh.querySelectorAll('input[name="csrf_token"]'))
    token.setAttribute("value", csrf());
  old.replaceWith(fresh);
  if (had) /** @type {HTMLElement | null} */ (fresh.querySelector("h2"))?.focus();
}

function writing() {
  const at = document.activeElement;
  return at instanceof HTMLInputElement || at instanceof HTMLSelectElement ? at : null;
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    void refreshList().catch(() => {});
    void refreshDetail().catch(() => {});
  }, SOON);
}

// --- keys -----------------------------------------------------------------------------------

/** Where the arrows start from: the line with the focus, else just before or after the one that is shown.
 * @param {HTMLElement[]} lines @param {number} step */
function startOf(lines, step) {
  const at = lines.findIndex((line) => line === document.activeElement);
  if (at >= 0) return at;
  const shown = lines.findIndex((line) => line.hasAttribute("aria-current"));
  return shown >= 0 && step > 0 ? shown - 1 : shown;
}

/** Not in a field, nor where the arrows scroll a region. */
function isElsewhere() {
  const at = document.activeElement;
  return writing() !== null || (at !== document.body && !at?.closest(".inbox-list"));
}

/** @param {KeyboardEvent} event */
function arrows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey || isElsewhere()) return;
  const lines = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".inbox-list a.req")]);
  const next = Math.min(Math.max(startOf(lines, step) + step, 0), lines.length - 1);
  lines[next]?.focus();
  event.preventDefault();
}

// --- the way back ---------------------------------------------------------------------------

function wireUndo() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-undo]"));
  if (!form) return;
  const text = form.querySelector("[data-undo-text]")?.textContent ?? "";
  form.hidden = true;
  history.replaceState(null, "", location.pathname); // loading again must not offer it again
  toast(text, { undo: () => form.requestSubmit() });
}

function wireLive() {
  document.addEventListener("zaiseki:request", soon);
  if (!document.getElementById("live")) return;
  new Live({
    units: [],
    fetch: async () => {
      await refreshList();
      await refreshDetail();
    },
  });
}

if (inbox) {
  wireLive();
  if (Number(list()?.dataset.rest ?? 0) > 0) void refreshList().catch(() => {});
}
document.addEventListener("keydown", arrows);
wireUndo();
