import assert from "node:assert/strict";
import { test } from "node:test";
import { backSoon, sentenceOf, viewOf } from "../../static/js/view.js";

const NOW = Date.parse("2026-11-24T10:12:00+09:00");
const at = (time) => `2026-11-24T${time}:00+09:00`;
const row = (more) => ({
  staff: "1",
  version: 1,
  name: "桜井 剛",
  kana: "",
  unit: "U",
  title: "",
  state: "available",
  until: null,
  reach: "transfer",
  extension: "7224",
  place: "office",
  site: null,
  planned: false,
  reason: null,
  duty: null,
  ...more,
});
const view = (more) => viewOf(row(more), NOW);

test("colour, shape and word, always all three", () => {
  const table = [
    [{}, "available", "c-available", "連絡可能"],
    [{ state: "busy" }, "busy", "c-busy", "取り込み中"],
    [{ state: "dnd" }, "dnd", "c-dnd", "応答不可"],
    [{ state: "away" }, "away", "c-away", "退席中"],
    [{ state: "away", reason: "break" }, "break", "c-away", "休憩中"],
    [{ state: "away", reason: "out" }, "away", "c-away", "中抜け"],
    [{ state: "away", reason: "auto" }, "away-auto", "c-away", "退席中"],
    [{ state: "off" }, "off", "c-off", "勤務外"],
    [{ state: "no_report" }, "unknown", "c-unknown", "未報告"],
    [{ state: "absent" }, "off", "c-off", "不在"],
    [{ duty: { position: "窓口1", until: at("10:30") } }, "duty", "c-duty", "窓口1"],
    [{ planned: true }, "available-p", "c-available", "連絡可能"],
  ];
  for (const [more, shape, colour, word] of table) {
    const got = view(more);
    assert.deepEqual([got.shape, got.colour, got.state], [shape, colour, word]);
  }
});

test("until when, or from when; an automatic 退席中 never has a time", () => {
  assert.equal(view({ state: "busy", until: at("11:00") }).time, "11:00まで");
  assert.equal(view({ state: "away", reason: "auto", until: at("11:00") }).time, "");
  assert.equal(view({ state: "off", starts_at: at("13:00") }).time, "13:00 始業予定");
  assert.equal(view({ duty: { position: "電話", until: at("10:30") } }).time, "10:30まで");
});

test("place is ink: the office without an icon, the planned in brackets", () => {
  assert.deepEqual([view({}).place, view({}).placeIcon], ["在庁", ""]);
  assert.equal(view({ planned: true }).place, "在庁（予定）");
  assert.equal(view({ place: "satellite", site: "四ツ谷" }).place, "サテライト・四ツ谷");
  assert.equal(view({ place: "leave", state: "off", planned: true }).place, "休暇等");
  assert.equal(view({ place: null, state: "off" }).place, "");
});

test("how to reach: the extension here, transfer or callback elsewhere, nothing when off", () => {
  assert.equal(view({}).reach, "内線 7224");
  assert.deepEqual(
    [view({ place: "home" }).reach, view({ place: "home" }).good],
    ["転送可 7224", true],
  );
  assert.equal(view({ place: "home", reach: "callback" }).reach, "折り返しのみ");
  assert.equal(view({ place: "trip", reach: "none" }).reach, "不可");
  assert.equal(view({ state: "off" }).reach, "");
});

test("a directory row has fewer facts and says no more than it knows", () => {
  const known = { staff: "1", version: 1, name: "桜井 剛", kana: "", unit: "U", title: "主事" };
  const got = viewOf(
    { ...known, state: "absent", until: null, reach: "none", extension: "7224" },
    NOW,
  );
  assert.deepEqual([got.state, got.place, got.gone], ["不在", "", true]);
});

test("one sentence for a screen reader", () => {
  assert.equal(
    sentenceOf(row({ state: "busy", until: at("11:00") }), NOW),
    "桜井 剛 取り込み中 11:00まで 在庁 内線 7224",
  );
});

test("who is back soon: soonest first, today, not the past, not a duty", () => {
  const rows = [
    row({ name: "a", state: "busy", until: at("11:00") }),
    row({ name: "b", state: "away", until: at("10:20") }),
    row({ name: "c", state: "away", until: at("10:00") }),
    row({ name: "d", state: "available", until: at("10:30") }),
    row({ name: "e", state: "dnd", until: "2026-11-25T09:00:00+09:00" }),
    row({ name: "f", state: "busy", until: at("12:00"), duty: { position: "窓口1", until: null } }),
  ];
  const { first, more } = backSoon(rows, NOW, 1);
  assert.deepEqual(
    first.map((each) => [each.row.name, each.time]),
    [["b", "10:20"]],
  );
  assert.equal(more, 1);
});
