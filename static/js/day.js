// The list of the day's reports: when a row of the unit changes, the list is fetched again, unless someone is filling it in.
import { Live } from "./live.js";
import { toast } from "./toast.js";

const WAIT = 1_500; // several changes come together
const list = /** @type {HTMLElement} */ (document.getElementById("day"));
const hint = document.getElementById("day-changed");
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
let first = true;

function isBusy() {
  const at = document.activeElement;
  const typing = at instanceof HTMLElement && list.contains(at) && at.matches("input, select");
  return typing || list.querySelector("details[open], form[aria-busy]") !== null;
}

async function refresh() {
  if (isBusy()) {
    hint?.toggleAttribute("hidden", false);
    return;
  }
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("day");
  if (!fresh || isBusy()) {
    hint?.toggleAttribute("hidden", false);
    return;
  }
  const focused = placeOf(document.activeElement);
  list.replaceChildren(...fresh.childNodes);
  hint?.toggleAttribute("hidden", true);
  if (focused) /** @type {HTMLElement | null} */ (list.querySelector(focused))?.focus();
}

/** Where the focus is, as a selector that finds the same button in the fresh list. @param {Element | null} at */
function placeOf(at) {
  const form = at instanceof HTMLElement && list.contains(at) ? at.closest("form") : null;
  const staff = form?.querySelector("input[name=staff]")?.getAttribute("value");
  return staff
    ? `form[action="${form?.getAttribute("action")}"] input[name=staff][value="${CSS.escape(staff)}"] ~ button`
    : "";
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => void refresh().catch(() => {}), WAIT * (0.5 + Math.random()));
}

/** For ten seconds the way back stands in the toast. */
function wireUndo() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-undo]"));
  if (!form) return;
  form.hidden = true;
  toast(form.dataset.undo ?? "", { undo: () => form.requestSubmit() });
}

wireUndo();
new Live({
  units: (list.dataset.unit ?? "").split(" ").filter(Boolean),
  fetch: async () => {
    if (!first) await refresh();
    first = false;
  },
  rows: soon,
  other: (event) => {
    if (event === "standup") soon();
  },
});
