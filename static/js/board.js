// The board of a section: first paint and updates by the same renderer, in the server's order, never sorted by state.
import { get } from "./api.js";
import { serverNow } from "./clock.js";
import { CoveragePanel } from "./coverage.js";
import { wireHelp } from "./help.js";
import { keepViews, newestView } from "./kept-view.js";
import { Live } from "./live.js";
import { Board, keyOf, matches } from "./merge.js";
import { openPerson, refreshPerson } from "./person.js";
import { colour, fromTemplate, paint, part, shape, write } from "./render.js";
import { label, t } from "./text.js";
import { announce } from "./toast.js";
import { backSoon, sentenceOf, viewOf } from "./view.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Snapshot} Snapshot */

const ANNOUNCE_EVERY = 6_000;
const VIEW_KEY = "zaiseki:board-view";

class BoardPage {
  /** @param {Snapshot} snapshot @param {HTMLElement} root */
  constructor(snapshot, root) {
    this.unit = snapshot.unit;
    this.snapshot = snapshot;
    this.root = root;
    this.board = new Board(snapshot);
    /** @type {Map<string, HTMLElement>} */
    this.nodes = new Map();
    /** @type {Set<string>} */
    this.states = new Set();
    /** @type {Set<string>} */
    this.places = new Set();
    /** @type {Map<string, Row>} not yet spoken */
    this.unspoken = new Map();
    /** @type {Map<string, string>} what each tile says: a version may come without any visible change */
    this.sentences = new Map();
    const cover = document.getElementById("cover");
    this.cover = cover ? new CoveragePanel(snapshot, cover) : null;
    this.view = localStorage.getItem(VIEW_KEY) === "table" ? "table" : "tiles";
  }

  start() {
    this.wire();
    this.draw();
    this.showCounts();
    this.live = new Live({
      units: [this.unit],
      fetch: () => this.fetch(),
      rows: (message) => this.merge(message),
      agrees: (digest) => {
        const mine = this.board.digest(digest.unit);
        return mine.count === digest.count && mine.sum === digest.sum;
      },
      coverage: (message) => {
        if (this.cover?.apply(message) === false) void this.fetch().catch(() => {});
      },
      missing: (message) => this.cover?.applyMissing(message),
    });
    keepViews(() => this.shown());
    setInterval(() => this.speak(), ANNOUNCE_EVERY);
    setInterval(() => document.hidden || this.showSoon(), 30_000);
  }

  async fetch() {
    const snapshot = await get(`/api/v1/boards/${encodeURIComponent(this.unit)}`);
    this.snapshot = snapshot;
    this.live?.fetched(snapshot.as_of);
    const { changed, moved } = this.board.replace(snapshot);
    if (moved) this.draw();
    else this.touch(changed);
    this.cover?.replace(snapshot);
    this.showCounts();
  }

  /** As a snapshot. @returns {Snapshot} */
  shown() {
    const { epoch, groups, forms, rows } = this.board;
    const as_of = this.live?.asOf ?? this.snapshot.as_of;
    const board = { epoch, groups, forms, rows: [...rows.values()] };
    return { ...this.snapshot, ...board, as_of, ...this.cover?.shown() };
  }

  /** @param {import("./types.js").RowsMessage} message */
  merge(message) {
    const { changed, gone, refetch } = this.board.apply(message);
    if (refetch) void this.fetch().catch(() => {});
    if (gone.length > 0) this.draw();
    this.touch(changed);
    if (changed.length + gone.length > 0) this.showCounts();
  }

  /** Only the changed tiles. @param {Row[]} rows */
  touch(rows) {
    for (const row of rows) {
      const node = this.nodes.get(keyOf(row));
      if (!node) continue;
      paint(node, row);
      this.filterOne(node, row);
      refreshPerson(row);
      if (!this.saysSomethingNew(row)) continue;
      node.classList.remove("fresh");
      requestAnimationFrame(() => node.classList.add("fresh"));
      this.unspoken.set(keyOf(row), row);
    }
    this.filterGroups();
  }

  /** @param {Row} row */
  saysSomethingNew(row) {
    const key = keyOf(row);
    const sentence = sentenceOf(row, serverNow());
    const before = this.sentences.get(key);
    this.sentences.set(key, sentence);
    return before !== sentence;
  }

  /** Everything: the first paint, another view, somebody came or left. */
  draw() {
    const focused = document.activeElement?.closest("[data-key]")?.getAttribute("data-key");
    const table = this.view === "table";
    this.nodes.clear();
    const made = this.board.groups.map((group) => this.group(group, table));
    this.root.replaceChildren(...made);
    this.root.dataset.view = this.view;
    this.filter();
    if (focused) this.nodes.get(focused)?.querySelector("button")?.focus();
    document.getElementById("nobody")?.toggleAttribute("hidden", this.board.rows.size > 0);
    document.getElementById("board-counts")?.toggleAttribute("hidden", this.board.rows.size === 0);
  }

  /** @param {import("./types.js").Group} group @param {boolean} table */
  group(group, table) {
    const section = fromTemplate(table ? "t-group-table" : "t-group");
    section.dataset.unit = group.unit;
    write(section, "group", group.name);
    const link = /** @type {HTMLAnchorElement | null} */ (section.querySelector("h2 a"));
    if (link) {
      link.href = `/board/${encodeURIComponent(group.unit)}`;
      if (group.unit === this.unit) link.removeAttribute("href");
    }
    const list = /** @type {HTMLElement} */ (part(section, "list"));
    (part(section, "region") ?? list).setAttribute("aria-label", group.name);
    for (const row of this.board.rows.values()) {
      if (row.unit !== group.unit) continue;
      const node = fromTemplate(table ? "t-row" : "t-tile");
      const key = keyOf(row);
      node.dataset.key = key;
      paint(node, row);
      this.nodes.set(key, node);
      this.saysSomethingNew(row);
      list.append(node);
    }
    return section;
  }

  showCounts() {
    const counts = this.board.counts();
    for (const press of document.querySelectorAll(".count")) {
      const { state, place } = /** @type {HTMLElement} */ (press).dataset;
      const number = state
        ? (counts.states[state] ?? 0)
        : place
          ? (counts.places[place] ?? 0)
          : counts.people;
      write(press, "n", String(number));
      write(
        press,
        "planned",
        place === "office" && counts.planned ? t("（予定 {n}）", { n: counts.planned }) : "",
      );
      const rare = state === "duty" || state === "absent";
      press.closest("li")?.toggleAttribute("hidden", rare && number === 0);
    }
    this.showLead(counts);
    this.showSoon();
  }

  /** @param {ReturnType<Board["counts"]>} counts */
  showLead(counts) {
    const lead = document.getElementById("lead");
    if (!lead) return;
    lead.hidden = counts.people === 0 || document.body.classList.contains("has-cover");
    write(lead, "reachable", String(counts.reachable));
    write(lead, "all", String(counts.people));
    const people = document.getElementById("people");
    if (people) people.textContent = String(counts.people);
    const missing = counts.states.no_report ?? 0;
    write(lead, "missing", missing ? t("未報告 {n}人", { n: missing }) : "");
    lead.querySelector("[data-missing]")?.toggleAttribute("hidden", missing === 0);
  }

  /** Who is to be back soon: the next thing one asks after "not reachable". */
  showSoon() {
    const place = document.getElementById("soon");
    const list = place?.querySelector("ul");
    if (!place || !list) return;
    const { first, more } = backSoon(this.board.rows.values(), serverNow());
    list.replaceChildren(
      ...first.map(({ row, time }) => {
        const item = fromTemplate("t-soon");
        const view = viewOf(row, serverNow());
        write(item, "time", time);
        write(item, "name", row.name);
        shape(item, "shape", view.shape);
        colour(item.querySelector("svg"), view.colour);
        const press = /** @type {HTMLElement} */ (item.querySelector("button"));
        press.dataset.key = keyOf(row);
        return item;
      }),
    );
    write(place, "more", more ? t("ほか{n}人", { n: more }) : "");
    place.hidden = first.length === 0;
  }

  /** @param {HTMLElement} node @param {Row} row */
  filterOne(node, row) {
    node.hidden = !matches(row, this.states, this.places);
  }

  filter() {
    for (const [key, row] of this.board.rows) {
      const node = this.nodes.get(key);
      if (node) this.filterOne(node, row);
    }
    this.filterGroups();
    const none = this.states.size + this.places.size === 0;
    for (const press of document.querySelectorAll(".count")) {
      const { state, place } = /** @type {HTMLElement} */ (press).dataset;
      const on = state ? this.states.has(state) : place ? this.places.has(place) : none;
      press.setAttribute("aria-pressed", String(on));
    }
  }

  filterGroups() {
    let shown = 0;
    for (const section of this.root.querySelectorAll("[data-unit]")) {
      const all = section.querySelectorAll("[data-key]").length;
      const here = section.querySelectorAll("[data-key]:not([hidden])").length;
      section.toggleAttribute("hidden", here === 0);
      write(
        section,
        "people",
        here === all ? t("{n}人", { n: all }) : t("{all}人のうち {n}人", { n: here, all }),
      );
      shown += here;
    }
    const empty = document.getElementById("no-match");
    empty?.toggleAttribute("hidden", shown > 0 || this.board.rows.size === 0);
    return shown;
  }

  /** Several changes are one sentence, at most every few seconds. */
  speak() {
    if (this.unspoken.size === 0 || document.hidden) return;
    const rows = [...this.unspoken.values()];
    this.unspoken.clear();
    const first = rows.slice(0, 3).map((row) => sentenceOf(row, serverNow()));
    announce(
      rows.length > 3
        ? t("{first}、ほか{n}人の表示が変わりました", {
            first: first.join("、"),
            n: rows.length - 3,
          })
        : first.join("、"),
    );
  }

  wire() {
    document.getElementById("board-counts")?.addEventListener("click", (event) => {
      const press = /** @type {HTMLElement | null} */ (
        /** @type {Element} */ (event.target).closest(".count")
      );
      if (press) this.press(press);
    });
    document.getElementById("clear-filter")?.addEventListener("click", () => this.clear());
    document.querySelector(".boardtools")?.addEventListener("click", (event) => {
      const press = /** @type {HTMLElement | null} */ (
        /** @type {Element} */ (event.target).closest("[data-view]")
      );
      if (press) this.setView(press.dataset.view === "table" ? "table" : "tiles");
    });
    this.showView();
    document.addEventListener("click", (event) => {
      const key = /** @type {Element} */ (event.target)
        .closest("[data-key]")
        ?.getAttribute("data-key");
      const row = key && this.board.rows.get(key);
      if (row) void openPerson(row.staff, row);
    });
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("zaiseki:row", (event) => {
      const row = /** @type {CustomEvent} */ (event).detail;
      this.merge({ unit: row.unit, epoch: this.board.epoch, as_of: "", rows: [row] });
    });
  }

  /** @param {HTMLElement} press */
  press(press) {
    const { state, place } = press.dataset;
    if (!state && !place) return this.clear();
    const set = state ? this.states : this.places;
    const name = state ?? place ?? "";
    if (!set.delete(name)) set.add(name);
    this.filter();
    announce(
      t("{n}人を表示しています", {
        n: this.root.querySelectorAll("[data-key]:not([hidden])").length,
      }),
    );
  }

  clear() {
    this.states.clear();
    this.places.clear();
    this.filter();
    announce(t("全員を表示しています"));
  }

  /** @param {"tiles" | "table"} view */
  setView(view) {
    this.view = view;
    localStorage.setItem(VIEW_KEY, view);
    this.showView();
    this.draw();
  }

  showView() {
    for (const press of document.querySelectorAll("[data-view][aria-pressed]")) {
      press.setAttribute(
        "aria-pressed",
        String(/** @type {HTMLElement} */ (press).dataset.view === this.view),
      );
    }
  }

  /** Arrows and j/k go through the people as they are drawn. @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {Element} */ (event.target);
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      target.closest("input, textarea, select, dialog[open], .more")
    )
      return;
    const here = target.closest("#board [data-key]");
    const step = { j: 1, k: -1, ...(here ? { ArrowDown: 1, ArrowUp: -1 } : {}) }[event.key];
    if (step !== undefined) this.move(here, step);
    else if (here && (event.key === "ArrowRight" || event.key === "ArrowLeft"))
      this.moveAcross(here, event.key === "ArrowRight" ? 1 : -1);
    else if (event.key === "Escape" && this.states.size + this.places.size > 0) this.clear();
    else return;
    event.preventDefault();
  }

  /** @param {Element | null} here @param {number} step */
  move(here, step) {
    const all = [...this.root.querySelectorAll("[data-key]:not([hidden])")];
    const at = here ? all.indexOf(here) : step > 0 ? -1 : all.length;
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    next?.querySelector("button")?.focus();
  }

  /** The neighbour on the same line of the next column. @param {Element} here @param {number} step */
  moveAcross(here, step) {
    const from = here.getBoundingClientRect();
    let best = null;
    let gap = Infinity;
    for (const node of this.root.querySelectorAll("[data-key]:not([hidden])")) {
      const at = node.getBoundingClientRect();
      const aside = (at.left - from.left) * step;
      const distance = aside + Math.abs(at.top - from.top) * 4;
      if (aside > 8 && distance < gap) [best, gap] = [node, distance];
    }
    best?.querySelector("button")?.focus();
  }
}

const embedded = document.getElementById("snapshot");
const root = document.getElementById("board");
if (embedded?.textContent && root) {
  for (const press of document.querySelectorAll(".count")) {
    const { state, place } = /** @type {HTMLElement} */ (press).dataset;
    const name = state
      ? label("state", state)
      : place && place !== "telework"
        ? label("place", place)
        : "";
    if (name) write(press, "name", name);
  }
  wireHelp();
  new BoardPage(newestView(JSON.parse(embedded.textContent)), root).start();
}
