import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { outdated, Queue, STATUS_LIVES } from "../../static/js/queue.js";

let held;
let answers;
let sent;
let now;
let keys;

const store = {
  all: async () => [...held.values()],
  put: async (item) => void held.set(item.key, item),
  remove: async (key) => void held.delete(key),
};

const queue = (owner = "100123") =>
  new Queue(
    store,
    async (item) => {
      sent.push(item);
      return answers.shift() ?? { sent: true, answer: { id: item.key } };
    },
    { owner, key: () => `k${++keys}`, now: () => now },
  );

beforeEach(() => {
  held = new Map();
  answers = [];
  sent = [];
  now = 1_000_000;
  keys = 0;
});

test("a tap with a connection is sent at once and leaves nothing", async () => {
  const outcome = await queue().send("punch", { kind: "start", place: "home" });
  assert.deepEqual(outcome, { sent: true, answer: { id: "k1" } });
  assert.equal(held.size, 0);
});

test("without a connection it waits, with its own time and key, and goes later, in order, once", async () => {
  const box = queue();
  answers = [{ passing: true }, { passing: true }];
  const first = await box.send("punch", { kind: "start" });
  now += 60_000;
  const second = await box.send("punch", { kind: "break_out" });
  assert.equal(first.waiting.at, 1_000_000);
  assert.equal(second.waiting.at, 1_060_000);
  assert.deepEqual(
    (await box.waiting()).map((item) => item.key),
    ["k1", "k2"],
  );
  sent = [];
  await Promise.all([box.flush(), box.flush()]);
  assert.deepEqual(
    sent.map((item) => [item.key, item.payload.kind]),
    [
      ["k1", "start"],
      ["k2", "break_out"],
    ],
  );
  assert.equal(held.size, 0);
});

test("nothing overtakes a report that cannot go", async () => {
  const box = queue();
  answers = [{ passing: true }];
  await box.send("punch", { kind: "start" });
  answers = [{ signedOut: true }];
  await box.send("punch", { kind: "end" });
  assert.deepEqual(
    sent.map((item) => item.payload.kind),
    ["start", "start"],
  );
  assert.equal((await box.waiting())[0].tries, 2);
});

test("a lost answer: the same key goes again, so the server can give its first answer", async () => {
  const box = queue();
  answers = [{ passing: true }];
  await box.send("punch", { kind: "start" });
  await box.flush();
  assert.deepEqual(
    sent.map((item) => item.key),
    ["k1", "k1"],
  );
});

test("a refusal is told and does not block what follows", async () => {
  const box = queue();
  answers = [{ passing: true }];
  await box.send("punch", { kind: "start" });
  const error = new Error("締めた月です");
  answers = [{ refused: error }];
  const outcome = await box.send("punch", { kind: "end" });
  assert.equal(outcome.sent, true);
  assert.equal(held.size, 0);
});

test("of several states only the last goes; reports all go", async () => {
  const box = queue();
  answers = [{ passing: true }, { passing: true }, { passing: true }];
  await box.send("status", { state: "busy" });
  await box.send("punch", { kind: "break_out" });
  await box.send("status", { state: "away" });
  sent = [];
  await box.flush();
  assert.deepEqual(
    sent.map((item) => item.payload.kind ?? item.payload.state),
    ["break_out", "away"],
  );
});

test("a state about the past is dropped, a report never", () => {
  const item = (kind, at, payload = {}) => ({
    key: `${kind}${at}`,
    seq: at,
    owner: "a",
    kind,
    payload,
    at,
    offset: 0,
    tries: 0,
  });
  const late = STATUS_LIVES + 2_000;
  assert.deepEqual(
    outdated([item("status", 1_000, { state: "busy" })], late).map((each) => each.key),
    ["status1000"],
  );
  const over = item("status", 1_000, { state: "busy", until: new Date(5_000).toISOString() });
  assert.equal(outdated([over], 6_000).length, 1);
  assert.equal(outdated([over], 4_000).length, 0);
  assert.deepEqual(outdated([item("punch", 1_000)], late * 100), []);
});

test("a shared device: one person's taps are never sent as another's", async () => {
  answers = [{ passing: true }];
  await queue("100123").send("punch", { kind: "start" });
  sent = [];
  const other = queue("100999");
  await other.flush();
  assert.deepEqual([sent, await other.waiting()], [[], []]);
  assert.equal(held.size, 1);
});

test("the order goes on over a reload", async () => {
  answers = [{ passing: true }, { passing: true }];
  await queue().send("punch", { kind: "start" });
  await queue().send("punch", { kind: "end" });
  assert.deepEqual(
    (await queue().waiting()).map((item) => item.seq),
    [1, 2],
  );
});

test("what becomes of a report that waited is said, also when it is refused", async () => {
  const said = [];
  const one = new Queue(store, async () => answers.shift(), {
    owner: "100123",
    key: () => `k${++keys}`,
    settled: (item, result) => said.push([item.key, Object.keys(result)[0]]),
  });
  const refused = { refused: new Error("締めた月です") };
  answers = [{ passing: true }, { passing: true }, { sent: true, answer: null }, refused];
  assert.ok("waiting" in (await one.send("punch", { kind: "start" })));
  assert.ok("waiting" in (await one.send("punch", { kind: "end" })));
  await one.flush();
  assert.deepEqual(said, [
    ["k1", "sent"],
    ["k2", "refused"],
  ]);
  assert.equal(held.size, 0);
});

test("a tap on its way for the first time is not yet told as waiting", async () => {
  const told = [];
  let during;
  const box = new Queue(
    store,
    async () => {
      during = await box.held();
      return answers.shift();
    },
    { owner: "100123", key: () => `k${++keys}`, changed: (items) => told.push(items.length) },
  );
  answers = [{ passing: true }, { sent: true, answer: null }];
  await box.send("punch", { kind: "start" });
  assert.deepEqual(during, []);
  assert.equal((await box.held()).length, 1);
  await box.flush();
  assert.equal(during.length, 1);
  assert.deepEqual(told.at(-1), 0);
});
