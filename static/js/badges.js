// The numbers in the menu and before the title: what waits for the person, on every page. Asked of the server once a
// page and again when a frame says that something moved, by one tab for all of them; kept for the next page, so that it
// does not blink.
import { get } from "./api.js";
import { showUnread } from "./title.js";

/** waiting: everything by group; pop_up: {group: its word} of what may show itself outside the page just now.
 * @typedef {Object} Badges
 * @property {number} requests
 * @property {number} memos
 * @property {number} notices
 * @property {number} questions
 * @property {boolean} quiet
 * @property {Record<string, number>} waiting
 * @property {Record<string, string>} pop_up
 */

const me = document.body.dataset.viewer ?? "";
const KEY = `zaiseki:badges:${me}`;
const AGAIN = 300; // several frames come together
const HIDDEN_AGAIN = 1_500; // who is looked at asks first; the others hear the answer and need not
const others = "BroadcastChannel" in window ? new BroadcastChannel(KEY) : null;
/** Only for who let this device tell: most never do, and read their pages without it. */
const outside =
  window.isSecureContext && "Notification" in window && Notification.permission === "granted"
    ? import("./pop-up.js")
    : null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let asking;

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
  showUnread(badges.notices + badges.memos);
}

async function refresh() {
  const badges = /** @type {Badges} */ (await get("/api/v1/me/badges", { quiet: true }));
  sessionStorage.setItem(KEY, JSON.stringify(badges));
  show(badges);
  others?.postMessage(badges);
  await (await outside)?.tell(me, badges);
}

function soon() {
  clearTimeout(asking);
  const wait = document.hidden ? HIDDEN_AGAIN * (1 + Math.random()) : AGAIN;
  asking = setTimeout(() => void refresh().catch(() => {}), wait);
}

others?.addEventListener("message", ({ data }) => {
  clearTimeout(asking);
  show(data);
});

const kept = sessionStorage.getItem(KEY);
if (kept) show(JSON.parse(kept));
void refresh().catch(() => {});
for (const event of ["notice", "message", "question", "request", "connected"])
  document.addEventListener(`zaiseki:${event}`, soon);
