// One connection for all tabs of a browser: counts what they watch, fans out what comes, lets hidden ones sleep.
// Runs in a SharedWorker, or in the page itself where there is none; tabs speak to it in messages either way.

/** @typedef {import("./live-line.js").Line} Line */
/** @typedef {import("./live-line.js").LineState} LineState */
/** @typedef {import("./live-line.js").Timers} Timers */
/**
 * join: here I am, or: I want other units now · leaving: signs out · alive: still there?
 * @typedef {{kind: "join", units: string[], visible: boolean}
 *   | {kind: "visible", visible: boolean}
 *   | {kind: "leave" | "leaving" | "retry" | "alive"}} FromTab
 *
 * watched: subscribed, fetch now · awake: visible again, with or without frames missed · ask: sign in again, you alone ·
 * gone: signed out in another tab · who: say again who you are
 * @typedef {{kind: "state", state: LineState}
 *   | {kind: "watched", epoch: string, refused: string[]}
 *   | {kind: "awake", missed: boolean}
 *   | {kind: "event", event: string, data: any}
 *   | {kind: "ask" | "gone" | "who" | "alive"}} ToTab
 *
 * @typedef {Object} Tab
 * @property {(message: ToTab) => void} post
 * @property {string[]} units
 * @property {boolean} visible
 * @property {number} since      when it was last shown or hidden
 * @property {boolean} missed    frames were kept from it while it was hidden
 * @property {boolean} subscribed  it has been told so, on this connection
 * @property {number} spoke
 */

export const ASLEEP_AFTER = 55_000; // of one tab; the server itself waits a minute once all are hidden
const KEEP_WATCHING = 10_000; // the next page often wants the same unit
const LINGER = 3_000; // without any tab: one goes from page to page
const DEAD_AFTER = 600_000; // a tab whose end cannot be noticed (plain HTTP): they speak once a minute
const SIGNING_OUT = 30_000;
const MOST_UNITS = 50;
/** What comes of watching a unit goes to who watches it; everything else concerns the person, on every page. */
const OF_UNITS = new Set(["rows", "counts", "coverage", "digest", "standup", "memos"]);

export class Hub {
  /** @param {Line} line @param {Timers} timers */
  constructor(line, timers) {
    this.line = line;
    this.timers = timers;
    /** @type {Map<string, Tab>} */
    this.tabs = new Map();
    /** What the server was asked for on this connection, and all it covers by that; null while it is asked.
     * @type {Map<string, Set<string> | null>} */
    this.held = new Map();
    this.epoch = "";
    this.connection = 0;
    this.leavingAt = -Infinity;
    this.shown = true; // what the server was last told, or takes for granted
    this.said = Promise.resolve(true);
    line.changed = (state) => this.turned(state);
    line.heard = (event, data) => this.spread(event, data);
  }

  // --- tabs -----------------------------------------------------------------------------------

  /** @param {string} id @param {(message: ToTab) => void} post @param {FromTab} message */
  from(id, post, message) {
    const tab = this.tabs.get(id);
    if (tab) tab.spoke = this.timers.now();
    if (message.kind === "join") this.join(id, post, message);
    else if (message.kind === "leave") this.leave(id);
    else if (!tab) post({ kind: "who" });
    else if (message.kind === "visible") void this.show(tab, message.visible);
    else if (message.kind === "leaving") this.leavingAt = this.timers.now();
    else if (message.kind === "retry") this.line.retry();
    else post({ kind: "alive" });
  }

  /** @param {string} id @param {(message: ToTab) => void} post @param {{units: string[], visible: boolean}} wanted */
  join(id, post, { units, visible }) {
    const now = this.timers.now();
    const before = this.tabs.get(id);
    const missed = before?.missed ?? false;
    const tab = { post, units, visible, since: now, missed, subscribed: false, spoke: now };
    this.tabs.set(id, tab);
    this.sweepTabs();
    post({ kind: "state", state: this.line.state });
    if (this.line.state !== "open") this.line.retry();
    else void this.subscribe();
    void this.hello();
    if (before) this.timers.later(() => this.unwatch(), KEEP_WATCHING);
  }

  /** @param {string} id */
  leave(id) {
    if (!this.tabs.delete(id)) return;
    void this.hello();
    this.timers.later(() => this.unwatch(), KEEP_WATCHING);
    this.timers.later(() => this.tabs.size === 0 && this.line.close(), LINGER);
  }

  sweepTabs() {
    const dead = this.timers.now() - DEAD_AFTER;
    for (const [id, tab] of this.tabs) if (tab.spoke < dead) this.leave(id);
  }

  /** @param {Tab} tab @param {boolean} visible */
  async show(tab, visible) {
    if (tab.visible !== visible) tab.since = this.timers.now();
    tab.visible = visible;
    if (visible && this.line.state !== "open") this.line.retry();
    // First awake with the server, then fetch: the other way round what happens between is lost.
    if (!(await this.hello()) || !visible || !tab.visible) return;
    tab.post({ kind: "awake", missed: tab.missed });
    tab.missed = false;
  }

  /** Hidden is who has no tab in sight. @returns {Promise<boolean>} whether the server knows */
  hello() {
    if (this.line.state !== "open") return Promise.resolve(false);
    const visible = [...this.tabs.values()].some((tab) => tab.visible);
    if (visible !== this.shown && this.tabs.size > 0) {
      this.shown = visible;
      this.said = this.say(visible);
    }
    return this.said;
  }

  /** @param {boolean} visible */
  async say(visible) {
    const { connection } = this;
    try {
      const answer = await this.line.call("hello", { visible });
      if (answer?.fetch) for (const tab of this.tabs.values()) tab.missed = true;
    } catch {
      if (connection === this.connection) this.line.restart();
      return false;
    }
    return true;
  }

  // --- the line -------------------------------------------------------------------------------

  /** @param {LineState} state */
  turned(state) {
    if (state === "open") {
      this.connection += 1;
      this.leavingAt = -Infinity;
      this.shown = true;
      this.said = Promise.resolve(true);
      this.held.clear();
      for (const tab of this.tabs.values()) tab.subscribed = false;
    }
    for (const tab of this.tabs.values()) tab.post({ kind: "state", state });
    if (state === "open") {
      void this.hello();
      void this.subscribe();
    }
    if (state === "refused") this.refused();
  }

  /** Asked once a browser, where it is seen. After a sign-out here nobody is asked: the other tabs go too. */
  refused() {
    const tabs = [...this.tabs.values()];
    if (this.timers.now() - this.leavingAt < SIGNING_OUT) {
      for (const tab of tabs) tab.post({ kind: "gone" });
      return;
    }
    const seen = tabs.filter((tab) => tab.visible).sort((a, b) => b.since - a.since);
    seen[0]?.post({ kind: "ask" });
  }

  wanted() {
    return new Set([...this.tabs.values()].flatMap((tab) => tab.units));
  }

  /** Each unit on its own: only so it is known what it covers. @param {boolean} [again] also those that are held */
  async subscribe(again = false) {
    const codes = [...this.wanted()].filter((code) => again || !this.held.has(code));
    await Promise.all(codes.map((code) => this.watch(code)));
    for (const tab of this.tabs.values()) this.tell(tab);
  }

  /** @param {string} code */
  async watch(code) {
    const { connection } = this;
    if (!this.held.has(code)) this.held.set(code, null);
    try {
      const answer = await this.line.call("watch", { units: [code] });
      if (connection !== this.connection) return;
      this.epoch = answer.epoch ?? this.epoch;
      this.held.set(code, new Set(Object.keys(answer.units ?? {})));
    } catch {
      if (connection === this.connection) this.line.restart();
    }
  }

  /** @param {Tab} tab */
  tell(tab) {
    if (tab.subscribed || this.line.state !== "open") return;
    if (!tab.units.every((code) => this.held.get(code))) return;
    tab.subscribed = true;
    const refused = tab.units.filter((code) => this.held.get(code)?.size === 0);
    tab.post({ kind: "watched", epoch: this.epoch, refused });
  }

  /** `unwatch` takes the units below too: what a wanted one covers is left alone until that one goes. */
  unwatch() {
    if (this.line.state !== "open") return;
    const wanted = this.wanted();
    const covered = (/** @type {string} */ code) =>
      [...wanted].some((above) => this.held.get(above)?.has(code));
    const over = [...this.held.keys()].filter((code) => !wanted.has(code) && !covered(code));
    for (const code of over) this.held.delete(code);
    for (let at = 0; at < over.length; at += MOST_UNITS)
      this.line.call("unwatch", { units: over.slice(at, at + MOST_UNITS) }).catch(() => {});
  }

  /** @param {string} event @param {any} data */
  spread(event, data) {
    if (event === "resync") void this.subscribe(true); // roles or units may have changed: what covers what, anew
    for (const tab of this.tabs.values()) {
      if (OF_UNITS.has(event) && !this.covers(tab, data?.unit)) continue;
      if (OF_UNITS.has(event) && this.sleeps(tab)) tab.missed = true;
      else tab.post({ kind: "event", event, data });
    }
  }

  /** @param {Tab} tab @param {string} unit */
  covers({ units }, unit) {
    return units.some((code) => code === unit || this.held.get(code)?.has(unit));
  }

  /** @param {Tab} tab */
  sleeps({ visible, since }) {
    return !visible && this.timers.now() - since > ASLEEP_AFTER;
  }
}
