// The outbox's rules, without browser or network: what waits, in which order it goes, what is dropped.
// A report is never lost and never sent twice: one key for its whole life, deleted only on the server's answer.

/**
 * @typedef {Object} Item
 * @property {string} key      idempotency key
 * @property {number} seq      order of the taps on this device
 * @property {string} owner    staff number: a shared device never sends one person's reports as another's
 * @property {"punch" | "status"} kind
 * @property {Record<string, any>} payload
 * @property {number} at       device time of the tap, ms
 * @property {number} offset   server clock − device clock as last known, ms
 * @property {number} tries
 *
 * @typedef {Object} Store
 * @property {() => Promise<Item[]>} all
 * @property {(item: Item) => Promise<void>} put
 * @property {(key: string) => Promise<void>} remove
 *
 * @typedef {{sent: true, answer: any} | {passing: true, retryAfter?: number} | {signedOut: true} | {refused: Error}} Delivery
 * @typedef {{sent: true, answer: any} | {waiting: Item} | {refused: Error} | {superseded: true}} Outcome
 */

/** A state is about now: one that could not be sent for two hours says nothing any more. */
export const STATUS_LIVES = 2 * 3600_000;

/** @param {Item[]} items */
export function inOrder(items) {
  return [...items].sort((a, b) => a.seq - b.seq);
}

/** States that a later tap has replaced, or that are too old or over, need not go. @param {Item[]} items @param {number} now */
export function outdated(items, now) {
  const states = inOrder(items).filter((item) => item.kind === "status");
  const last = states.at(-1);
  return states.filter(
    (item) =>
      item !== last ||
      now - item.at > STATUS_LIVES ||
      (item.payload.until && Date.parse(item.payload.until) <= now + item.offset),
  );
}

export class Queue {
  /**
   * @param {Store} store
   * @param {(item: Item) => Promise<Delivery>} deliver
   * @param {{owner: string, key: () => string, now?: () => number, offset?: () => number, changed?: (held: Item[], all: Item[]) => void, settled?: (item: Item, result: Delivery) => void}} given
   */
  constructor(
    store,
    deliver,
    { owner, key, now = Date.now, offset = () => 0, changed = () => {}, settled = () => {} },
  ) {
    this.store = store;
    this.deliver = deliver;
    this.owner = owner;
    this.key = key;
    this.now = now;
    this.offset = offset;
    this.changed = changed;
    this.settled = settled;
    /** @type {Promise<void> | null} one flush at a time */
    this.flushing = null;
    /** @type {Map<string, Outcome>} */
    this.outcomes = new Map();
    /** @type {Set<string>} keys of taps whose sender still waits for the outcome */
    this.awaited = new Set();
    this.lastSeq = 0;
  }

  async waiting() {
    return inOrder((await this.store.all()).filter((item) => item.owner === this.owner));
  }

  /** Of those, what has reason to be told: a tap on its way for the first time does not wait for anything yet. */
  async held() {
    const items = await this.waiting();
    return items.filter((item) => item.tries > 0 || !this.awaited.has(item.key));
  }

  /** @param {"punch" | "status"} kind @param {Record<string, any>} payload @returns {Promise<Item>} */
  async add(kind, payload) {
    const held = await this.store.all();
    const seq = Math.max(this.lastSeq, ...held.map((item) => item.seq)) + 1;
    this.lastSeq = seq;
    const item = {
      key: this.key(),
      seq,
      owner: this.owner,
      kind,
      payload,
      at: this.now(),
      offset: this.offset(),
      tries: 0,
    };
    await this.store.put(item);
    return item;
  }

  /** Put it in, try to send all, and say what became of this one.
   * @param {"punch" | "status"} kind @param {Record<string, any>} payload @returns {Promise<Outcome>} */
  async send(kind, payload) {
    const item = await this.add(kind, payload);
    this.awaited.add(item.key);
    await this.flushing; // a flush that began before this tap does not know it
    await this.flush();
    this.awaited.delete(item.key);
    const outcome = this.outcomes.get(item.key);
    this.outcomes.delete(item.key);
    if (outcome) return outcome;
    const held = await this.store.all();
    // Another window's flush may have taken it along: then the server has it.
    return held.some(({ key }) => key === item.key)
      ? { waiting: item }
      : { sent: true, answer: null };
  }

  /** @returns {Promise<void>} */
  flush() {
    this.flushing ??= this.run().finally(() => {
      this.flushing = null;
    });
    return this.flushing;
  }

  async run() {
    for (const old of outdated(await this.waiting(), this.now())) {
      await this.store.remove(old.key);
      if (this.awaited.has(old.key)) this.outcomes.set(old.key, { superseded: true });
    }
    for (const item of await this.waiting()) {
      if (!(await this.one(item))) break; // order is kept: nothing overtakes a report that cannot go yet
    }
    this.changed(await this.held(), await this.waiting());
  }

  /** @param {Item} item @returns {Promise<boolean>} go on with the next? */
  async one(item) {
    const result = await this.deliver(item);
    if ("passing" in result || "signedOut" in result) {
      await this.store.put({ ...item, tries: item.tries + 1 });
      return false;
    }
    await this.store.remove(item.key);
    if (this.awaited.has(item.key)) this.outcomes.set(item.key, result);
    else this.settled(item, result); // nobody asks for this one any more: somebody must say it
    return true;
  }
}
