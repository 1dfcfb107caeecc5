// A page's end of the connection: the worker that all tabs share, or one's own where there is none. One a page.
import { askToSignIn, get } from "./api.js";

/** @typedef {import("./live-hub.js").ToTab} ToTab */
/** @typedef {import("./live-line.js").LineState} LineState */

const ANSWER_WITHIN = 8_000; // a worker that says nothing at all
const SILENT = 40_000; // beats come every 15 s; without a connection nothing does, and silence proves nothing
const REFUSED_AGAIN = 15_000;
const ALONE_KEY = "zaiseki:alone"; // for this tab: the worker was tried in vain
/** What concerns the person on whatever page: told as events of the document. */
const PASSED_ON = new Set([
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
]);

function newId() {
  return [...crypto.getRandomValues(new Uint32Array(3))].map((n) => n.toString(36)).join("");
}

export class Link {
  constructor() {
    const { viewer = "", release = "" } = document.body.dataset;
    this.viewer = viewer;
    this.name = `zaiseki ${release} ${viewer}`;
    /** @type {Map<string, ((data: any) => void)[]>} */
    this.acts = new Map();
    /** @type {string[]} */
    this.units = [];
    /** @type {LineState} */
    this.state = "closed";
    this.id = "";
    /** @type {(message: any) => void} */
    this.post = () => {};
    this.hub = 0; // which one: what an earlier one still says is nothing to us
    this.heardAt = Date.now();
    this.asking = false;
    this.wire();
    this.holdLock().then(() => this.open());
  }

  /** Frames of the server by their names; "state", "watched" and "awake" of the hub with a colon before.
   * @param {string} event @param {(data: any) => void} act */
  on(event, act) {
    this.acts.set(event, [...(this.acts.get(event) ?? []), act]);
  }

  /** @param {string[]} units instead of those before */
  watch(units) {
    this.units = units;
    this.join();
  }

  retry() {
    this.post({ kind: "retry" });
  }

  // --- the hub --------------------------------------------------------------------------------

  /** Held until the tab is gone, crashed or closed: how the hub learns of it at once. */
  holdLock() {
    this.id = newId();
    if (!navigator.locks) return Promise.resolve(); // plain HTTP
    return new Promise((held) => {
      const name = `zaiseki-tab-${this.id}`;
      navigator.locks.request(name, () => new Promise(() => held(null))).catch(() => held(null));
    });
  }

  open() {
    if ("SharedWorker" in window && !sessionStorage.getItem(ALONE_KEY)) this.openShared();
    else this.openAlone();
  }

  openShared() {
    const hub = ++this.hub;
    try {
      const path = new URL("./live-worker.js", import.meta.url);
      // extendedLifetime: from page to page in the only tab without a new connection, where the browser knows it.
      const options = { type: "module", name: this.name, extendedLifetime: true };
      const worker = new SharedWorker(path, /** @type {WorkerOptions} */ (options));
      let answered = false;
      worker.onerror = () => !answered && hub === this.hub && this.openAlone();
      worker.port.onmessage = ({ data }) => {
        answered = true;
        this.heard(hub, data);
      };
      this.post = (message) => worker.port.postMessage({ ...message, id: this.id });
      setTimeout(() => {
        if (answered || hub !== this.hub) return;
        sessionStorage.setItem(ALONE_KEY, "1"); // the next page of this tab need not wait so long
        this.openAlone();
      }, ANSWER_WITHIN);
      this.join();
    } catch {
      this.openAlone();
    }
  }

  openAlone() {
    const mine = ++this.hub;
    const connect = async () => {
      const { openHub } = await import("./live-open.js");
      const hub = openHub(this.viewer);
      /** @param {ToTab} message */
      const hear = (message) => this.heard(mine, message);
      this.post = (message) => hub.from(this.id, hear, message);
      this.join();
    };
    // The server went just now: neither worker nor module could be fetched.
    connect().catch(() => setTimeout(() => mine === this.hub && this.open(), ANSWER_WITHIN));
  }

  join() {
    this.post({ kind: "join", units: this.units, visible: !document.hidden });
  }

  /** A worker that the browser has put away answers no more: find or make another.
   * @param {number} patience */
  look(patience) {
    if (document.hidden || Date.now() - this.heardAt < SILENT) return;
    const { hub } = this;
    const asked = Date.now();
    this.post({ kind: "alive" });
    setTimeout(() => {
      if (hub === this.hub && this.heardAt < asked && !document.hidden) this.open();
    }, patience);
  }

  // --- what it says ---------------------------------------------------------------------------

  /** @param {number} hub @param {ToTab} message */
  heard(hub, message) {
    if (hub !== this.hub) return;
    this.heardAt = Date.now();
    if (message.kind === "event") this.event(message.event, message.data);
    else if (message.kind === "who") this.join();
    else if (message.kind === "gone") location.reload();
    else if (message.kind === "ask") void this.ask();
    else if (message.kind !== "alive") this.tell(`:${message.kind}`, message);
    if (message.kind === "state") this.state = message.state;
    if (message.kind === "watched") this.connected();
  }

  /** The session has ended, or is another person's by now: then the page is made anew for whoever sits here. */
  async ask() {
    if (this.asking) return;
    this.asking = true;
    const who = await get("/api/v1/me", { quiet: true }).catch(() => null);
    if (who && who.staff !== this.viewer) location.reload();
    else if (who)
      setTimeout(() => this.retry(), REFUSED_AGAIN); // signed in, and refused for another reason
    else if (await askToSignIn()) this.retry();
    this.asking = false;
  }

  /** @param {string} event @param {any} data */
  event(event, data) {
    if (PASSED_ON.has(event))
      document.dispatchEvent(new CustomEvent(`zaiseki:${event}`, { detail: data }));
    this.tell(event, data);
  }

  /** @param {string} event @param {any} data */
  tell(event, data) {
    for (const act of this.acts.get(event) ?? []) act(data);
  }

  /** Everything asked for again after a loss: by the pages that are looked at; by the others when they are. */
  connected() {
    const say = () => document.dispatchEvent(new CustomEvent("zaiseki:connected"));
    if (document.hidden) document.addEventListener("visibilitychange", say, { once: true });
    else say();
  }

  wire() {
    document.addEventListener("visibilitychange", () => {
      this.post({ kind: "visible", visible: !document.hidden });
      this.look(2_000);
    });
    addEventListener("pagehide", () => this.post({ kind: "leave" }));
    addEventListener("pageshow", (event) => event.persisted && this.join());
    document.addEventListener("submit", (event) => {
      const form = /** @type {HTMLFormElement} */ (event.target);
      if (form.getAttribute("action") === "/signout") this.post({ kind: "leaving" });
    });
    setInterval(() => this.post({ kind: "alive" }), 60_000); // where the end of a tab cannot be noticed
    setInterval(() => this.look(ANSWER_WITHIN), 10_000);
  }
}

/** @type {Link | null} */
let link = null;

export function openLink() {
  return (link ??= new Link());
}
