// What the lamps and the day's track say, from the entries of coverage: pure, so that it can be tested without a page.
import { dateOf, hm, instant } from "./clock.js";
import { t } from "./text.js";

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").Part} Part */
/** @typedef {import("./types.js").Short} Short */
/** @typedef {import("./types.js").Room} Room */
/** @typedef {import("./types.js").Moment} Moment */
/** @typedef {import("./types.js").MissingPerson} MissingPerson */

/**
 * @typedef {Object} Lane  one line of the day: a position, or several of one kind folded
 * @property {string} key
 * @property {string} name
 * @property {Entry[]} entries
 * @property {boolean} folded
 *
 * @typedef {{from: number, to: number, look: "past" | "ok" | "now" | "ahead", missing: number}} Piece
 */

const ROWS = 6; // lines above the people; more are folded by kind
const ALIKE = 3; // so many of one kind are always folded

/** @param {Entry} entry */
export function isShortNow(entry) {
  return Boolean(entry.short && entry.short.level !== "ahead");
}

/** The shortage to speak of first: the largest of now, of these the longest; else the next to come.
 * @param {Entry[]} entries @returns {Entry | null} */
export function worst(entries) {
  const short = entries.filter((entry) => entry.short);
  short.sort((a, b) => {
    const [x, y] = [/** @type {Short} */ (a.short), /** @type {Short} */ (b.short)];
    const ahead = Number(x.level === "ahead") - Number(y.level === "ahead");
    const sooner = instant(x.from) - instant(y.from);
    if (ahead !== 0) return ahead;
    return x.level === "ahead" ? sooner : y.missing - x.missing || sooner;
  });
  return short[0] ?? null;
}

// --- numbers and words ---------------------------------------------------------------------

/** 「現在 2（うち予定 1）/ 必要 3」 @param {Moment | null} now */
export function numbers(now) {
  if (!now) return t("受付時間外");
  const plan = now.planned_only ? t("（うち予定 {n}）", { n: now.planned_only }) : " ";
  return t("現在 {n}{plan}/ 必要 {need}", { n: now.present, plan, need: now.need });
}

/** @param {Short} short */
export function span(short) {
  if (short.level === "ahead") return `${hm(short.from)}〜${hm(short.to)}`;
  return t("{time} まで", { time: hm(short.to) });
}

/** @param {string} why */
function whyWord(why) {
  /** @type {Record<string, string>} */
  const words = {
    off: t("が勤務外"),
    leave: t("が休暇等"),
    no_report: t("が未報告"),
    break: t("が休憩中"),
    out: t("が中抜け"),
    meeting: t("が会議など"),
    dnd: t("が応答不可"),
    away: t("が退席中"),
    trip: t("が外出・出張"),
    off_site: t("が在庁していない"),
  };
  return words[why] ?? "";
}

/** Names only where the server gave them (who leads); everybody else reads how many.
 * @param {Entry} entry @param {MissingPerson[] | undefined} people */
export function cause(entry, people) {
  if (!isShortNow(entry)) return "";
  if (people && people.length > 0) {
    const first = `${people[0].name} ${whyWord(people[0].why)}`;
    return people.length > 1 ? t("{first}、ほか{n}人", { first, n: people.length - 1 }) : first;
  }
  if (entry.unseen === 0) return entry.no_rota ? t("当番表なし") : "";
  return entry.staffed === "duty" && !entry.no_rota
    ? t("当番{n}人が未着", { n: entry.unseen })
    : t("予定の{n}人がいません", { n: entry.unseen });
}

/** Until when it holds: the first shortage to come, else the end of the day's last position.
 * @param {Entry[]} entries @param {number} now */
export function enoughUntil(entries, now) {
  const ends = entries.flatMap((entry) => entry.parts.map((part) => instant(part.to)));
  const last = Math.max(0, ...ends);
  return last > now
    ? t("{time} まで足りる見込み", { time: hm(last) })
    : t("本日の受付は終わりました");
}

/** 「窓口 あと1人 10:30 まで」 for a reader's ear. @param {Entry} entry */
export function sentence(entry) {
  const short = entry.short;
  if (!short) return t("{name} 不足はありません", { name: entry.name });
  return t("{name} あと{n}人 {span}", { name: entry.name, n: short.missing, span: span(short) });
}

// --- lines of the day ----------------------------------------------------------------------

/** Positions in their order; many of one kind are one line, which never changes with their state: so nothing moves
 * when a shortage comes or goes.
 * @param {Entry[]} entries @param {ReadonlySet<string>} unfolded keys of the folds that are open @returns {Lane[]} */
export function lanes(entries, unfolded) {
  /** @type {Map<string, Entry[]>} */
  const kinds = new Map();
  for (const entry of entries) {
    const key = `${entry.kind}${entry.contractor ? "/contractor" : ""}`;
    kinds.set(key, [...(kinds.get(key) ?? []), entry]);
  }
  const many = entries.length > ROWS;
  /** @type {Lane[]} */
  const found = [];
  for (const [key, group] of kinds) {
    const fold = group.length >= ALIKE || (many && group.length > 1);
    if (fold) found.push({ key, name: foldName(group), entries: group, folded: true });
    if (!fold || unfolded.has(key)) found.push(...group.map(alone));
  }
  return found;
}

/** @param {Entry} entry @returns {Lane} */
function alone(entry) {
  return { key: entry.position, name: entry.name, entries: [entry], folded: false };
}

/** @param {Entry[]} group */
function foldName(group) {
  /** @type {Record<string, string>} */
  const words = { counter: t("窓口"), phone: t("電話"), other: t("その他") };
  const kind = group[0].contractor ? t("委託") : (words[group[0].kind] ?? words.other);
  return t("{kind} {n}か所", { kind, n: group.length });
}

/** Several positions as one: sums at each moment; what one has too many does not fill what another lacks.
 * @param {Entry[]} entries @returns {Entry} */
export function combined(entries) {
  if (entries.length === 1) return entries[0];
  const first = worst(entries);
  const open = entries.filter((entry) => entry.now);
  return {
    ...entries[0],
    no_rota: entries.some((entry) => entry.no_rota),
    parts: summed(entries),
    now: open.length > 0 ? open.map((e) => /** @type {Moment} */ (e.now)).reduce(added) : null,
    short: first?.short ?? null,
    later: [],
    unseen: entries.reduce((sum, entry) => sum + entry.unseen, 0),
  };
}

/** @param {Moment} a @param {Moment} b @returns {Moment} */
function added(a, b) {
  return {
    need: a.need + b.need,
    ideal: a.ideal + b.ideal,
    present: a.present + b.present,
    planned_only: a.planned_only + b.planned_only,
    missing: a.missing + b.missing,
    inexperienced: a.inexperienced || b.inexperienced,
  };
}

/** @param {Entry[]} entries @returns {Part[]} */
function summed(entries) {
  const all = entries.flatMap((entry) => entry.parts);
  const edges = [...new Set(all.flatMap((part) => [part.from, part.to]))].sort();
  /** @type {Part[]} */
  const found = [];
  for (let i = 0; i + 1 < edges.length; i++) {
    const here = all.filter((part) => part.from <= edges[i] && part.to >= edges[i + 1]);
    if (here.length === 0) continue;
    const sum = (/** @type {"need" | "present" | "missing"} */ name) =>
      here.reduce((n, part) => n + part[name], 0);
    found.push({
      from: edges[i],
      to: edges[i + 1],
      need: sum("need"),
      present: sum("present"),
      missing: sum("missing"),
    });
  }
  return found;
}

/** What is drawn of a line: grey = past, thin green = enough, red = short now (from its start), tinted = to come.
 * @param {Part[]} parts @param {number} now @returns {Piece[]} */
export function pieces(parts, now) {
  /** @type {Piece[]} */
  const found = [];
  for (const run of runs(parts)) {
    if (run.missing === 0 || run.to <= now) found.push(...cutAt(run, now));
    else found.push({ ...run, look: run.from <= now ? "now" : "ahead" });
  }
  return found;
}

/** @param {{from: number, to: number, missing: number}} run @param {number} now @returns {Piece[]} */
function cutAt(run, now) {
  const missing = run.to <= now ? 0 : run.missing;
  /** @type {Piece[]} */
  const both = [
    { from: run.from, to: Math.min(run.to, now), look: "past", missing },
    { from: Math.max(run.from, now), to: run.to, look: "ok", missing },
  ];
  return both.filter((piece) => piece.from < piece.to);
}

/** Neighbours that are both short, or both not, as one. @param {Part[]} parts */
function runs(parts) {
  /** @type {Array<{from: number, to: number, missing: number}>} */
  const found = [];
  for (const part of parts) {
    const from = instant(part.from);
    const last = found.at(-1);
    if (last && last.to === from && last.missing > 0 === part.missing > 0) {
      last.to = instant(part.to);
      last.missing = Math.max(last.missing, part.missing);
    } else found.push({ from, to: instant(part.to), missing: part.missing });
  }
  return found;
}

/** The drawn day: 8:30–17:15, or from the first opening to the last.
 * @param {Entry[]} entries @param {number} now @returns {{from: number, to: number}} */
export function extent(entries, now) {
  const day = dateOf(now);
  const all = entries.flatMap((entry) => entry.parts);
  return {
    from: Math.min(instant(`${day}T08:30:00+09:00`), ...all.map((part) => instant(part.from))),
    to: Math.max(instant(`${day}T17:15:00+09:00`), ...all.map((part) => instant(part.to))),
  };
}

/** Full hours inside, those hidden by the time of now left out. @param {{from: number, to: number}} day @param {number} now */
export function hoursOf(day, now) {
  const hour = 3_600_000;
  const found = [];
  for (let at = Math.ceil(day.from / hour) * hour; at <= day.to; at += hour)
    if (Math.abs(at - now) > 25 * 60_000) found.push(at);
  return found;
}

// --- テレワーク可能 --------------------------------------------------------------------------

/** @param {Room[]} rooms @param {number} now @returns {number | null} */
export function roomNow(rooms, now) {
  const room = rooms.find((each) => instant(each.from) <= now && now < instant(each.to));
  return room ? room.count : null;
}

/** Units that are matched together have one common room: shown once.
 * @param {Record<string, Room[]>} room @returns {Array<{unit: string, rooms: Room[]}>} */
export function distinctRooms(room) {
  /** @type {Map<string, {unit: string, rooms: Room[]}>} */
  const found = new Map();
  for (const [unit, rooms] of Object.entries(room)) {
    const key = JSON.stringify(rooms);
    if (rooms.length > 0 && !found.has(key)) found.set(key, { unit, rooms });
  }
  return [...found.values()];
}

const HALF_HOUR = 1_800_000;

/** From now on by half hours, the least of each, neighbours of one count joined.
 * @param {Room[]} rooms @param {number} now @returns {Array<{from: number, to: number, n: number}>} */
export function roomsAhead(rooms, now) {
  const open = rooms.filter((room) => room.count !== null && instant(room.to) > now);
  /** @type {Map<number, {from: number, to: number, n: number}>} */
  const slots = new Map();
  for (const room of open) {
    const [from, to] = [Math.max(instant(room.from), now), instant(room.to)];
    for (let at = from - (from % HALF_HOUR); at < to; at += HALF_HOUR) {
      const slot = slots.get(at) ?? { from: Math.max(at, from), to, n: Infinity };
      slot.n = Math.min(slot.n, room.count ?? 0);
      slot.to = Math.min(at + HALF_HOUR, Math.max(slot.to, to));
      slots.set(at, slot);
    }
  }
  /** @type {Array<{from: number, to: number, n: number}>} */
  const found = [];
  for (const slot of [...slots.values()].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && last.to === slot.from && last.n === slot.n) last.to = slot.to;
    else found.push({ ...slot });
  }
  return found;
}
