// Words. Japanese is the source language; a page in another language carries a catalogue in #texts.

/** @param {string} id @returns {any} */
function embedded(id) {
  const node = typeof document === "undefined" ? null : document.getElementById(id);
  return node?.textContent ? JSON.parse(node.textContent) : {};
}

/** @type {Record<string, string>} */
const catalogue = embedded("texts");

/** Translate, and fill {names}.
 * @param {string} source @param {Record<string, string | number>} [values] */
export function t(source, values = {}) {
  return (catalogue[source] ?? source).replace(/\{(\w+)\}/g, (_, name) =>
    String(values[name] ?? ""),
  );
}

/** @type {Record<string, Record<string, string>>} */
const PRODUCT = {
  state: {
    available: "連絡可能",
    busy: "取り込み中",
    dnd: "応答不可",
    away: "退席中",
    off: "勤務外",
    no_report: "未報告",
    absent: "不在",
    duty: "当番",
  },
  place: {
    office: "在庁",
    home: "在宅",
    satellite: "サテライト",
    mobile: "モバイルワーク",
    trip: "外出・出張",
    leave: "休暇等",
  },
  reach: { transfer: "転送可", callback: "折り返しのみ", none: "不可" },
  reason: {
    break: "休憩中",
    out: "中抜け",
    auto: "退席中",
    meeting: "会議",
    briefing: "打合せ",
    visitor: "来客",
    call: "電話",
    counter: "窓口",
    assembly: "議会",
  },
};
/** @type {Record<string, Record<string, string>>} the municipality's own wording */
const local = embedded("labels");

/** @param {"state" | "place" | "reach" | "reason"} axis @param {string | null | undefined} code */
export function label(axis, code) {
  if (!code) return "";
  return local[axis]?.[code] ?? t(PRODUCT[axis][code] ?? code);
}
