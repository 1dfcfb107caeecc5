import assert from "node:assert/strict";
import { test } from "node:test";
import { Line, waitBefore } from "../../static/js/live-line.js";
import { FakeSocket, FakeTimers } from "./fake-line.js";

function opened() {
  const [socket, timers] = [new FakeSocket(), new FakeTimers()];
  const line = new Line(socket, timers);
  line.retry();
  socket.says("connect");
  return { socket, timers, line };
}

test("waits grow from seconds to half a minute, and are spread", () => {
  const bounds = [0, 1, 2, 3, 4, 9].map((n) => [waitBefore(n, 0), waitBefore(n, 1)]);
  assert.deepEqual(bounds, [
    [1_000, 4_000],
    [2_000, 8_000],
    [4_000, 16_000],
    [8_000, 30_000],
    [15_000, 30_000],
    [15_000, 30_000],
  ]);
});

test("a lost connection comes back; refused at the door it waits longer each time", () => {
  const { socket, timers, line } = opened();
  timers.pass(120_000);
  socket.says("disconnect", "transport close");
  assert.equal(line.state, "waiting");
  const tries = [];
  for (let n = 0; n < 6; n++) {
    const before = timers.now();
    timers.runNext();
    tries.push(timers.now() - before);
    socket.says("connect_error", new Error("websocket error"));
  }
  assert.deepEqual(tries, [2_500, 5_000, 10_000, 19_000, 22_500, 22_500]);
  assert.equal(socket.connects, 7);
});

test("closed again and again at once after connecting, it does not try every second", () => {
  const { socket, timers } = opened();
  for (let n = 0; n < 4; n++) {
    socket.says("disconnect", "io server disconnect");
    timers.runNext();
    socket.says("connect");
  }
  const before = timers.now();
  socket.says("disconnect", "io server disconnect");
  timers.runNext();
  assert.ok(timers.now() - before >= 15_000);
});

test("who is not signed in is not tried again until somebody says so", () => {
  const [socket, timers] = [new FakeSocket(), new FakeTimers()];
  const line = new Line(socket, timers);
  line.retry();
  socket.says("connect_error", new Error("unauthorized"));
  assert.equal(line.state, "refused");
  assert.equal(timers.size, 0);
  timers.pass(5_000);
  line.retry();
  assert.equal(socket.connects, 2);
});

test("a server that stops is left at once and asked again within the time it names, not before", () => {
  const { socket, timers, line } = opened();
  socket.event("drain", { spread_s: 20 });
  assert.equal(socket.disconnects, 1);
  assert.equal(line.state, "waiting");
  line.retry(); // somebody opens another tab meanwhile
  assert.equal(socket.connects, 1);
  timers.pass(9_999);
  assert.equal(socket.connects, 1);
  timers.pass(1);
  assert.equal(socket.connects, 2);
  socket.says("connect_error", new Error("websocket error"));
  timers.runNext();
  assert.equal(socket.connects, 3);
});

test("people who look again do not wait, but two attempts are two seconds apart", () => {
  const { socket, timers, line } = opened();
  timers.pass(100_000);
  socket.says("disconnect", "ping timeout");
  line.retry();
  line.retry();
  assert.equal(socket.connects, 2);
  socket.says("connect_error", new Error("websocket error"));
  line.retry();
  assert.equal(socket.connects, 2);
  timers.pass(2_000);
  assert.equal(socket.connects, 3);
});

test("nothing is put into a lost line", async () => {
  const { socket, line } = opened();
  socket.says("disconnect", "transport close");
  await assert.rejects(line.call("hello", { visible: false }));
  assert.deepEqual(socket.sent, []);
});
