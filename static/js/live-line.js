// The one connection to the server, and when to try again. Knows nothing of tabs or pages; runs in a worker or a page.

/** closed: nobody needs it · connecting · open · waiting: lost, tried again later · refused: nobody is signed in
 * @typedef {"closed" | "connecting" | "open" | "waiting" | "refused"} LineState */
/**
 * @typedef {Object} Socket  what is used of socket.io-client's
 * @property {(event: string, act: (...data: any[]) => void) => unknown} on
 * @property {(act: (event: string, data: any) => void) => unknown} onAny
 * @property {(event: string, data: any) => unknown} emit
 * @property {(ms: number) => {emit: (event: string, data: any, done: (failed: Error | null, answer: any) => void) => unknown}} timeout
 * @property {() => unknown} connect
 * @property {() => unknown} disconnect
 *
 * @typedef {Object} Timers  lent, so that tests hold the clock
 * @property {() => number} now ms
 * @property {(act: () => void, ms: number) => any} later
 * @property {(timer: any) => void} cancel
 * @property {() => number} random
 */

/** @type {Timers} */
export const TIMERS = {
  now: () => Date.now(),
  later: (act, ms) => setTimeout(act, ms),
  cancel: (timer) => clearTimeout(timer),
  random: Math.random,
};

const ANSWER_WITHIN = 10_000;
const STEADY = 60_000; // a connection that lasted so long was no failure
const APART = 2_000; // between two attempts that a person's own doing asks for

/** How long to wait before attempt n (from 0): 1–4 s, 2–8, 4–16, 8–30, then 15–30. Ten thousand that dropped at once
 * come back over three seconds and not in one; a refusal at the door (503; a page sees neither status nor Retry-After)
 * makes it longer.
 * @param {number} attempt @param {number} random 0…1 */
export function waitBefore(attempt, random) {
  const least = Math.min(1_000 * 2 ** attempt, 15_000);
  const most = Math.min(4_000 * 2 ** attempt, 30_000);
  return least + random * (most - least);
}

export class Line {
  /** @param {Socket} socket that neither connects nor reconnects by itself @param {Timers} [timers] */
  constructor(socket, timers = TIMERS) {
    this.socket = socket;
    this.timers = timers;
    /** @type {LineState} */
    this.state = "closed";
    this.attempts = 0;
    this.openedAt = 0;
    this.triedAt = -Infinity;
    this.draining = false;
    /** @type {any} */
    this.timer = undefined;
    /** @type {(state: LineState) => void} */
    this.changed = () => {};
    /** @type {(event: string, data: any) => void} */
    this.heard = () => {};
    this.wire();
  }

  wire() {
    const { socket } = this;
    socket.on("connect", () => {
      this.openedAt = this.timers.now();
      this.turn("open");
    });
    socket.on("disconnect", () => this.lost());
    socket.on("connect_error", (/** @type {Error} */ error) =>
      error.message === "unauthorized" ? this.turn("refused") : this.again(),
    );
    socket.onAny((event, data) => (event === "drain" ? this.drain(data) : this.heard(event, data)));
  }

  /** @param {LineState} state */
  turn(state) {
    if (this.state === state) return;
    this.state = state;
    this.changed(state);
  }

  connect() {
    this.timers.cancel(this.timer);
    this.draining = false;
    this.triedAt = this.timers.now();
    this.turn("connecting");
    this.socket.connect();
  }

  /** Not before its time where a wait is under way that the server asked for. */
  retry() {
    if (this.state === "open" || this.state === "connecting" || this.draining) return;
    const gap = this.triedAt + APART - this.timers.now();
    if (gap > 0) this.after(gap);
    else this.connect();
  }

  lost() {
    if (this.state !== "open") return; // our own doing: what follows is arranged already
    // Closed at once after each connect (too many windows of one person): no better than a refusal.
    if (this.timers.now() - this.openedAt > STEADY) this.attempts = 0;
    this.again();
  }

  again() {
    this.after(waitBefore(this.attempts, this.timers.random()));
    this.attempts += 1;
  }

  /** @param {number} ms */
  after(ms) {
    this.timers.cancel(this.timer);
    this.turn("waiting");
    this.timer = this.timers.later(() => this.connect(), ms);
  }

  /** The server is about to stop: come back at a moment of one's own within the time it names.
   * @param {{spread_s?: number} | undefined} wanted */
  drain(wanted) {
    this.attempts = 0;
    this.turn("waiting");
    this.socket.disconnect();
    this.after(this.timers.random() * 1_000 * Math.max(1, Number(wanted?.spread_s) || 0));
    this.draining = true;
  }

  /** It answers no more. */
  restart() {
    if (this.state !== "open") return;
    this.turn("waiting");
    this.socket.disconnect();
    this.again();
  }

  close() {
    this.timers.cancel(this.timer);
    this.draining = false;
    this.turn("closed");
    this.socket.disconnect();
  }

  /** Only on an open line: what is sent into a lost one would be kept by the library and said twice.
   * @param {string} event @param {any} data @returns {Promise<any>} */
  call(event, data) {
    if (this.state !== "open") return Promise.reject(new Error("not connected"));
    return new Promise((resolve, reject) => {
      this.socket
        .timeout(ANSWER_WITHIN)
        .emit(event, data, (failed, answer) => (failed ? reject(failed) : resolve(answer)));
    });
  }
}
