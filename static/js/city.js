// The tree of units: counts only, never rows. Opened branches are asked for; open ones stay current.
import { get } from "./api.js";
import { ShortageList } from "./city-gaps.js";
import { Live } from "./live.js";
import { fromTemplate, part, write } from "./render.js";
import { t } from "./text.js";

/** @typedef {import("./types.js").Snapshot} Snapshot */
/** @typedef {import("./types.js").Child} Child */

const TELEWORK = ["home", "satellite", "mobile"];
const STATES = ["available", "busy", "dnd", "away", "off", "no_report"];
const OPEN_KEY = "zaiseki:city-open";
const AGAIN = 20_000; // an opened branch below the watched one is asked again this often, if anything moved

const format = new Intl.NumberFormat("ja-JP");

/** @param {Child} child @returns {Record<string, number>} */
function figures(child) {
  /** @type {Record<string, number>} */
  const numbers = { people: child.people };
  for (const state of STATES) numbers[state] = child.states[state] ?? 0;
  numbers.office = child.places.office ?? 0;
  numbers.trip = child.places.trip ?? 0;
  numbers.leave = child.places.leave ?? 0;
  numbers.telework =
    child.places.telework ?? TELEWORK.reduce((sum, place) => sum + (child.places[place] ?? 0), 0);
  return numbers;
}

/** People posted to the unit itself are listed under its own code among its children.
 * @param {string} code @param {string} parent */
function idOf(code, parent) {
  return code === parent ? `${code}/own` : code;
}

class CityPage {
  /** @param {Snapshot} snapshot @param {HTMLTableSectionElement} body */
  constructor(snapshot, body) {
    this.unit = snapshot.unit;
    this.name = snapshot.name;
    this.body = body;
    /** @type {Map<string, {row: HTMLElement, level: number, parent: string | null}>} */
    this.rows = new Map();
    /** @type {Set<string>} */
    this.open = new Set(JSON.parse(sessionStorage.getItem(OPEN_KEY) ?? "[]"));
    this.moved = false;
    this.gaps = new ShortageList(snapshot.shortages ?? []);
    this.total = this.insert(
      this.unit,
      { name: snapshot.name, people: 0, states: {}, places: {} },
      1,
      null,
      null,
    );
    this.total.classList.add("all", "leaf");
    part(this.total, "name")?.removeAttribute("href");
    this.children(this.unit, snapshot.children ?? {}, 1, this.total);
    this.sum(snapshot);
  }

  start() {
    for (const unit of [...this.open]) if (this.rows.has(unit)) void this.expand(unit);
    this.body.addEventListener("click", (event) => {
      const twist = /** @type {Element} */ (event.target).closest(".twist");
      const unit = twist?.closest("tr")?.dataset.unit;
      if (unit) void this.toggle(unit);
    });
    this.body.addEventListener("keydown", (event) => this.key(event));
    document.getElementById("open-all")?.addEventListener("click", () => void this.toggleAll());
    this.live = new Live({
      units: [this.unit],
      fetch: () => this.fetch(),
      counts: (message) => {
        this.moved = true;
        this.update(message.unit, message.children);
        this.gaps.counted(message.children, () => this.askGaps());
      },
      rows: () => {
        this.moved = true;
      },
    });
    setInterval(() => {
      if (!this.moved || document.hidden) return;
      this.moved = false;
      for (const unit of this.open) if (this.rows.has(unit)) void this.again(unit);
    }, AGAIN);
  }

  async fetch() {
    const snapshot = await this.ask(this.unit);
    this.live?.fetched(snapshot.as_of);
    this.gaps.show(snapshot.shortages ?? []);
    this.update(this.unit, snapshot.children ?? {});
    this.sum(snapshot);
    for (const unit of this.open) if (this.rows.has(unit)) void this.again(unit);
  }

  async askGaps() {
    const snapshot = await this.ask(this.unit);
    this.gaps.show(snapshot.shortages ?? []);
  }

  /** The children's counts, also of a unit small enough for rows. @param {string} unit @returns {Promise<Snapshot>} */
  ask(unit) {
    return get(`/api/v1/boards/${encodeURIComponent(unit)}?view=counts`);
  }

  /** @param {string} unit */
  async again(unit) {
    const snapshot = await this.ask(unit).catch(() => null);
    if (snapshot?.children) this.update(unit, snapshot.children);
  }

  /** @param {string} unit @param {Record<string, Child>} children */
  update(unit, children) {
    for (const [code, child] of Object.entries(children)) {
      const known = this.rows.get(idOf(code, unit));
      if (known) this.paint(known.row, child, true);
    }
    if (unit === this.unit) this.sumChildren();
  }

  /** @param {Snapshot} snapshot */
  sum(snapshot) {
    const counts = /** @type {Child} */ (/** @type {unknown} */ (snapshot.counts));
    if (counts?.states)
      this.paint(this.total, { ...counts, name: this.name, places: counts.places ?? {} }, false);
    else this.sumChildren();
  }

  /** The first line is the sum of those below it, so that they never disagree. */
  sumChildren() {
    /** @type {Record<string, number>} */
    const sums = {};
    for (const { row, parent } of this.rows.values()) {
      if (parent !== this.unit) continue;
      for (const cell of row.querySelectorAll("td[data-f]")) {
        const name = cell.getAttribute("data-f") ?? "";
        sums[name] = (sums[name] ?? 0) + Number(/** @type {HTMLElement} */ (cell).dataset.n ?? 0);
      }
    }
    for (const [name, n] of Object.entries(sums))
      if (name === "short") this.short(this.total, n);
      else this.cell(this.total, name, n, false);
  }

  /** @param {string} unit @param {Record<string, Child>} children @param {number} level @param {HTMLElement} after */
  children(unit, children, level, after) {
    let last = after;
    for (const [code, child] of Object.entries(children)) {
      last = this.insert(idOf(code, unit), child, level, unit, last);
      if (code === unit) part(last, "name")?.removeAttribute("href");
    }
  }

  /** @param {string} unit @param {Child} child @param {number} level @param {string | null} parent @param {HTMLElement | null} after */
  insert(unit, child, level, parent, after) {
    const row = fromTemplate("t-unit");
    row.dataset.unit = unit;
    row.classList.add(`lv${Math.min(level, 4)}`);
    const link = /** @type {HTMLAnchorElement} */ (part(row, "name"));
    link.textContent = child.name;
    link.href = `/board/${encodeURIComponent(unit)}`;
    const twist = part(row, "twist");
    if (child.has_children && parent)
      write(row, "twist-name", t("{name}の内訳", { name: child.name }));
    else {
      twist?.remove();
      row.classList.add("leaf");
    }
    this.rows.set(unit, { row, level, parent });
    this.paint(row, child, false);
    if (after) after.after(row);
    else this.body.append(row);
    return row;
  }

  /** @param {HTMLElement} row @param {Child} child @param {boolean} fresh */
  paint(row, child, fresh) {
    for (const [name, n] of Object.entries(figures(child))) this.cell(row, name, n, fresh);
    this.short(row, child.short ?? 0);
  }

  /** Positions short of people now: ▲ and how many; filled where the line is the last one to open.
   * @param {HTMLElement} row @param {number} n */
  short(row, n) {
    const cell = part(row, "short");
    if (!cell || cell.dataset.n === String(n)) return;
    cell.dataset.n = String(n);
    part(row, "bad")?.toggleAttribute("hidden", n === 0);
    write(row, "shorts", String(n));
  }

  /** @param {HTMLElement} row @param {string} name @param {number} n @param {boolean} fresh */
  cell(row, name, n, fresh) {
    const cell = part(row, name);
    if (!cell || cell.dataset.n === String(n)) return;
    cell.dataset.n = String(n);
    cell.textContent = format.format(n);
    cell.classList.toggle("z", n === 0);
    cell.classList.remove("fresh");
    if (fresh) requestAnimationFrame(() => cell.classList.add("fresh"));
  }

  /** @param {string} unit */
  async toggle(unit) {
    const twist = part(/** @type {HTMLElement} */ (this.rows.get(unit)?.row), "twist");
    if (twist?.getAttribute("aria-expanded") === "true") this.collapse(unit);
    else await this.expand(unit);
  }

  /** @param {string} unit */
  async expand(unit) {
    const known = this.rows.get(unit);
    const twist = known && part(known.row, "twist");
    if (
      !known ||
      !twist ||
      twist.getAttribute("aria-expanded") === "true" ||
      twist.getAttribute("aria-busy")
    )
      return;
    twist.setAttribute("aria-busy", "true");
    try {
      const snapshot = await this.ask(unit);
      twist.setAttribute("aria-expanded", "true");
      this.open.add(unit);
      this.children(unit, snapshot.children ?? {}, known.level + 1, known.row);
      for (const code of Object.keys(snapshot.children ?? {}))
        if (this.open.has(code)) await this.expand(code);
      this.remember();
    } catch {
      twist.setAttribute("aria-expanded", "false");
    } finally {
      twist.removeAttribute("aria-busy");
    }
  }

  /** @param {string} unit */
  collapse(unit) {
    for (const [code, { row, parent }] of this.rows) {
      if (parent !== unit) continue;
      this.collapse(code);
      row.remove();
      this.rows.delete(code);
    }
    part(/** @type {HTMLElement} */ (this.rows.get(unit)?.row), "twist")?.setAttribute(
      "aria-expanded",
      "false",
    );
    this.open.delete(unit);
    this.remember();
  }

  async toggleAll() {
    const press = document.getElementById("open-all");
    const open = press?.getAttribute("aria-expanded") === "true";
    for (const [unit, { parent }] of [...this.rows]) {
      if (parent !== this.unit) continue;
      if (open) this.collapse(unit);
      else await this.expand(unit);
    }
  }

  remember() {
    const press = document.getElementById("open-all");
    if (press) {
      press.setAttribute("aria-expanded", String(this.open.size > 0));
      write(press, "all", this.open.size > 0 ? t("すべてとじる") : t("すべてひらく"));
    }
    sessionStorage.setItem(OPEN_KEY, JSON.stringify([...this.open]));
  }

  /** Up and down through the lines, right opens, left closes. @param {KeyboardEvent} event */
  key(event) {
    const row = /** @type {HTMLElement | null} */ (
      /** @type {Element} */ (event.target).closest("tr")
    );
    const unit = row?.dataset.unit;
    if (!row || !unit) return;
    const twist = part(row, "twist");
    const open = twist?.getAttribute("aria-expanded") === "true";
    const above = this.rows.get(this.rows.get(unit)?.parent ?? "")?.row ?? null;
    /** @type {Record<string, () => unknown>} */
    const keys = {
      ArrowDown: () => focusIn(row.nextElementSibling),
      ArrowUp: () => focusIn(row.previousElementSibling),
      ArrowRight: () => this.expand(unit),
      ArrowLeft: () => (open ? this.collapse(unit) : focusIn(above)),
    };
    if (!keys[event.key]) return;
    void keys[event.key]();
    event.preventDefault();
  }
}

/** @param {Element | null} row */
function focusIn(row) {
  /** @type {HTMLElement | null} */ (
    row?.querySelector(".twist") ?? row?.querySelector("a[href]") ?? null
  )?.focus();
}

const embedded = document.getElementById("snapshot");
const body = /** @type {HTMLTableSectionElement | null} */ (document.querySelector("#tree tbody"));
if (embedded?.textContent && body) new CityPage(JSON.parse(embedded.textContent), body).start();
for (const field of document.querySelectorAll("[data-search-field]")) {
  // With script the dialog answers while typing.
  field.setAttribute("data-search", "");
}
