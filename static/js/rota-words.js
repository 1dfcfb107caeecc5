// Words of the rota: times, days, what a duty is called. Pure.
import { t } from "./text.js";

const WEEKDAYS = "日月火水木金土";

/** 510 → "08:30" @param {number} minute */
export function hhmm(minute) {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** "08:30" → 510 @param {string} text */
export function minutes(text) {
  const [hours, rest] = text.split(":").map(Number);
  return hours * 60 + rest;
}

/** "08:30" → 「8:30」 @param {string} text */
export function short(text) {
  return text.replace(/^0(?=\d:)/, "");
}

/** @param {string} from @param {string} to */
export function span(from, to) {
  return `${short(from)}〜${short(to)}`;
}

/** "2026-12-02" → 「12月2日（水）」 @param {string} date */
export function day(date) {
  const at = new Date(`${date}T00:00:00Z`);
  return `${at.getUTCMonth() + 1}月${at.getUTCDate()}日（${WEEKDAYS[at.getUTCDay()]}）`;
}

/** "2026-12-02" → 「12/2（水）」 @param {string} date */
export function shortDay(date) {
  const at = new Date(`${date}T00:00:00Z`);
  return `${at.getUTCMonth() + 1}/${at.getUTCDate()}（${WEEKDAYS[at.getUTCDay()]}）`;
}

/** The week before or after. @param {string} week "2026-W48" @param {number} by */
export function weekAfter(week, by) {
  const [year, number] = week.split("-W").map(Number);
  const fourth = Date.UTC(year, 0, 4); // always in week 1
  const monday = fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * 86_400_000;
  return weekOf(monday + (number - 1 + by) * 7 * 86_400_000);
}

/** @param {number} monday */
function weekOf(monday) {
  const thursday = new Date(monday + 3 * 86_400_000);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const number = Math.floor((thursday.getTime() - first) / (7 * 86_400_000)) + 1;
  return `${thursday.getUTCFullYear()}-W${String(number).padStart(2, "0")}`;
}

/** 「12/2（水）12:00〜13:00 昼当番（窓口）宮本」
 * @param {{position: string, date: string, from: string, to: string, staff: string}} cell
 * @param {import("./rota-types.js").WeekData} week */
export function cellWords(cell, week) {
  const person = week.people[cell.staff];
  return t("{day} {span} {position} {name}", {
    day: shortDay(cell.date),
    span: span(cell.from, cell.to),
    position: week.positions[cell.position] ?? "",
    name: person?.short ?? cell.staff,
  });
}

/** The times at which a stretch can be cut. @param {number} from @param {number} to @param {number} step minutes */
export function cuts(from, to, step) {
  const first = Math.ceil((from + 1) / step) * step;
  const found = [];
  for (let at = first; at < to; at += step) found.push(at);
  return found;
}

/** Points of a falling line in a box, for <polyline>. @param {[number, number][]} values (x, y) @param {{width: number, height: number, right: number, top: number}} box */
export function polyline(values, box) {
  if (values.length === 0) return "";
  const scaleX = box.width / Math.max(box.right, 1);
  const scaleY = (box.height - 4) / Math.max(box.top, 1);
  /** @param {[number, number]} value */
  const point = ([x, y]) =>
    `${(Math.min(x, box.right) * scaleX).toFixed(1)},${(box.height - 2 - y * scaleY).toFixed(1)}`;
  const steps = values.flatMap((value, n) =>
    n === 0 ? [value] : [/** @type {[number, number]} */ ([value[0], values[n - 1][1]]), value],
  );
  return steps.map(point).join(" ");
}
