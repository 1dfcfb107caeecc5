import assert from "node:assert/strict";
import { test } from "node:test";
import { grown } from "../../static/js/pop-up.js";
import { bare, retitle, showShort, showStale, showUnread } from "../../static/js/title.js";

test("a title without what stands before it", () => {
  for (const title of ["X", "(3) X", "▲1 X", "（再接続中）(99+) ▲12 X"])
    assert.equal(bare(title), "X");
  assert.equal(bare("(保育課) X"), "(保育課) X");
});

test("whoever says what, it stands in one order", () => {
  const page = { title: "在席表" };
  Object.assign(globalThis, { document: page });
  showShort(1);
  showUnread(3);
  assert.equal(page.title, "(3) ▲1 在席表");
  showStale(true);
  showShort(2, true);
  assert.equal(page.title, "（再接続中）(3) ▲3 在席表");
  showStale(false);
  showUnread(120);
  showShort(0);
  assert.equal(page.title, "(99+) ▲2 在席表");
  retitle("▲5 当番表");
  assert.equal(page.title, "(99+) ▲7 当番表");
  retitle("当番表");
  showShort(0, true);
  showUnread(0);
  assert.equal(page.title, "当番表");
});

test("what grew is told, what fell may grow again", () => {
  assert.deepEqual(grown({}, { memo: 1 }), [["memo", 1]]);
  assert.deepEqual(grown({ memo: 1 }, { memo: 3, rota: 1 }), [
    ["memo", 2],
    ["rota", 1],
  ]);
  assert.deepEqual(grown({ memo: 3 }, { memo: 1 }), []);
  assert.deepEqual(grown({ memo: 3 }, {}), []);
});
