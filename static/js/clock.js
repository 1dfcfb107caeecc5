// Times. Instants are ISO 8601 strings or milliseconds; what is shown is always Asia/Tokyo, whatever the PC is set to.
// The server's clock is the one that counts: `serverNow` is this machine's clock corrected by what the server last said.

const TOKYO = 9 * 3600_000; // no summer time since 1951
export const PC_CLOCK_TOLERANCE = 120_000;

/** @param {number} n */
const two = (n) => String(n).padStart(2, "0");

/** @param {string | number | Date} at */
export function instant(at) {
  return typeof at === "number" ? at : new Date(at).getTime();
}

/** The wall clock of Tokyo as a UTC date, to be read with getUTC…
 * @param {string | number | Date} at */
function tokyo(at) {
  return new Date(instant(at) + TOKYO);
}

/** 「8:05」
 * @param {string | number | Date} at */
export function hm(at) {
  const t = tokyo(at);
  return `${t.getUTCHours()}:${two(t.getUTCMinutes())}`;
}

/** 「08:05」, for queued reports and inputs of type time
 * @param {string | number | Date} at */
export function hhmm(at) {
  const t = tokyo(at);
  return `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}`;
}

/** 「8:05:09」
 * @param {string | number | Date} at */
export function hms(at) {
  return `${hm(at)}:${two(tokyo(at).getUTCSeconds())}`;
}

/** 「2026-11-24」
 * @param {string | number | Date} at */
export function dateOf(at) {
  const t = tokyo(at);
  return `${t.getUTCFullYear()}-${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())}`;
}

/** 「11:00」 today, 「11/25 9:00」 on another day.
 * @param {string | number | Date} at @param {number} now */
export function hmOrDay(at, now) {
  if (dateOf(at) === dateOf(now)) return hm(at);
  const t = tokyo(at);
  return `${t.getUTCMonth() + 1}/${t.getUTCDate()} ${hm(at)}`;
}

/** ISO 8601 with +09:00.
 * @param {number} ms */
export function iso(ms) {
  return `${tokyo(ms).toISOString().slice(0, 19)}+09:00`;
}

/** The instant of a wall-clock time on the day of `now`; the next day's if it is already past.
 * @param {string} time "10:30" @param {number} now */
export function nextAt(time, now) {
  const [h, m] = time.split(":").map(Number);
  const midnight = instant(`${dateOf(now)}T00:00:00+09:00`);
  const at = midnight + (h * 60 + m) * 60_000;
  return at > now ? at : at + 86_400_000;
}

let offset = 0;

/** How far the server's clock is ahead of this machine's, in ms. */
export function clockOffset() {
  return offset;
}

/** @param {string | number} asOf what the server says it is, just now @param {number} [now] */
export function heardServerTime(asOf, now = Date.now()) {
  offset = instant(asOf) - now;
  return offset;
}

/** What was known on the last visit, until the server speaks again (a page opened without a connection).
 * @param {number} ms */
export function recallOffset(ms) {
  if (Number.isFinite(ms)) offset = ms;
}

export function serverNow() {
  return Date.now() + offset;
}

/** @param {number} ms */
export function pcClockIsOff(ms) {
  return Math.abs(ms) > PC_CLOCK_TOLERANCE;
}

/** @typedef {"start" | "live" | "retry" | "stale" | "lost"} LinkStep */

export const STALE_AFTER = 120_000;

/** How honest a page may be, by the time since what it shows was last the server's (ms). Not yet connected, the page is
 * as old as it is: it goes through the same steps, but for the green one.
 * @param {number | null} silence null: never yet @param {number} [age] of the page itself, ms @returns {LinkStep} */
export function linkStep(silence, age = 0) {
  const old = silence ?? age;
  if (old < 30_000) return silence === null ? "start" : "live";
  if (old < STALE_AFTER) return "retry";
  if (old < 600_000) return "stale";
  return "lost";
}
