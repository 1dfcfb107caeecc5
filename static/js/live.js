// A live page. Subscribe, then snapshot, then merge by version; on every reconnect the same again.
// The page is told how current it is; the server's clock is the one that counts. A page nobody looks at draws nothing.
import { heardServerTime, iso, linkStep, serverNow, STALE_AFTER } from "./clock.js";
import { waitBefore } from "./live-line.js";
import { openLink } from "./live-link.js";
import { showPill, showStep, warnOfClock } from "./live-pill.js";

/** @typedef {import("./types.js").RowsMessage} RowsMessage */
/** @typedef {import("./types.js").Digest} Digest */
/** @typedef {import("./types.js").CountsMessage} CountsMessage */
/** @typedef {import("./clock.js").LinkStep} LinkStep */

/**
 * @typedef {Object} Listener
 * @property {string[]} units
 * @property {() => void | Promise<void>} fetch      every watched thing again: after the subscription, a resync, a new epoch
 * @property {(message: RowsMessage) => void} [rows]
 * @property {(message: CountsMessage) => void} [counts]
 * @property {(digest: Digest) => boolean} [agrees]  does the page hold what the digest says?
 * @property {(message: import("./types.js").CoverageMessage) => void} [coverage]
 * @property {(message: import("./types.js").MissingMessage) => void} [missing]
 * @property {(event: string, data: any) => void} [other] standup, message, memos, seat, loan
 */

const SLEEPS_AFTER = 50_000; // before the hub keeps rows from a hidden tab
const MOST_HELD = 200; // frames kept for a hidden page; beyond, fetching is cheaper than drawing them
const DIGEST_WAIT = 3_000;
const OFFSET_KEY = "zaiseki:clock-offset"; // read by frame.js

export class Live {
  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
    /** When what is shown was last known to be the server's; null: not yet. @type {number | null} */
    this.heardAt = null;
    /** Of the last word at all: a page that sleeps is connected, though not current. @type {number | null} */
    this.spokenAt = null;
    /** @type {string | null} */
    this.asOf = document.getElementById("live")?.dataset.asOf ?? null;
    /** How old the page was when it came. Kept from before, because the server is gone: not current from the first. */
    this.ageAtStart = "kept" in document.body.dataset ? keptFor(this.asOf) : 0;
    this.epoch = "";
    this.hiddenSince = 0;
    /** What came while hidden, one of each that is about the same; null: too much. @type {Map<unknown, () => void> | null} */
    this.held = new Map();
    /** @type {LinkStep | ""} */
    this.step = "";
    this.pending = true; // what was missed is not fetched yet
    this.owed = false; // to be fetched once somebody looks
    this.turn = 0;
    this.failures = 0;
    this.keptOffset = Infinity;
    this.link = openLink();
    this.wire();
    this.link.watch(listener.units);
    this.pace();
    this.show();
  }

  wire() {
    const { link, listener } = this;
    link.on(":watched", ({ epoch }) => {
      this.epoch = epoch || this.epoch;
      this.pending = true;
      this.fetchAgain();
    });
    link.on(":awake", ({ missed }) => this.awake(missed));
    link.on("rows", (message) => {
      this.heard(message.as_of);
      this.draw(() => listener.rows?.(message));
    });
    link.on("counts", (message) => {
      this.heard(message.as_of);
      this.draw(() => listener.counts?.(message));
    });
    link.on("coverage", (message) => {
      this.heard(message.as_of);
      this.draw(() => listener.coverage?.(message));
    });
    link.on("missing", (message) => this.draw(() => listener.missing?.(message)));
    link.on("beat", (beat) => {
      const restored = this.epoch && beat.epoch !== this.epoch;
      this.epoch = beat.epoch;
      this.heard(beat.as_of);
      if (restored) this.fetchAgain();
    });
    link.on("digest", (digest) => this.check(digest));
    link.on("resync", (message) =>
      setTimeout(() => this.fetchAgain(), Math.random() * (message?.spread_s ?? 0) * 1_000),
    );
    for (const event of ["standup", "message", "memos", "question", "seat", "loan"])
      link.on(event, (data) => this.draw(() => listener.other?.(event, data), about(event, data)));
    document.addEventListener("visibilitychange", () => this.visibility());
  }

  /** Other frames of the server. @param {string} event @param {(data: any) => void} act */
  on(event, act) {
    this.link.on(event, (data) => this.draw(() => act(data), about(event, data)));
  }

  /** At once where somebody looks; in order when somebody does. @param {() => void} act @param {unknown} [key] */
  draw(act, key = act) {
    if (!document.hidden) act();
    else if (this.held) {
      this.held.delete(key);
      this.held.set(key, act);
      if (this.held.size > MOST_HELD) this.held = null;
    }
  }

  // --- fetching -------------------------------------------------------------------------------

  fetchAgain() {
    if (document.hidden) this.owed = true;
    else this.load();
  }

  /** Fetch everything watched; until it has come, the page does not claim to be current. */
  load() {
    const turn = ++this.turn;
    this.owed = false;
    Promise.resolve(this.listener.fetch()).then(
      () => this.loaded(turn),
      (error) => this.failed(turn, error),
    );
  }

  /** @param {number} turn */
  loaded(turn) {
    if (turn !== this.turn) return;
    this.failures = 0;
    if (this.link.state !== "open") return;
    this.pending = false;
    this.heardAt = this.spokenAt = Date.now();
    const now = iso(serverNow());
    if (!this.asOf || now > this.asOf) this.asOf = now;
    this.show();
  }

  /** @param {number} turn @param {{retryAfter?: number}} error */
  failed(turn, error) {
    const wait = waitBefore(this.failures++, Math.random());
    const asked = (error?.retryAfter ?? 0) * 1_000 * (1 + Math.random());
    setTimeout(() => turn === this.turn && this.fetchAgain(), Math.max(wait, asked));
  }

  /** A digest that differs may only be ahead of rows on their way: look again, then fetch. @param {Digest} digest */
  check(digest) {
    const { agrees } = this.listener;
    if (!agrees || document.hidden || agrees(digest)) return;
    setTimeout(() => !document.hidden && !agrees(digest) && this.fetchAgain(), DIGEST_WAIT);
  }

  // --- who looks ------------------------------------------------------------------------------

  visibility() {
    this.pace();
    if (document.hidden) {
      this.hiddenSince = Date.now();
      return;
    }
    // Whether frames were missed is the hub's to say; until it has, the page is as old as its last rows.
    if (this.hiddenSince && this.slept()) this.pending = true;
    const held = this.held;
    this.held = new Map();
    if (held) for (const act of held.values()) act();
    else this.owed = true;
    if (this.owed) this.load();
    this.show();
  }

  slept() {
    return Date.now() - this.hiddenSince > SLEEPS_AFTER;
  }

  /** @param {boolean} missed */
  awake(missed) {
    if (missed) this.fetchAgain();
    else if (this.pending && !this.owed && this.heardAt !== null && this.failures === 0) {
      this.pending = false;
      this.heardAt = this.spokenAt;
      this.show();
    }
  }

  // --- how current ----------------------------------------------------------------------------

  /** @param {string} asOf */
  heard(asOf) {
    this.spokenAt = Date.now();
    const current = !this.pending && !(document.hidden && this.slept());
    if (current) this.heardAt = Date.now();
    if (!asOf) return;
    if (current && (!this.asOf || asOf > this.asOf)) this.asOf = asOf;
    this.keepOffset(heardServerTime(asOf));
    this.show();
  }

  /** A snapshot was taken by HTTP: that too is word from the server. @param {string} asOf */
  fetched(asOf) {
    if (!this.asOf || asOf > this.asOf) this.asOf = asOf;
    this.heard(asOf);
  }

  /** @param {number} offset */
  keepOffset(offset) {
    warnOfClock(offset);
    if (Math.abs(offset - this.keptOffset) < 2_000) return;
    this.keptOffset = offset;
    localStorage.setItem(OFFSET_KEY, String(Math.round(offset)));
  }

  /** By the second where somebody looks; hidden, only the title is seen. */
  pace() {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.show(), document.hidden ? 15_000 : 1_000);
  }

  show() {
    const since = document.hidden ? (this.spokenAt ?? this.heardAt) : this.heardAt;
    const step = linkStep(
      since === null ? null : Date.now() - since,
      performance.now() + this.ageAtStart,
    );
    const changed = step !== this.step;
    this.step = step;
    showPill(step, this.asOf);
    if (!changed) return;
    showStep(step, this.asOf);
    document.dispatchEvent(new CustomEvent("zaiseki:step", { detail: step }));
  }
}

/** Of several words about the same only the last is worth a look. @param {string} event @param {any} data */
function about(event, data) {
  return [event, ...["unit", "week", "kind", "date", "half"].map((name) => data?.[name])].join();
}

/** @param {string | null} asOf */
function keptFor(asOf) {
  return Math.max(STALE_AFTER, asOf ? serverNow() - Date.parse(asOf) : 0);
}
