// What the service worker keeps is one person's: whoever comes to the sign-in takes it away, however they came.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const CODE = readFileSync("static/js/sw.js", "utf8");
const ORIGIN = "http://hall.test";

/** A worker with caches in memory; `answers` is the server: a status by path, or nothing where it is gone. */
function made() {
  const stores = new Map();
  const open = (name) => {
    if (!stores.has(name)) stores.set(name, new Map());
    const kept = stores.get(name);
    const key = (what) => new URL(what.url ?? what, ORIGIN).pathname;
    return {
      put: async (what, answer) => void kept.set(key(what), answer),
      match: async (what) => kept.get(key(what))?.clone(),
      delete: async (what) => kept.delete(key(what)),
      keys: async () => [...kept.keys()].map((path) => ({ url: ORIGIN + path })),
      add: async () => {},
    };
  };
  const listeners = {};
  const answers = new Map();
  const self = {
    location: { origin: ORIGIN },
    addEventListener: (name, act) => (listeners[name] = act),
    skipWaiting: async () => {},
  };
  const caches = {
    open: async (name) => open(name),
    delete: async (name) => stores.delete(name),
    keys: async () => [...stores.keys()],
  };
  const fetch = async (request) => {
    const status = answers.get(new URL(request.url).pathname);
    if (!status) throw new TypeError("gone");
    return new Response("<body data-viewer>", { status });
  };
  vm.runInNewContext(CODE, { self, caches, fetch, URL, Headers, Response, Date, Number, Promise });

  async function visit(path, method = "GET") {
    const waiting = [];
    let answer;
    listeners.fetch({
      request: { url: ORIGIN + path, method, mode: "navigate" },
      waitUntil: (work) => waiting.push(work),
      respondWith: (work) => (answer = work),
    });
    const response = await answer;
    await Promise.all(waiting);
    return response?.status;
  }
  return { answers, visit };
}

async function withKeptPages() {
  const worker = made();
  for (const path of ["/", "/board/W12", "/signin"]) worker.answers.set(path, 200);
  await worker.visit("/");
  await worker.visit("/board/W12");
  return worker;
}

async function seenWithoutServer(worker) {
  worker.answers.clear();
  return [await worker.visit("/"), await worker.visit("/board/W12")];
}

test("kept while nobody else signs in", async () => {
  assert.deepEqual(await seenWithoutServer(await withKeptPages()), [200, 200]);
});

for (const [path, method] of [
  ["/signin", "POST"],
  ["/signout", "POST"],
  ["/signin", "GET"],
])
  test(`gone after ${method} ${path}`, async () => {
    const worker = await withKeptPages();
    await worker.visit(path, method);
    assert.deepEqual(await seenWithoutServer(worker), [503, 503]);
  });

test("a sign-in that cannot be reached takes nothing away", async () => {
  const worker = await withKeptPages();
  worker.answers.delete("/signin");
  assert.equal(await worker.visit("/signin"), 503);
  assert.deepEqual(await seenWithoutServer(worker), [200, 200]);
});
