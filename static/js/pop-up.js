// The last step of the ladder page → title → notification: a short word outside the page, when no window of ours is
// being looked at. Of several windows one tells; what may be told and when is decided by the server.
import { t } from "./text.js";

/** @typedef {import("./badges.js").Badges} Badges */

const SEEN = "zaiseki:seen";
const TELLING = "zaiseki:telling";
/** Where a word leads. @type {Record<string, string>} */
const PAGES = { memo: "/messages", request: "/requests", question: "/questions" };

/** Only on HTTPS or the machine itself: elsewhere browsers have neither. */
export function possible() {
  return window.isSecureContext && "Notification" in window && "locks" in navigator;
}

/** What grew since it was told last; also what fell is taken over, so that it can grow again. Pure.
 * @param {Record<string, number>} before @param {Record<string, number>} now @returns {[string, number][]} */
export function grown(before, now) {
  return Object.entries(now)
    .map(([group, n]) => /** @type {[string, number]} */ ([group, n - (before[group] ?? 0)]))
    .filter(([, more]) => more > 0);
}

/** @param {string} me @param {Badges} badges */
export async function tell(me, badges) {
  if (!possible()) return;
  await navigator.locks.request(TELLING, async () => {
    const key = `zaiseki:told:${me}`;
    const kept = localStorage.getItem(key);
    localStorage.setItem(key, JSON.stringify(badges.waiting));
    if (kept === null || Notification.permission !== "granted" || (await isLookedAt())) return;
    for (const [group, n] of grown(JSON.parse(kept), badges.waiting))
      if (group in badges.pop_up)
        await pop(t("{what}{n}件", { what: t(badges.pop_up[group]), n }), group);
  });
}

/** @param {string} text @param {string} group */
export async function pop(text, group) {
  const options = { body: t("在席"), tag: `zaiseki-${group}`, data: PAGES[group] ?? "/" };
  try {
    const shown = new Notification(text, options);
    shown.addEventListener("click", () => {
      window.focus();
      shown.close();
      location.assign(options.data);
    });
  } catch {
    // Phones show notifications by the service worker alone.
    const worker = await navigator.serviceWorker?.getRegistration();
    await worker?.showNotification(text, options);
  }
}

/** Does somebody look at a window of ours? Each one that has the focus holds a lock, which all of them can see. */
async function isLookedAt() {
  const { held } = await navigator.locks.query();
  return Boolean(held?.some((lock) => lock.name === SEEN));
}

/** @type {(() => void) | null} */
let letGo = null;

function follow() {
  const looking = document.hasFocus() && !document.hidden;
  if (looking && !letGo) {
    const held = new Promise((resolve) => {
      letGo = () => resolve(undefined);
    });
    void navigator.locks.request(SEEN, { mode: "shared" }, () => held);
  } else if (!looking && letGo) {
    letGo();
    letGo = null;
  }
}

if (typeof window !== "undefined" && possible()) {
  for (const event of ["focus", "blur"]) addEventListener(event, follow);
  document.addEventListener("visibilitychange", follow);
  follow();
}
