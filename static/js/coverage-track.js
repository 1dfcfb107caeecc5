// The day's track: SVG made with attributes only (the policy allows no style attribute), places in percent of the day.
import { hm, instant } from "./clock.js";
import { extent, hoursOf, pieces, roomsAhead } from "./coverage-view.js";
import { t } from "./text.js";

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").Room} Room */
/** @typedef {{from: number, to: number}} Day */

const SVG = "http://www.w3.org/2000/svg";
const FULL = 84; // px a piece needs for 「▲あと1人」
const SHORT = 34; // and for 「▲1」

/** @param {string} name @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
export function svg(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/** @param {Day} day @param {number} at */
function place(day, at) {
  return ((at - day.from) / (day.to - day.from)) * 100;
}

/** @param {number} n */
const pct = (n) => `${n.toFixed(3)}%`;

/** @param {Entry[]} entries @param {number} now */
export function dayOf(entries, now) {
  return extent(entries, now);
}

/** The line of one position. @param {SVGElement} track @param {Entry} entry @param {Day} day @param {number} now */
export function drawTrack(track, entry, day, now) {
  const width = track.clientWidth || 600;
  const middle = (track.clientHeight || 44) / 2;
  track.replaceChildren(
    ...pieces(entry.parts, now).map((piece) => {
      const x = place(day, piece.from);
      const w = place(day, piece.to) - x;
      if (piece.look === "past" || piece.look === "ok")
        return svg("rect", {
          class: `pc-${piece.look}`,
          x: pct(x + 0.12),
          y: middle - 2,
          width: pct(Math.max(0.2, w - 0.24)),
          height: 4,
          rx: 2,
        });
      return block(piece.look, piece.missing, x, w, (w / 100) * width, middle);
    }),
    ...nowLine(day, now),
  );
}

/** @param {"now" | "ahead"} look @param {number} missing @param {number} x @param {number} w @param {number} px @param {number} middle */
function block(look, missing, x, w, px, middle) {
  const text = px >= FULL ? t("あと{n}人", { n: missing }) : px >= SHORT ? String(missing) : "";
  const mark = svg("path", { class: "pc-mark", d: "M7 22 13 11 19 22Z" });
  return svg(
    "svg",
    {
      class: `pc-${look}`,
      x: pct(x + 0.12),
      y: middle - 16,
      width: pct(Math.max(0.6, w - 0.24)),
      height: 32,
    },
    svg("rect", { class: "pc-fill", x: 1, y: 1, width: "100%", height: 30, rx: 4 }),
    svg("rect", { class: "pc-edge", x: 0.5, y: 0.5, width: "100%", height: 31, rx: 4 }),
    ...(px >= 20 ? [mark] : []),
    svg("text", { class: "pc-text", x: 23, y: 21 }, text),
  );
}

/** @param {Day} day @param {number} now */
function nowLine(day, now) {
  if (now < day.from || now > day.to) return [];
  const x = pct(place(day, now));
  return [svg("line", { class: "pc-line", x1: x, x2: x, y1: 0, y2: "100%" })];
}

/** Hours above, and the time of now on its dark plate. @param {SVGElement} axis @param {Day} day @param {number} now */
export function drawAxis(axis, day, now) {
  const width = axis.clientWidth || 600;
  const thin = width < 480;
  const inside = now >= day.from && now <= day.to;
  const every = hoursOf(day, inside ? now : 0).filter(
    (at) => !thin || Number(hm(at).split(":")[0]) % 3 === 0,
  );
  const labels = every
    .filter((at) => !inside || Math.abs(place(day, at) - place(day, now)) * width > 3_400)
    .map((at) =>
      svg("text", { class: "pc-hour", x: pct(place(day, at)), y: 17 }, hm(at).split(":")[0]),
    );
  axis.replaceChildren(...labels, ...(inside ? plate(day, now, width) : []));
}

/** @param {Day} day @param {number} now @param {number} width */
function plate(day, now, width) {
  const half = (24 / width) * 100;
  const middle = Math.min(100 - half, Math.max(half, place(day, now)));
  return [
    svg(
      "svg",
      { x: pct(middle - half), y: 0, width: 48, height: 24 },
      svg("rect", { class: "pc-plate", width: 48, height: 24, rx: 4 }),
      svg("text", { class: "pc-time", x: 24, y: 17 }, hm(now)),
    ),
    svg("line", {
      class: "pc-line",
      x1: pct(place(day, now)),
      x2: pct(place(day, now)),
      y1: 24,
      y2: 28,
    }),
  ];
}

/** テレワーク可能 from now on. @param {SVGElement} track @param {Room[]} rooms @param {Day} day @param {number} now */
export function drawRoom(track, rooms, day, now) {
  const width = track.clientWidth || 600;
  const middle = (track.clientHeight || 44) / 2;
  const past = rooms.filter((room) => instant(room.from) < now && room.count !== null);
  const nodes = [];
  if (past.length > 0) {
    const x = place(day, instant(past[0].from));
    const end = Math.min(now, ...[instant(past[past.length - 1].to)]);
    nodes.push(
      svg("rect", {
        class: "pc-past",
        x: pct(x),
        y: middle - 2,
        width: pct(place(day, end) - x),
        height: 4,
        rx: 2,
      }),
    );
  }
  for (const room of roomsAhead(rooms, now)) {
    const x = place(day, room.from);
    const px = ((place(day, room.to) - x) / 100) * width;
    if (room.from > now)
      nodes.push(
        svg("line", { class: "pc-tick", x1: pct(x), x2: pct(x), y1: middle - 11, y2: middle + 11 }),
      );
    if (px < (room.n > 9 ? 26 : 18)) continue;
    nodes.push(roomText(room.n, x, px, middle));
  }
  track.replaceChildren(...nodes, ...nowLine(day, now));
}

/** @param {number} n @param {number} x @param {number} px @param {number} middle */
function roomText(n, x, px, middle) {
  const bold = svg("tspan", { class: "pc-n" }, String(n));
  const words = px < 44 ? [bold] : px < 74 ? [bold, t(" 人")] : [t("あと "), bold, t(" 人")];
  return svg(
    "svg",
    { x: pct(x), y: middle - 12, width: Math.floor(px), height: 24 },
    svg("text", { class: "pc-room", x: 8, y: 17 }, ...words),
  );
}
