// Own reports and states wait in this device until the server has them. See queue.js for the rules.
import { openDB } from "../vendor/idb.js";
import { ApiError, post } from "./api.js";
import { clockOffset, hhmm, hm, iso } from "./clock.js";
import { Queue } from "./queue.js";
import { label, t } from "./text.js";

/** @typedef {import("./queue.js").Item} Item */
/** @typedef {import("./queue.js").Delivery} Delivery */
/** @typedef {import("./queue.js").Store} Store */

const RETRY = 30_000;
const LOCK = "zaiseki-outbox";

/** @returns {Promise<Store>} */
async function openStore() {
  try {
    const db = await openDB("zaiseki", 1, {
      upgrade: (fresh) => void fresh.createObjectStore("outbox", { keyPath: "key" }),
    });
    return {
      all: () => db.getAll("outbox"),
      put: async (item) => void (await db.put("outbox", item)),
      remove: (key) => db.delete("outbox", key),
    };
  } catch {
    return memory(); // a private window without storage: what waits lives as long as the page
  }
}

/** @returns {Store} */
function memory() {
  /** @type {Map<string, Item>} */
  const held = new Map();
  return {
    all: async () => [...held.values()],
    put: async (item) => void held.set(item.key, item),
    remove: async (key) => void held.delete(key),
  };
}

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join(""); // plain HTTP
}

/** @param {Item} item @returns {Promise<Delivery>} */
async function deliver(item) {
  const punch = item.kind === "punch";
  const body = punch
    ? { ...item.payload, client_at: item.payload.client_at ?? iso(item.at + item.offset) }
    : item.payload;
  try {
    const path = punch ? "/api/v1/me/punches" : "/api/v1/me/status";
    const answer = await post(path, body, {
      headers: punch ? { "Idempotency-Key": item.key } : {},
      quiet: true,
    });
    return { sent: true, answer };
  } catch (error) {
    if (!(error instanceof ApiError)) return { refused: new Error(t("送れませんでした。")) };
    if (error.status === 401) return { signedOut: true };
    if (error.passing) return { passing: true, retryAfter: error.retryAfter };
    return { refused: error };
  }
}

/** What waits, in words: 「送信待ち 08:31 始業（在宅）」 @param {Item} item */
export function describe(item) {
  return t("送信待ち {what}", { what: tapped(item) });
}

/** 「08:31 始業（在宅）」 @param {Item} item */
export function tapped(item) {
  const time = hhmm(item.at + item.offset);
  const kinds = {
    start: t("始業"),
    end: t("終業"),
    break_out: t("中抜け"),
    break_in: t("戻り"),
    place: t("場所の変更"),
  };
  const what =
    item.kind === "status"
      ? label("state", item.payload.state) || t("自動に戻す")
      : (kinds[/** @type {keyof typeof kinds} */ (item.payload.kind)] ?? item.payload.kind);
  const place = item.payload.place ? `（${label("place", item.payload.place)}）` : "";
  return `${time} ${what}${place}`;
}

/** What this tap has changed, in words. @param {any} before @param {Record<string, any>} wanted */
export function changeOf(before, wanted) {
  if (wanted.state === "auto") return t("自動に戻しました");
  if (wanted.state !== before?.state)
    return t("{state}にしました", { state: label("state", wanted.state) });
  if ((wanted.note ?? "") !== (before.note ?? ""))
    return wanted.note ? t("ひとことを添えました") : t("ひとことを消しました");
  if ((wanted.reason ?? "") !== (before.reason ?? ""))
    return wanted.reason
      ? t("理由を{reason}にしました", { reason: label("reason", wanted.reason) })
      : t("理由を消しました");
  return wanted.until
    ? t("{time} までにしました", { time: hm(wanted.until) })
    : t("時刻をなくしました");
}

/** @param {string} owner @param {(held: Item[], all: Item[]) => void} changed
 * @param {(item: Item, result: Delivery) => void} settled one that waited has gone, or is refused */
export async function openOutbox(owner, changed, settled) {
  const queue = new Queue(await openStore(), deliver, {
    owner,
    key: newKey,
    offset: clockOffset,
    changed,
    settled,
  });
  const flush = queue.flush.bind(queue);
  // One tab sends at a time; the others find the outbox empty when their turn comes.
  if (navigator.locks) queue.flush = () => navigator.locks.request(LOCK, flush).then(() => {});
  const go = () => void queue.flush();
  addEventListener("online", go);
  document.addEventListener("visibilitychange", () => !document.hidden && go());
  setInterval(async () => (await queue.waiting()).length > 0 && go(), RETRY);
  changed(await queue.held(), await queue.waiting());
  go();
  return queue;
}
