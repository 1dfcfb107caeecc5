// The coverage of a board: the shortage top left, a line a position, テレワーク可能. Drawn from the snapshot and from
// every `coverage` and `missing` of the socket; the newer as_of wins.
import { ApiError, del, post } from "./api.js";
import { hm, instant, serverNow } from "./clock.js";
import { drawAxis, drawRoom, drawTrack } from "./coverage-track.js";
import {
  cause,
  combined,
  distinctRooms,
  enoughUntil,
  extent,
  isShortNow,
  lanes,
  numbers,
  roomNow,
  sentence,
  span,
  worst,
} from "./coverage-view.js";
import { PositionSheet } from "./coverage-sheet.js";
import { fromTemplate, part, write } from "./render.js";
import { t } from "./text.js";
import { showShort } from "./title.js";
import { announce, toast } from "./toast.js";

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").Room} Room */
/** @typedef {import("./types.js").Snapshot} Snapshot */
/** @typedef {import("./types.js").MissingPerson} MissingPerson */
/** @typedef {import("./coverage-view.js").Lane} Lane */

const OPEN_KEY = "zaiseki:coverage-open";
const SPEAK_EVERY = 8_000;

export class CoveragePanel {
  /** @param {Snapshot} snapshot @param {HTMLElement} root */
  constructor(snapshot, root) {
    this.root = root;
    this.unit = snapshot.unit;
    /** @type {Map<string, {as_of: string, coverage: Entry[], room: Room[]}>} in the order of the units */
    this.units = new Map();
    /** @type {Map<string, MissingPerson[]>} */
    this.missing = new Map();
    /** @type {Set<string>} */
    this.unfolded = new Set(JSON.parse(sessionStorage.getItem(OPEN_KEY) ?? "[]"));
    /** @type {Map<string, string>} what each position last said */
    this.said = new Map();
    /** @type {string[]} */
    this.unspoken = [];
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    this.shape = "";
    this.sheet = new PositionSheet(this);
    this.first = true;
    this.wire();
    this.replace(snapshot);
  }

  wire() {
    this.root.addEventListener("click", (event) => this.clicked(event));
    document.getElementById("position")?.addEventListener("click", (event) => this.clicked(event));
    new ResizeObserver(() => this.draw()).observe(part(this.root, "axis") ?? this.root);
    setInterval(() => document.hidden || this.draw(), 10_000);
    document.addEventListener("visibilitychange", () => document.hidden || this.draw());
    setInterval(() => this.speak(), SPEAK_EVERY);
  }

  // --- what comes in -----------------------------------------------------------------------

  /** @param {Snapshot} snapshot */
  replace(snapshot) {
    this.leads = new Set(snapshot.leads ?? []);
    this.names = new Map(snapshot.groups.map((group) => [group.unit, group.name]));
    this.full = Object.values(snapshot.forms).includes("full");
    const before = this.units;
    this.units = new Map();
    for (const [unit, room] of Object.entries(snapshot.room ?? {})) {
      const held = before.get(unit);
      const coverage = (snapshot.coverage ?? []).filter((entry) => entry.unit === unit);
      const fresh = { as_of: snapshot.as_of, coverage, room };
      this.units.set(unit, held && newer(held.as_of, snapshot.as_of) ? held : fresh);
    }
    this.missing = new Map(Object.entries(snapshot.missing ?? {}));
    this.show();
  }

  /** What is held, as a snapshot says it. */
  shown() {
    const units = [...this.units];
    return {
      coverage: units.flatMap(([, { coverage }]) => coverage),
      room: Object.fromEntries(units.map(([unit, { room }]) => [unit, room])),
      missing: Object.fromEntries(this.missing),
    };
  }

  /** @param {import("./types.js").CoverageMessage} message @returns {boolean} false: its place among the units is the server's to say */
  apply(message) {
    const held = this.units.get(message.unit);
    if (held && newer(held.as_of, message.as_of)) return true;
    if (!held && message.coverage.length === 0) return true;
    const { as_of, coverage } = message;
    this.units.set(message.unit, { as_of, coverage, room: message.room[message.unit] ?? [] });
    this.show();
    return held !== undefined;
  }

  /** @param {import("./types.js").MissingMessage} message */
  applyMissing(message) {
    const held = this.units.get(message.unit);
    for (const entry of held?.coverage ?? []) this.missing.delete(entry.position);
    for (const [position, people] of Object.entries(message.people))
      this.missing.set(position, people);
    this.show();
  }

  /** @returns {Entry[]} */
  get entries() {
    return [...this.units.values()].flatMap((unit) => unit.coverage);
  }

  // --- what is shown -----------------------------------------------------------------------

  show() {
    const entries = this.entries;
    this.root.hidden = entries.length === 0;
    document.body.dataset.covers = [...this.units.keys()].join(" ");
    document.body.classList.toggle("has-cover", entries.length > 0);
    if (entries.length === 0) return;
    this.showAlarm(entries);
    this.showRows(entries);
    this.showTitle(entries);
    this.sheet.show();
    this.draw();
    this.note(entries);
    document.dispatchEvent(new CustomEvent("zaiseki:covered"));
  }

  /** @param {Entry[]} entries */
  showAlarm(entries) {
    const first = worst(entries);
    const alarm = /** @type {HTMLElement} */ (this.root.querySelector(".alarm"));
    const calm = /** @type {HTMLElement} */ (this.root.querySelector(".calm"));
    alarm.hidden = !first?.short;
    calm.hidden = Boolean(first?.short);
    if (first?.short) this.showShort(alarm, first, first.short, entries);
    else this.showCalm(calm, entries);
  }

  /** @param {HTMLElement} alarm @param {Entry} entry @param {import("./types.js").Short} short @param {Entry[]} entries */
  showShort(alarm, entry, short, entries) {
    const ahead = short.level === "ahead";
    const others = entries.filter(isShortNow).length - (ahead ? 0 : 1);
    alarm.classList.toggle("ahead", ahead);
    alarm.dataset.position = entry.position;
    write(alarm, "name", entry.name);
    write(alarm, "till", span(short));
    write(alarm, "missing", String(short.missing));
    const more = others > 0 ? t("ほか{n}か所", { n: others }) : "";
    const long = short.level === "long" ? t("{time} から継続", { time: hm(short.from) }) : "";
    write(alarm, "numbers", ahead ? t("いまは足りています") : numbers(entry.now));
    write(alarm, "cause", this.taken(entry) || cause(entry, this.missing.get(entry.position)));
    write(alarm, "more", ahead ? t("このあと") : more || long);
    this.showActs(alarm, entry);
  }

  /** @param {Entry} entry */
  taken(entry) {
    const taken = entry.short?.taken;
    return taken ? t("対応中 {name} {time}", { name: surname(taken.by), time: hm(taken.at) }) : "";
  }

  /** 対応する for who leads; 応援を頼む for everybody of the unit; the way back for who took it.
   * @param {HTMLElement} root @param {Entry} entry */
  showActs(root, entry) {
    const taken = entry.short?.taken;
    const mine = taken?.staff !== undefined && taken.staff === document.body.dataset.viewer;
    const leads = this.leads?.has(entry.unit) ?? false;
    const canTake = Boolean(entry.short?.id) && leads && !taken;
    const canHelp = isShortNow(entry) && this.mayHelp(entry) && !canTake;
    root.querySelector("[data-take]")?.toggleAttribute("hidden", !canTake);
    root.querySelector("[data-give-back]")?.toggleAttribute("hidden", !mine);
    root.querySelector("[data-help]")?.toggleAttribute("hidden", !canHelp);
    for (const press of root.querySelectorAll("[data-take], [data-give-back], [data-help]"))
      /** @type {HTMLElement} */ (press).dataset.position = entry.position;
  }

  /** @param {Entry} entry */
  mayHelp(entry) {
    return Boolean(this.full) && !entry.contractor && entry.now !== null;
  }

  /** @param {HTMLElement} calm @param {Entry[]} entries */
  showCalm(calm, entries) {
    const now = serverNow();
    const rooms = distinctRooms(Object.fromEntries([...this.units].map(([u, x]) => [u, x.room])));
    const here = rooms.map(({ rooms: each }) => roomNow(each, now)).filter((n) => n !== null);
    write(calm, "until", enoughUntil(entries, now));
    write(calm, "room", here.length === 1 ? String(here[0]) : "");
    calm.querySelector("[data-room]")?.toggleAttribute("hidden", here.length !== 1);
  }

  /** @param {Entry[]} entries */
  showRows(entries) {
    const all = lanes(entries, this.unfolded);
    const rooms = distinctRooms(Object.fromEntries([...this.units].map(([u, x]) => [u, x.room])));
    const shape = JSON.stringify([all.map((lane) => lane.key), rooms.map((room) => room.unit)]);
    if (shape !== this.shape) this.makeRows(all, rooms);
    this.shape = shape;
    for (const lane of all) this.showRow(lane);
  }

  /** @param {Lane[]} all @param {Array<{unit: string, rooms: Room[]}>} rooms */
  makeRows(all, rooms) {
    const list = /** @type {HTMLElement} */ (part(this.root, "rows"));
    const focused = document.activeElement?.closest("[data-lane]")?.getAttribute("data-lane");
    this.rows.clear();
    const made = all.map((lane) => this.makeRow(lane.key, lane.folded ? "t-fold" : "t-lane"));
    const room = rooms.map(({ unit }) => {
      const row = this.makeRow(`room/${unit}`, "t-room");
      const name = rooms.length > 1 ? (this.names?.get(unit) ?? "") : "";
      write(row, "unit", name);
      row.querySelector("a")?.setAttribute("href", `/telework/${encodeURIComponent(unit)}`);
      return row;
    });
    list.replaceChildren(...made, ...room);
    if (focused) this.rows.get(focused)?.querySelector("button")?.focus();
  }

  /** @param {string} key @param {string} template */
  makeRow(key, template) {
    const row = fromTemplate(template);
    row.dataset.lane = key;
    this.rows.set(key, row);
    return row;
  }

  /** @param {Lane} lane */
  showRow(lane) {
    const row = this.rows.get(lane.key);
    if (!row) return;
    const entry = combined(lane.entries);
    const short = entry.now !== null && entry.now.missing > 0;
    write(row, "name", lane.name);
    write(row, "numbers", numbers(entry.now));
    part(row, "numbers")?.classList.toggle("c-short", short);
    write(row, "tag", entry.contractor ? t("委託") : entry.no_rota ? t("当番表なし") : "");
    write(row, "said", lane.entries.map(sentence).join("。"));
    row.classList.toggle("short", short);
    row.classList.toggle(
      "inner",
      !lane.folded && this.unfolded.size > 0 && this.isInside(lane.key),
    );
    if (lane.folded)
      row
        .querySelector("button")
        ?.setAttribute("aria-expanded", String(this.unfolded.has(lane.key)));
  }

  /** @param {string} position */
  isInside(position) {
    return lanes(this.entries, this.unfolded).some(
      (lane) => lane.folded && lane.entries.some((entry) => entry.position === position),
    );
  }

  draw() {
    const entries = this.entries;
    if (entries.length === 0) return;
    const now = serverNow();
    const day = extent(entries, now);
    const axis = /** @type {SVGElement | null} */ (this.root.querySelector("svg.axis"));
    if (axis) drawAxis(axis, day, now);
    for (const lane of lanes(entries, this.unfolded)) {
      const track = this.rows.get(lane.key)?.querySelector("svg.track");
      if (track) drawTrack(/** @type {SVGElement} */ (track), combined(lane.entries), day, now);
    }
    for (const [unit, { room }] of this.units) {
      const row = this.rows.get(`room/${unit}`);
      const track = row?.querySelector("svg.track");
      if (track) drawRoom(/** @type {SVGElement} */ (track), room, day, now);
      if (row) write(row, "said", roomSentence(room, now));
    }
  }

  /** 現在の不足 in the title, so that it is seen from another tab. @param {Entry[]} entries */
  showTitle(entries) {
    showShort(entries.filter(isShortNow).length);
  }

  // --- what is spoken ----------------------------------------------------------------------

  /** A new shortage of one's own section is an alert, everything else is gathered. @param {Entry[]} entries */
  note(entries) {
    for (const entry of entries) {
      const key = stateKey(entry.short);
      const before = this.said.get(entry.position);
      this.said.set(entry.position, key);
      if (this.first || before === key) continue;
      const wasShort = before !== undefined && !/^(ahead)?\//.test(before);
      if (this.full && isShortNow(entry) && !wasShort) this.alert(entry);
      else this.unspoken.push(this.taken(entry) || sentence(entry));
    }
    this.first = false;
  }

  /** @param {Entry} entry */
  alert(entry) {
    const place = document.getElementById("cover-alert");
    if (place) place.textContent = sentence(entry);
  }

  speak() {
    if (this.unspoken.length === 0 || document.hidden) return;
    announce(this.unspoken.splice(0).slice(-3).join("。"));
  }

  // --- what is pressed ---------------------------------------------------------------------

  /** @param {Event} event */
  clicked(event) {
    const press = /** @type {HTMLElement | null} */ (
      /** @type {Element} */ (event.target).closest("button")
    );
    if (!press) return;
    const position = press.dataset.position ?? "";
    if ("take" in press.dataset) void this.take(position, true);
    else if ("giveBack" in press.dataset) void this.take(position, false);
    else if ("fold" in press.dataset) this.fold(press.closest("[data-lane]"));
    else if ("lamp" in press.dataset)
      this.sheet.open(press.closest("[data-lane]")?.getAttribute("data-lane") ?? "");
  }

  /** @param {string} position @param {boolean} on */
  async take(position, on) {
    const path = `/api/v1/coverage/${encodeURIComponent(position)}/take`;
    try {
      const answer = on ? await post(path) : await del(path);
      for (const unit of Object.keys(answer.room))
        this.apply({ unit, as_of: answer.as_of ?? "", ...answer });
      if (on) toast(t("対応中にしました"), { undo: () => this.take(position, false) });
      else toast(t("対応を取り消しました"));
    } catch (error) {
      toast(error instanceof ApiError ? error.message : t("できませんでした。"), { bad: true });
    }
  }

  /** @param {Element | null} row */
  fold(row) {
    const key = row?.getAttribute("data-lane") ?? "";
    if (!this.unfolded.delete(key)) this.unfolded.add(key);
    sessionStorage.setItem(OPEN_KEY, JSON.stringify([...this.unfolded]));
    this.show();
  }
}

/** What makes a lamp worth speaking of again. @param {import("./types.js").Short | null} short */
function stateKey(short) {
  return short ? `${short.level}/${short.missing}/${short.taken?.by ?? ""}` : "/";
}

/** @param {string} held @param {string} other */
function newer(held, other) {
  return other !== "" && instant(held) > instant(other);
}

/** @param {string} name */
function surname(name) {
  return name.split(/\s/)[0];
}

/** @param {Room[]} rooms @param {number} now */
function roomSentence(rooms, now) {
  const coming = rooms.filter((room) => instant(room.to) > now && room.count !== null);
  return coming
    .map((room) =>
      t("{from}から あと{n}人", {
        from: hm(Math.max(instant(room.from), now)),
        n: room.count ?? 0,
      }),
    )
    .join("、");
}
