import assert from "node:assert/strict";
import { test } from "node:test";
import { Board, countsOf, crc32, digestOf, matches } from "../../static/js/merge.js";

const row = (staff, version, more = {}) => ({
  staff,
  version,
  name: staff,
  kana: "",
  unit: "U1",
  title: "",
  state: "available",
  until: null,
  reach: "transfer",
  extension: null,
  place: "office",
  planned: false,
  ...more,
});

const snapshot = (rows, epoch = "e1") => ({
  unit: "U",
  name: "保育課",
  epoch,
  as_of: "2026-11-24T10:00:00+09:00",
  forms: { U1: "full" },
  groups: [{ unit: "U1", name: "入所係", people: rows.length }],
  rows,
  counts: {},
  children: null,
});

const message = (rows, more = {}) => ({ unit: "U1", epoch: "e1", as_of: "", rows, ...more });

test("crc32 is zlib's", () => {
  assert.equal(crc32("123456789"), 0xcbf43926);
  assert.equal(crc32("100123:41"), 3351039290);
  assert.equal(crc32(""), 0);
});

test("the digest adds up modulo 2^32, in any order", () => {
  const rows = Array.from({ length: 50 }, (_, i) => ({ staff: `s${i}`, version: i }));
  const sum = rows.reduce((all, each) => all + BigInt(crc32(`${each.staff}:${each.version}`)), 0n);
  assert.deepEqual(digestOf(rows), { count: 50, sum: Number(sum % 2n ** 32n) });
  assert.deepEqual(digestOf([...rows].reverse()), digestOf(rows));
});

test("the newer version wins, the same or an older one changes nothing", () => {
  const board = new Board(snapshot([row("a", 3), row("b", 7)]));
  assert.deepEqual(board.apply(message([row("a", 3, { state: "busy" })])).changed, []);
  assert.deepEqual(board.apply(message([row("b", 6, { state: "busy" })])).changed, []);
  assert.equal(board.apply(message([row("a", 4, { state: "busy" })])).changed[0].state, "busy");
  assert.equal(board.rows.get("U1/a").state, "busy");
  assert.deepEqual([...board.rows.keys()], ["U1/a", "U1/b"], "a change never moves anybody");
});

test("a row of the socket that is newer than the snapshot survives it", () => {
  const board = new Board(snapshot([row("a", 3)]));
  board.apply(message([row("a", 5, { state: "away" })]));
  const { changed, moved } = board.replace(snapshot([row("a", 4, { state: "busy" })]));
  assert.deepEqual([changed, moved], [[], false]);
  assert.equal(board.rows.get("U1/a").state, "away");
});

test("another epoch: only a snapshot counts, even with lower versions", () => {
  const board = new Board(snapshot([row("a", 9)]));
  assert.deepEqual(board.apply(message([row("a", 2)], { epoch: "e2" })), {
    changed: [],
    gone: [],
    refetch: true,
  });
  board.replace(snapshot([row("a", 2, { state: "off" })], "e2"));
  assert.equal(board.rows.get("U1/a").version, 2);
});

test("somebody unknown asks for a snapshot: the place in the order is the server's", () => {
  const board = new Board(snapshot([row("a", 1)]));
  assert.equal(board.apply(message([row("z", 1)])).refetch, true);
  assert.equal(board.rows.size, 1);
});

test("gone is gone from that unit only", () => {
  const rows = [row("a", 1), row("a", 1, { unit: "U2" }), row("b", 1)];
  const board = new Board(snapshot(rows));
  assert.deepEqual(board.apply(message([], { gone: ["a"] })).gone, ["U1/a"]);
  assert.deepEqual([...board.rows.keys()], ["U2/a", "U1/b"]);
  assert.deepEqual(board.digest("U2"), digestOf([row("a", 1)]));
});

test("counts: planned are counted, unreported nowhere, telework is three places, duty stands alone", () => {
  const counts = countsOf([
    row("a", 1),
    row("b", 1, { planned: true }),
    row("c", 1, { place: "home" }),
    row("d", 1, { place: "satellite", state: "busy" }),
    row("e", 1, { place: "mobile", state: "dnd" }),
    row("f", 1, { place: "home", state: "no_report", planned: true }),
    row("g", 1, { place: "leave", state: "off" }),
    row("h", 1, { place: "office", state: "off" }),
    row("i", 1, { duty: { position: "窓口1", until: null } }),
  ]);
  assert.equal(counts.people, 9);
  assert.equal(counts.planned, 1);
  assert.equal(counts.reachable, 4);
  assert.deepEqual(counts.states, { available: 3, busy: 1, dnd: 1, no_report: 1, off: 2, duty: 1 });
  assert.deepEqual(counts.places, { office: 3, telework: 3, leave: 1 });
});

test("filters: any of the states and any of the places", () => {
  const busyAtHome = row("a", 1, { state: "busy", place: "home" });
  assert.ok(matches(busyAtHome, new Set(), new Set()));
  assert.ok(matches(busyAtHome, new Set(["busy", "dnd"]), new Set(["telework"])));
  assert.ok(!matches(busyAtHome, new Set(["busy"]), new Set(["office"])));
  assert.ok(!matches(busyAtHome, new Set(["available"]), new Set()));
});
