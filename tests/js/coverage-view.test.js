import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cause,
  combined,
  distinctRooms,
  lanes,
  numbers,
  pieces,
  roomsAhead,
  worst,
} from "../../static/js/coverage-view.js";

const at = (time) => `2026-11-24T${time}:00+09:00`;
const NOW = Date.parse(at("10:12"));
const part = (from, to, missing = 0) => ({
  from: at(from),
  to: at(to),
  need: 2,
  present: 2 - missing,
  missing,
});
const short = (level, from, to, missing = 1) => ({ from: at(from), to: at(to), missing, level });
const entry = (position, more = {}) => ({
  position,
  unit: "U",
  name: `窓口${position}`,
  kind: "counter",
  staffed: "duty",
  no_rota: false,
  contractor: false,
  parts: [part("09:00", "16:30")],
  now: { need: 2, ideal: 2, present: 2, planned_only: 0, missing: 0, inexperienced: false },
  short: null,
  later: [],
  unseen: 0,
  ...more,
});

test("the largest shortage of now comes first, then the longest, then the next to come", () => {
  const list = [
    entry("1", { short: short("ahead", "12:00", "13:00", 3) }),
    entry("2", { short: short("now", "10:00", "10:30") }),
    entry("3", { short: short("long", "09:30", "10:30") }),
    entry("4", { short: short("now", "10:00", "10:30", 2) }),
  ];
  assert.equal(worst(list)?.position, "4");
  assert.equal(worst(list.slice(0, 3))?.position, "3");
  assert.equal(worst(list.slice(0, 1))?.position, "1");
  assert.equal(worst([entry("1")]), null);
});

test("numbers stand against a need, planned ones are said", () => {
  const now = entry("1").now;
  assert.equal(numbers(now), "現在 2 / 必要 2");
  assert.equal(numbers({ ...now, planned_only: 1 }), "現在 2（うち予定 1）/ 必要 2");
  assert.equal(numbers(null), "受付時間外");
});

test("names only where the server gave them", () => {
  const one = entry("1", { short: short("now", "10:00", "10:30"), unseen: 1 });
  assert.equal(cause(one, undefined), "当番1人が未着");
  assert.equal(cause(one, [{ staff: "1", name: "河野 優", why: "no_report" }]), "河野 優 が未報告");
  assert.equal(cause(entry("1"), undefined), "");
});

test("many of one kind are one line, whatever their state", () => {
  const many = ["1", "2", "3"].map((n) => entry(n));
  const phone = entry("9", { kind: "phone", name: "電話" });
  const folded = (list, open = []) => lanes(list, new Set(open)).map((lane) => lane.name);
  assert.deepEqual(folded([...many, phone]), ["窓口 3か所", "電話"]);
  many[1] = entry("2", { short: short("now", "10:00", "10:30") });
  assert.deepEqual(folded([...many, phone]), ["窓口 3か所", "電話"]);
  assert.deepEqual(folded(many, ["counter"]), ["窓口 3か所", "窓口1", "窓口2", "窓口3"]);
  assert.deepEqual(folded([entry("1"), phone]), ["窓口1", "電話"]);
});

test("one position's reserve does not fill another's gap", () => {
  const both = combined([
    entry("1", { parts: [part("09:00", "12:00", 1)] }),
    entry("2", { parts: [{ ...part("09:00", "12:00"), present: 5 }] }),
  ]);
  assert.deepEqual(both.parts, [
    { from: at("09:00"), to: at("12:00"), need: 4, present: 6, missing: 1 },
  ]);
});

test("the track: past, enough, short now from its start, short to come", () => {
  const looks = (parts) =>
    pieces(parts, NOW).map((piece) => [piece.look, (piece.to - piece.from) / 60_000]);
  assert.deepEqual(looks([part("09:00", "16:30")]), [
    ["past", 72],
    ["ok", 378],
  ]);
  assert.deepEqual(
    looks([part("09:00", "10:30", 1), part("10:30", "12:00"), part("12:00", "13:00", 2)]),
    [
      ["now", 90],
      ["ok", 90],
      ["ahead", 60],
    ],
  );
  assert.deepEqual(looks([part("09:00", "10:00", 1), part("10:00", "11:00")]), [
    ["past", 60],
    ["past", 12],
    ["ok", 48],
  ]);
});

test("room by half hours, the least of each; a common room is one", () => {
  const rooms = [
    { from: at("08:30"), to: at("10:45"), count: 4 },
    { from: at("10:45"), to: at("11:30"), count: 2 },
    { from: at("11:30"), to: at("12:00"), count: null },
  ];
  assert.deepEqual(
    roomsAhead(rooms, NOW).map(({ n, from }) => [n, (from - NOW) / 60_000]),
    [
      [4, 0],
      [2, 18],
    ],
  );
  assert.deepEqual(
    distinctRooms({ A: rooms, B: rooms, C: rooms.slice(0, 1), D: [] }).map(({ unit }) => unit),
    ["A", "C"],
  );
});
