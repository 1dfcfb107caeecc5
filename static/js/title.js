// The title of the window: how much is unread and where it falls short stand before it, in this order, whoever says so.
import { t } from "./text.js";

const STALE = t("（再接続中）");
/** @type {{stale: boolean, unread: number, short: number, elsewhere: number}} */
const known = { stale: false, unread: 0, short: 0, elsewhere: 0 };

/** Without what stands before it. @param {string} title */
export function bare(title) {
  return title
    .replace(STALE, "")
    .replace(/^\(\d+\+?\) /, "")
    .replace(/^▲\d+ /, "");
}

/** Whether the page is behind the server. @param {boolean} stale */
export function showStale(stale) {
  known.stale = stale;
  show();
}

/** @param {number} n what waits for the person */
export function showUnread(n) {
  known.unread = n;
  show();
}

/** @param {number} n positions that fall short @param {boolean} elsewhere not on this page */
export function showShort(n, elsewhere = false) {
  known[elsewhere ? "elsewhere" : "short"] = n;
  show();
}

/** The page is about something else now; a ▲ in the server's own title counts. @param {string} title */
export function retitle(title) {
  known.short = shortIn(title);
  show(title);
}

/** @param {string} title */
function shortIn(title) {
  return Number(/^▲(\d+) /.exec(title)?.[1] ?? 0);
}

if (typeof document !== "undefined") known.short = shortIn(document.title);

function show(title = document.title) {
  const short = known.short + known.elsewhere;
  const unread = known.unread > 99 ? "99+" : String(known.unread);
  const wanted = [
    known.stale ? STALE : "",
    known.unread ? `(${unread}) ` : "",
    short ? `▲${short} ` : "",
    bare(title),
  ].join("");
  if (document.title !== wanted) document.title = wanted;
}
