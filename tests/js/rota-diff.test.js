import assert from "node:assert/strict";
import { test } from "node:test";
import { difference, isEmpty, onTopOf, ownDifference } from "../../static/js/rota-diff.js";

const cell = (id, staff, from = "09:00", to = "10:30", position = "1") => ({
  id,
  position,
  date: "2026-12-02",
  from,
  to,
  staff,
  pinned: false,
});

test("what came and went, whatever the ids", () => {
  const found = difference(
    [cell(1, "A"), cell(2, "B", "10:30", "12:00")],
    [cell(9, "A"), cell(10, "C")],
  );
  assert.deepEqual(
    found.added.map((c) => c.staff),
    ["C"],
  );
  assert.deepEqual(
    found.removed.map((c) => c.staff),
    ["B"],
  );
});

test("one's own change in words of cells", () => {
  const base = [cell(1, "A"), cell(2, "B")];
  const mine = ownDifference({ put: [cell(0, "C")], remove: [1], pin: [2] }, base);
  assert.deepEqual(
    [mine.added[0].staff, mine.removed[0].staff, mine.pinned[0].staff],
    ["C", "A", "B"],
  );
});

test("on top: ids are renewed, what is gone already need not go again", () => {
  const base = [cell(1, "A"), cell(2, "B", "10:30", "12:00")];
  const fresh = [cell(7, "A")];
  const change = onTopOf({ put: [], remove: [1, 2] }, base, fresh);
  assert.deepEqual(change.remove, [7]);
});

test("on top: whoever the other put into the same place makes way", () => {
  const base = [cell(1, "A")];
  const fresh = [cell(5, "Z"), cell(6, "Y", "13:00", "15:00")];
  const change = onTopOf({ put: [cell(0, "C")], remove: [1] }, base, fresh);
  assert.deepEqual(change.remove, [5]);
  assert.deepEqual(
    change.put.map((c) => c.staff),
    ["C"],
  );
});

test("on top: the other did the same thing", () => {
  const base = [cell(1, "A")];
  const change = onTopOf({ put: [cell(0, "C")], remove: [1] }, base, [cell(5, "C")]);
  assert.ok(isEmpty(change));
});

test("on top: an open place both filled goes to the later one, a second place stays", () => {
  const change = onTopOf(
    { put: [cell(0, "C")] },
    [],
    [cell(5, "Z"), cell(6, "W", "09:00", "10:30", "2")],
  );
  assert.deepEqual(change.remove, [5]);
});
