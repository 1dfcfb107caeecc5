// What a tile says, from a row: pure, so that it can be read and tested without a page.
import { dateOf, hm, hmOrDay } from "./clock.js";
import { label, t } from "./text.js";

/** @typedef {import("./types.js").Row} Row */

/**
 * @typedef {Object} RowView
 * @property {string} shape     id in the sprite of states
 * @property {string} colour    class of the state's colour
 * @property {string} state
 * @property {string} time      「11:00まで」, 「13:00 始業予定」 or nothing
 * @property {string} place
 * @property {string} placeIcon
 * @property {string} placeKind class
 * @property {string} reach
 * @property {boolean} good     worth standing out: away from the office, and calls can be put through
 * @property {boolean} gone     lighter, never moved
 * @property {boolean} plan     counted as planned only
 * @property {string} reason
 */

/** @type {Record<string, {shape: string, colour: string}>} */
const LOOK = {
  available: { shape: "available", colour: "c-available" },
  busy: { shape: "busy", colour: "c-busy" },
  dnd: { shape: "dnd", colour: "c-dnd" },
  away: { shape: "away", colour: "c-away" },
  off: { shape: "off", colour: "c-off" },
  absent: { shape: "off", colour: "c-off" },
  no_report: { shape: "unknown", colour: "c-unknown" },
};

/** @param {string} state */
export function lookOf(state) {
  return LOOK[state] ?? LOOK.off;
}

/** ◆ is for who is there and on duty: not for one who has not come, is away or cannot be asked.
 * @param {Row} row */
export function isOnDuty(row) {
  return Boolean(row.duty) && (row.state === "available" || row.state === "busy");
}

/** @param {Row} row */
function shapeAndWord(row) {
  const look = lookOf(row.state);
  if (isOnDuty(row)) return { shape: "duty", colour: "c-duty", word: row.duty?.position ?? "" };
  if (row.state === "away" && row.reason === "break")
    return { shape: "break", colour: "c-away", word: label("reason", "break") };
  if (row.state === "away" && row.reason === "out")
    return { ...look, word: label("reason", "out") };
  if (row.state === "away" && row.reason === "auto")
    return { ...look, shape: "away-auto", word: label("state", "away") };
  return { ...look, word: label("state", row.state) };
}

/** @param {Row} row @param {number} now */
function timeOf(row, now) {
  if (row.starts_at) return t("{time} 始業予定", { time: hmOrDay(row.starts_at, now) });
  if (row.reason === "auto") return ""; // never with a time
  const until = isOnDuty(row) ? row.duty?.until : row.until;
  return until ? t("{time}まで", { time: hmOrDay(until, now) }) : "";
}

/** @param {Row} row */
function placeOf(row) {
  if (!row.place) return "";
  let text = label("place", row.place);
  if (row.place === "satellite" && row.site) text = `${text}・${row.site}`;
  return row.planned && row.place !== "leave" ? t("{place}（予定）", { place: text }) : text;
}

/** @param {Row} row */
function reachOf(row) {
  const extension = row.extension ?? "";
  if (row.state === "off" || row.state === "absent")
    return {
      text: row.place === undefined && extension ? t("内線 {number}", { number: extension }) : "",
      good: false,
    };
  const away = row.place && row.place !== "office";
  if (row.reach === "callback" || row.reach === "none")
    return { text: label("reach", row.reach), good: false };
  if (away)
    return {
      text: `${label("reach", "transfer")} ${extension}`.trim(),
      good: row.state !== "no_report" && !row.planned,
    };
  return { text: extension ? t("内線 {number}", { number: extension }) : "", good: false };
}

/** @param {Row} row @param {number} now @returns {RowView} */
export function viewOf(row, now) {
  const { shape, colour, word } = shapeAndWord(row);
  const plan = Boolean(row.planned) && row.state !== "no_report" && row.state !== "off";
  const reach = reachOf(row);
  return {
    shape: plan && !["away", "away-auto", "break"].includes(shape) ? `${shape}-p` : shape,
    colour,
    state: word,
    time: timeOf(row, now),
    place: placeOf(row),
    placeIcon: row.place && row.place !== "office" ? row.place : "",
    placeKind: row.place ?? "nowhere",
    reach: reach.text,
    good: reach.good,
    gone: row.state === "off" || row.state === "absent",
    plan,
    reason:
      row.reason && !["break", "out", "auto"].includes(row.reason)
        ? label("reason", row.reason)
        : "",
  };
}

/** One line for a list or a screen reader. @param {Row} row @param {number} now */
export function sentenceOf(row, now) {
  const view = viewOf(row, now);
  return [row.name, view.state, view.time, view.place, view.reach].filter(Boolean).join(" ");
}

/** Who is to be free soon: those away or busy until a time later today, soonest first.
 * @param {Iterable<Row>} rows @param {number} now @param {number} [most] */
export function backSoon(rows, now, most = 3) {
  const busy = new Set(["busy", "dnd", "away"]);
  /** @type {Array<{row: Row, at: string}>} */
  const found = [];
  for (const row of rows) {
    if (
      busy.has(row.state) &&
      row.until &&
      !row.duty &&
      Date.parse(row.until) > now &&
      dateOf(row.until) === dateOf(now)
    )
      found.push({ row, at: row.until });
  }
  found.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return {
    first: found.slice(0, most).map(({ row, at }) => ({ row, time: hm(at) })),
    more: Math.max(0, found.length - most),
  };
}
