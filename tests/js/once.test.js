import assert from "node:assert/strict";
import { test } from "node:test";

import { once } from "../../static/js/once.js";

test("the same wish keeps its key until it is answered", () => {
  const sent = once();
  const first = sent.keyOf({ to: "121", text: "a" });
  assert.equal(sent.keyOf({ to: "121", text: "a" }), first);
  sent.answered();
  assert.notEqual(sent.keyOf({ to: "121", text: "a" }), first);
});

test("another wish has another key", () => {
  const sent = once();
  assert.notEqual(sent.keyOf({ text: "a" }), sent.keyOf({ text: "b" }));
});
