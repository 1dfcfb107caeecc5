// One connection per page. Subscribe, then snapshot, then merge by version; on every reconnect the same again.
// The page is told how current it is; the server's clock is the one that counts.
import { io } from "../vendor/socket.io.esm.min.js";
import { askToSignIn } from "./api.js";
import { heardServerTime, hms, linkStep, pcClockIsOff, serverNow } from "./clock.js";
import { t } from "./text.js";
import { showStale } from "./title.js";
import { announce } from "./toast.js";

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
 * @property {(event: string, data: any) => void} [other] standup, message, seat, loan
 */

const HIDDEN_FOR = 55_000; // the server stops sending rows to a page hidden for a minute
const DIGEST_WAIT = 3_000;
const OFFSET_KEY = "zaiseki:clock-offset"; // read by frame.js

export class Live {
  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
    /** @type {number | null} machine time of the last word from the server */
    this.heardAt = null;
    /** @type {string | null} */
    this.asOf = document.getElementById("live")?.dataset.asOf ?? null;
    this.epoch = "";
    this.hiddenSince = 0;
    /** @type {LinkStep | ""} */
    this.step = "";
    this.asking = false;
    this.pending = true; // subscribed, but what was missed meanwhile is not fetched yet
    this.turn = 0;
    this.keptOffset = Infinity;
    this.socket = io({
      transports: ["websocket"],
      reconnectionDelay: 1_000,
      reconnectionDelayMax: 30_000,
      randomizationFactor: 0.5,
      timeout: 15_000,
    });
    this.wire();
    setInterval(() => this.show(), 1_000);
    this.show();
  }

  wire() {
    const { socket, listener } = this;
    socket.on("connect", () => this.subscribe());
    socket.on("disconnect", (reason) => {
      // The server closed it (a sign-out elsewhere, too many windows): try again later, not at once.
      if (reason === "io server disconnect")
        setTimeout(() => socket.connect(), 1_000 + Math.random() * 4_000);
    });
    socket.on("connect_error", (error) => void this.refused(error));
    socket.on("rows", (message) => {
      this.heard(message.as_of);
      listener.rows?.(message);
    });
    socket.on("counts", (message) => {
      this.heard(message.as_of);
      listener.counts?.(message);
    });
    socket.on("beat", (beat) => {
      this.heard(beat.as_of);
      if (this.epoch && beat.epoch !== this.epoch) this.fetchAgain(beat.epoch);
      this.epoch = beat.epoch;
    });
    socket.on("digest", (digest) => this.check(digest));
    socket.on("resync", ({ spread_s: spread = 0 }) =>
      setTimeout(() => this.fetchAgain(), Math.random() * spread * 1_000),
    );
    socket.on("coverage", (message) => {
      this.heard(message.as_of);
      listener.coverage?.(message);
    });
    socket.on("missing", (message) => listener.missing?.(message));
    for (const event of ["standup", "message", "seat", "loan"])
      socket.on(event, (data) => listener.other?.(event, data));
    passOn(socket);
    document.addEventListener("visibilitychange", () => this.visibility());
    addEventListener("online", () => !socket.connected && socket.connect());
  }

  subscribe() {
    this.socket.emit("hello", { visible: !document.hidden });
    this.socket
      .timeout(10_000)
      .emit(
        "watch",
        { units: this.listener.units },
        (/** @type {Error | null} */ failed, /** @type {any} */ ack) => {
          if (failed) {
            this.socket.disconnect().connect();
            return;
          }
          this.epoch = ack.epoch ?? this.epoch;
          this.pending = true;
          this.load();
        },
      );
  }

  /** Fetch everything watched; until it has come, the page does not claim to be current. */
  load() {
    const turn = ++this.turn;
    Promise.resolve(this.listener.fetch()).then(
      () => {
        if (turn !== this.turn || !this.socket.connected) return;
        this.pending = false;
        this.heardAt = Date.now();
        this.show();
      },
      () => setTimeout(() => turn === this.turn && this.load(), 2_000 + Math.random() * 6_000),
    );
  }

  /** @param {string} [epoch] */
  fetchAgain(epoch) {
    if (epoch) this.epoch = epoch;
    this.load();
  }

  /** @param {Error} error */
  async refused(error) {
    if (error.message !== "unauthorized") {
      // Refused for another reason: the library does not try again by itself.
      if (!this.socket.active)
        setTimeout(() => this.socket.connect(), 5_000 + Math.random() * 25_000);
      return;
    }
    if (this.asking) return;
    this.asking = true;
    if (await askToSignIn()) this.socket.connect();
    this.asking = false;
  }

  /** @param {string} asOf */
  heard(asOf) {
    if (!this.pending) this.heardAt = Date.now();
    if (!asOf) return;
    if (!this.pending && (!this.asOf || asOf > this.asOf)) this.asOf = asOf;
    this.keepOffset(heardServerTime(asOf));
    this.show();
  }

  /** @param {number} offset */
  keepOffset(offset) {
    warnOfClock(offset);
    if (Math.abs(offset - this.keptOffset) < 2_000) return;
    this.keptOffset = offset;
    localStorage.setItem(OFFSET_KEY, String(Math.round(offset)));
  }

  /** A digest that differs may only be ahead of rows on their way: look again, then fetch. @param {Digest} digest */
  check(digest) {
    const { listener } = this;
    if (!listener.agrees || document.hidden || listener.agrees(digest)) return;
    setTimeout(() => !listener.agrees?.(digest) && this.fetchAgain(), DIGEST_WAIT);
  }

  visibility() {
    const visible = !document.hidden;
    if (this.socket.connected) this.socket.emit("hello", { visible });
    if (!visible) this.hiddenSince = Date.now();
    else if (!this.socket.active) this.socket.connect();
    else if (this.hiddenSince && Date.now() - this.hiddenSince > HIDDEN_FOR) this.fetchAgain();
  }

  /** A snapshot was taken by HTTP: that too is word from the server. @param {string} asOf */
  fetched(asOf) {
    if (!this.asOf || asOf > this.asOf) this.asOf = asOf;
    this.heard(asOf);
  }

  show() {
    const step = linkStep(this.heardAt === null ? null : Date.now() - this.heardAt);
    const changed = step !== this.step;
    this.step = step;
    showPill(step, this.asOf);
    if (changed) showStep(step, this.asOf);
  }
}

const PASSED_ON = [
  "alert",
  "missing",
  "help",
  "help_over",
  "help_call",
  "notice",
  "message",
  "question",
  "request",
  "emergency",
  "emergency_tally",
];

/** What concerns the person on whatever page: told to the page as events of the document.
 * @param {{on: (event: string, act: (data?: any) => void) => unknown}} socket */
export function passOn(socket) {
  for (const event of PASSED_ON)
    socket.on(event, (data) =>
      document.dispatchEvent(new CustomEvent(`zaiseki:${event}`, { detail: data })),
    );
  socket.on("connect", () => document.dispatchEvent(new CustomEvent("zaiseki:connected")));
}

/** @param {LinkStep} step @param {string | null} asOf */
function showPill(step, asOf) {
  const pill = document.getElementById("live");
  if (!pill) return;
  const live = step === "live";
  const words = {
    live: t("接続中"),
    start: t("接続しています"),
    retry: t("再接続中"),
    stale: t("再接続中"),
    lost: t("再接続中"),
  };
  set(pill, "word", words[step]);
  set(pill, "time", asOf ? hms(asOf) : "");
  set(pill, "tail", live ? t("現在") : t("時点"));
  if (pill.dataset.step === step) return;
  pill.dataset.step = step;
  const use = pill.querySelector("use");
  use?.setAttribute(
    "href",
    `${use.getAttribute("href")?.split("#")[0]}#${live ? "available" : "auto"}`,
  );
}

/** @param {Element} pill @param {string} name @param {string} text */
function set(pill, name, text) {
  const node = pill.querySelector(`[data-live=${name}]`);
  if (node && node.textContent !== text) node.textContent = text;
}

/** @param {LinkStep} step @param {string | null} asOf */
function showStep(step, asOf) {
  const stale = step === "stale" || step === "lost";
  const time = asOf ? hms(asOf) : "";
  document.body.classList.toggle("is-stale", stale);
  document.body.dataset.link = step;
  const bar = document.getElementById("stalebar");
  const text = bar?.querySelector("[data-stale-text]");
  if (bar && text) {
    if (stale)
      text.textContent = t("再接続中です。{time} 時点の表示で、いまの状態ではありません。", {
        time,
      });
    bar.hidden = !stale;
  }
  showStale(stale);
  if (step === "retry") announce(t("接続が切れました。再接続しています。"));
  else if (stale) announce(t("再接続中です。{time} 時点の表示です。", { time }));
  else if (step === "live") announce(t("接続中です。"));
}

/** @param {number} offset */
function warnOfClock(offset) {
  const warning = document.getElementById("clock-warning");
  if (!warning) return;
  if ("demo" in document.body.dataset) return; // a demonstration has a clock of its own
  const off = pcClockIsOff(offset);
  if (warning.hidden !== off) return;
  warning.hidden = !off;
  const text = warning.querySelector("[data-clock-text]");
  const minutes = Math.round(Math.abs(offset) / 60_000);
  if (text && off)
    text.textContent = t(
      "この端末の時計が約 {minutes} 分ずれています。表示と報告の時刻は、サーバーの時計（{time}）によります。",
      { minutes, time: hms(serverNow()) },
    );
}
