import assert from "node:assert/strict";
import test from "node:test";
import { says, untouched } from "../../static/js/request-says.js";

const finding = { code: "cap", field: "days", words: "この週は5日目です", note: false };
const nothing = { faults: {}, findings: [], summary: "", left_out: [] };

test("a warning stands at its field, a fault before it", () => {
  const told = { ...nothing, faults: { days: "実施日を選んでください" }, findings: [finding] };
  assert.deepEqual(says(told, new Set()).get("days"), [
    { look: "bad", words: "実施日を選んでください" },
    { look: "warns", words: "この週は5日目です" },
  ]);
});

test("what is only to be looked at is drawn lighter", () => {
  const told = { ...nothing, findings: [{ ...finding, note: true }] };
  assert.equal(says(told, new Set()).get("days")?.[0].look, "warns is-note");
});

test("a field nobody has touched is not complained about while typing", () => {
  const faults = { work: "業務内容を1行書くか…", hours: "両方を入れてください" };
  assert.deepEqual([...untouched(faults, new Set(["hours_from"]))], ["work"]);
  const told = { ...nothing, faults };
  assert.equal(says(told, untouched(faults, new Set(["hours_from"]))).has("work"), false);
});
