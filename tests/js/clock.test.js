import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clockOffset,
  dateOf,
  heardServerTime,
  hhmm,
  hm,
  hmOrDay,
  hms,
  iso,
  linkStep,
  nextAt,
  pcClockIsOff,
} from "../../static/js/clock.js";

const at = (text) => Date.parse(text);

test("the wall clock is Tokyo's, whatever the PC thinks", () => {
  assert.equal(hm("2026-11-24T08:05:09+09:00"), "8:05");
  assert.equal(hhmm("2026-11-23T23:05:09Z"), "08:05");
  assert.equal(hms("2026-11-24T00:05:09+09:00"), "0:05:09");
  assert.equal(dateOf("2026-11-23T15:00:00Z"), "2026-11-24");
  assert.equal(iso(at("2026-11-23T15:00:00Z")), "2026-11-24T00:00:00+09:00");
});

test("another day is said", () => {
  const now = at("2026-11-24T20:00:00+09:00");
  assert.equal(hmOrDay("2026-11-24T21:00:00+09:00", now), "21:00");
  assert.equal(hmOrDay("2026-11-25T08:30:00+09:00", now), "11/25 8:30");
});

test("a time typed in is the next such time", () => {
  const now = at("2026-11-24T10:00:00+09:00");
  assert.equal(iso(nextAt("10:30", now)), "2026-11-24T10:30:00+09:00");
  assert.equal(iso(nextAt("09:30", now)), "2026-11-25T09:30:00+09:00");
});

test("the steps of honesty", () => {
  const steps = [null, 0, 29_999, 30_000, 119_999, 120_000, 599_999, 600_000].map((ms) =>
    linkStep(ms),
  );
  assert.deepEqual(steps, ["start", "live", "live", "retry", "retry", "stale", "stale", "lost"]);
});

test("a page that never connected grows old all the same, and never turns green", () => {
  const steps = [0, 29_999, 30_000, 120_000, 600_000].map((age) => linkStep(null, age));
  assert.deepEqual(steps, ["start", "start", "retry", "stale", "lost"]);
});

test("a PC more than two minutes off is told", () => {
  const now = at("2026-11-24T10:00:00+09:00");
  assert.ok(!pcClockIsOff(heardServerTime("2026-11-24T10:02:00+09:00", now)));
  assert.ok(pcClockIsOff(heardServerTime("2026-11-24T09:57:00+09:00", now)));
  assert.equal(clockOffset(), -180_000);
});
