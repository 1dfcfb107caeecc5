import assert from "node:assert/strict";
import { test } from "node:test";
import { ASLEEP_AFTER, Hub } from "../../static/js/live-hub.js";
import { Line } from "../../static/js/live-line.js";
import { FakeSocket, FakeTimers, settled } from "./fake-line.js";

const BELOW = { W05: ["W05", "W05011", "W05012"], W05011: ["W05011"], W09: ["W09"] };

function setUp() {
  const [socket, timers] = [new FakeSocket(), new FakeTimers()];
  const hub = new Hub(new Line(socket, timers), timers);
  socket.answers = {
    watch: ({ units }) => ({
      ok: true,
      epoch: "e1",
      units: Object.fromEntries((BELOW[units[0]] ?? []).map((code) => [code, "full"])),
    }),
    unwatch: () => ({ ok: true }),
    hello: ({ visible }) => ({ ok: true, ...(visible ? { fetch: false } : {}) }),
  };
  /** A tab: what it was told, and how it speaks. */
  const open = (id, units, visible = true) => {
    const tab = {
      told: [],
      say: (message) => hub.from(id, (told) => tab.told.push(told), message),
      kinds: () => tab.told.map((told) => told.kind),
      events: () => tab.told.filter((told) => told.kind === "event").map((told) => told.event),
      last: () => tab.told.at(-1),
    };
    tab.say({ kind: "join", units, visible });
    return tab;
  };
  return { socket, timers, hub, open };
}

async function connected() {
  const all = setUp();
  const first = all.open("a", ["W05"]);
  all.socket.says("connect");
  await settled();
  return { ...all, first };
}

const rows = (unit) => ({ unit, epoch: "e1", as_of: "", rows: [] });
const sent = (socket, event) => socket.sent.filter(([name]) => name === event).map(([, d]) => d);

test("the second tab neither connects nor watches again, and is told at once", async () => {
  const { socket, open, first } = await connected();
  const second = open("b", ["W05"]);
  await settled();
  assert.equal(socket.connects, 1);
  assert.deepEqual(sent(socket, "watch"), [{ units: ["W05"] }]);
  assert.deepEqual(first.kinds(), ["state", "state", "state", "watched"]);
  assert.deepEqual(second.kinds(), ["state", "watched"]);
  assert.equal(second.told[0].state, "open");
});

test("rows go to who watches the unit or one above it; what concerns the person goes to all", async () => {
  const { socket, open, first } = await connected();
  const other = open("b", ["W09"]);
  const none = open("c", []);
  await settled();
  socket.event("rows", rows("W05012"));
  socket.event("rows", rows("W09"));
  socket.event("message", { id: 1 });
  socket.event("beat", { as_of: "", epoch: "e1" });
  assert.deepEqual(first.events(), ["rows", "message", "beat"]);
  assert.deepEqual(other.events(), ["rows", "message", "beat"]);
  assert.deepEqual(none.events(), ["message", "beat"]);
});

test("unwatched once the last tab has gone, and not from below a unit that is still watched", async () => {
  const { socket, timers, open, first } = await connected();
  const part = open("b", ["W05011"]);
  const other = open("c", ["W09"]);
  const again = open("d", ["W09"]);
  await settled();
  part.say({ kind: "leave" });
  other.say({ kind: "leave" });
  timers.pass(20_000);
  assert.deepEqual(sent(socket, "unwatch"), []);
  again.say({ kind: "leave" });
  timers.pass(20_000);
  assert.deepEqual(sent(socket, "unwatch"), [{ units: ["W09"] }]);
  open("e", []);
  first.say({ kind: "leave" });
  timers.pass(20_000);
  assert.deepEqual(sent(socket, "unwatch")[1], { units: ["W05", "W05011"] });
});

test("from one page to the next the connection stands; without any tab it ends", async () => {
  const { socket, timers, hub, open, first } = await connected();
  first.say({ kind: "leave" });
  timers.pass(1_000);
  const next = open("b", ["W05"]);
  await settled();
  timers.pass(20_000);
  assert.equal(socket.connects, 1);
  assert.deepEqual(sent(socket, "watch").length, 1);
  assert.deepEqual(sent(socket, "unwatch"), []);
  next.say({ kind: "leave" });
  timers.pass(3_000);
  assert.equal(hub.line.state, "closed");
  assert.equal(socket.disconnects, 1);
});

test("hidden is who has no tab in sight", async () => {
  const { socket, open, first } = await connected();
  const second = open("b", [], true);
  first.say({ kind: "visible", visible: false });
  await settled();
  assert.deepEqual(sent(socket, "hello"), []);
  second.say({ kind: "visible", visible: false });
  await settled();
  assert.deepEqual(sent(socket, "hello"), [{ visible: false }]);
});

test("a hidden tab gets no rows after a while, and hears whether it missed any", async () => {
  const { socket, timers, open, first } = await connected();
  open("b", []);
  first.say({ kind: "visible", visible: false });
  socket.event("rows", rows("W05"));
  timers.pass(ASLEEP_AFTER + 1);
  first.say({ kind: "visible", visible: true });
  await settled();
  assert.deepEqual(first.last(), { kind: "awake", missed: false });
  first.say({ kind: "visible", visible: false });
  timers.pass(ASLEEP_AFTER + 1);
  socket.event("rows", rows("W05"));
  socket.event("alert", { id: 1 });
  assert.deepEqual(first.events(), ["rows", "alert"]);
  first.say({ kind: "visible", visible: true });
  await settled();
  assert.deepEqual(first.last(), { kind: "awake", missed: true });
});

test("awake with the server first: only then the tab is told to fetch", async () => {
  const { socket, first } = await connected();
  first.say({ kind: "visible", visible: false });
  await settled();
  delete socket.answers.hello;
  first.say({ kind: "visible", visible: true });
  await settled();
  assert.notEqual(first.last().kind, "awake");
  socket.unanswered(null, { ok: true, fetch: true });
  await settled();
  assert.deepEqual(first.last(), { kind: "awake", missed: true });
});

test("after a loss everything is watched again and every tab told to fetch", async () => {
  const { socket, timers, open, first } = await connected();
  const second = open("b", ["W09"], false);
  await settled();
  timers.pass(100_000);
  socket.says("disconnect", "transport close");
  assert.deepEqual(second.last(), { kind: "state", state: "waiting" });
  timers.runNext();
  socket.says("connect");
  await settled();
  assert.deepEqual(sent(socket, "watch").slice(-2), [{ units: ["W05"] }, { units: ["W09"] }]);
  assert.equal(first.kinds().filter((kind) => kind === "watched").length, 2);
  assert.equal(second.kinds().filter((kind) => kind === "watched").length, 2);
  assert.deepEqual(sent(socket, "hello"), []);
});

test("one tab in sight is asked to sign in, no other", async () => {
  const { socket, timers, open, first } = await connected();
  const hidden = open("b", [], false);
  timers.pass(1_000);
  const seen = open("c", []);
  await settled();
  socket.says("disconnect", "io server disconnect");
  timers.runNext();
  socket.says("connect_error", new Error("unauthorized"));
  const asked = [first, hidden, seen].map((tab) => tab.kinds().includes("ask"));
  assert.deepEqual(asked, [false, false, true]);
});

test("signed out in one tab, the others go too", async () => {
  const { socket, timers, open, first } = await connected();
  const second = open("b", ["W05"]);
  await settled();
  second.say({ kind: "leaving" });
  second.say({ kind: "leave" });
  socket.says("disconnect", "io server disconnect");
  timers.pass(5_000);
  socket.says("connect_error", new Error("unauthorized"));
  assert.equal(first.last().kind, "gone");
  assert.ok(!first.kinds().includes("ask"));
});

test("refused units are told to the tab that wants them", async () => {
  const { open } = await connected();
  const tab = open("b", ["W05", "NONE"]);
  await settled();
  assert.deepEqual(tab.last(), { kind: "watched", epoch: "e1", refused: ["NONE"] });
});

test("a server that answers no more is left", async () => {
  const { socket, hub, open } = await connected();
  delete socket.answers.watch;
  open("b", ["W09"]);
  await settled();
  socket.unanswered(new Error("operation has timed out"));
  await settled();
  assert.equal(hub.line.state, "waiting");
  assert.equal(socket.disconnects, 1);
});

test("a tab the hub has forgotten is asked who it is", async () => {
  const { timers, open, first } = await connected();
  timers.pass(700_000);
  open("b", []);
  first.say({ kind: "alive" });
  assert.equal(first.last().kind, "who");
});
