// The numbers in the menu and before the title: what waits for the person, on every page. Asked of the server once a
// page and again when a frame says that something moved; kept for the next page, so that it does not blink.
import { get } from "./api.js";

/** @typedef {{requests: number, memos: number, notices: number, questions: number, quiet: boolean, pop_up: boolean, kinds: Record<string, number>}} Badges */

const me = document.body.dataset.viewer ?? "";
const KEY = `zaiseki:badges:${me}`;
const AGAIN = 400; // several frames come together
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** @param {Badges} badges */
function show(badges) {
  /** @type {Record<string, number>} */
  const of = {
    requests: badges.requests,
    messages: badges.memos,
    notices: badges.notices,
    questions: badges.questions,
  };
  for (const dot of document.querySelectorAll("[data-badge]")) {
    const names = (dot.getAttribute("data-badge") ?? "").split(" ");
    const n = names.reduce((sum, name) => sum + (of[name] ?? 0), 0);
    const text = n > 99 ? "99+" : String(n);
    const place = dot.querySelector("[data-n]");
    if (place && place.textContent !== text) place.textContent = text;
    dot.toggleAttribute("hidden", n === 0);
  }
}

async function refresh() {
  const badges = /** @type {Badges} */ (await get("/api/v1/me/badges", { quiet: true }));
  sessionStorage.setItem(KEY, JSON.stringify(badges));
  show(badges);
  document.dispatchEvent(new CustomEvent("zaiseki:badges", { detail: badges }));
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => void refresh().catch(() => {}), AGAIN);
}

const kept = sessionStorage.getItem(KEY);
if (kept) show(JSON.parse(kept));
void refresh().catch(() => {});
for (const event of ["notice", "message", "question", "connected"])
  document.addEventListener(`zaiseki:${event}`, soon);
