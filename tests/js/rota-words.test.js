import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cuts,
  day,
  hhmm,
  polyline,
  shortDay,
  span,
  weekAfter,
} from "../../static/js/rota-words.js";

test("times and days", () => {
  assert.equal(hhmm(510), "08:30");
  assert.equal(span("08:30", "10:00"), "8:30〜10:00");
  assert.equal(day("2026-12-02"), "12月2日（水）");
  assert.equal(shortDay("2026-11-30"), "11/30（月）");
});

test("weeks pass the turn of the year, also one of 53 weeks", () => {
  assert.equal(weekAfter("2026-W49", -1), "2026-W48");
  assert.equal(weekAfter("2026-W53", 1), "2027-W01");
  assert.equal(weekAfter("2027-W01", -1), "2026-W53");
  assert.equal(weekAfter("2025-W01", -1), "2024-W52");
});

test("a stretch is cut on the grid, never at its ends", () => {
  assert.deepEqual(cuts(540, 630, 30), [570, 600]);
  assert.deepEqual(cuts(510, 540, 30), []);
  assert.deepEqual(cuts(975, 1035, 30), [990, 1020]);
});

test("the line of progress goes by steps and stays in its box", () => {
  const box = { width: 300, height: 64, right: 30, top: 100 };
  assert.equal(polyline([], box), "");
  const points = polyline(
    [
      [0, 100],
      [15, 50],
      [60, 0],
    ],
    box,
  ).split(" ");
  assert.equal(points.length, 5);
  assert.deepEqual(points[0], "0.0,2.0");
  assert.ok(points.every((point) => Number(point.split(",")[0]) <= 300));
});
