// The board held by a page: rows in the server's order, the newer version wins, nothing depends on the order of arrival.

import { isOnDuty } from "./view.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Snapshot} Snapshot */
/** @typedef {import("./types.js").RowsMessage} RowsMessage */

const TABLE = Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});

/** CRC-32 as zlib's, of the UTF-8 bytes.
 * @param {string} text */
export function crc32(text) {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** @param {Iterable<{staff: string, version: number}>} rows */
export function digestOf(rows) {
  let count = 0;
  let sum = 0;
  for (const row of rows) {
    count += 1;
    sum = (sum + crc32(`${row.staff}:${row.version}`)) % 0x1_0000_0000;
  }
  return { count, sum };
}

/** A person with several postings is a row in each unit, so a row's name is both.
 * @param {{unit: string, staff: string}} row */
export function keyOf(row) {
  return `${row.unit}/${row.staff}`;
}

const TELEWORK = new Set(["home", "satellite", "mobile"]);

/** Which counter of places a row is in. Nobody is counted at a place who has not reported where a report is due,
 * or who is off (leave is shown as leave).
 * @param {Row} row @returns {"office" | "telework" | "trip" | "leave" | null} */
export function placeGroup(row) {
  if (!row.place || row.state === "no_report") return null;
  if (row.place === "leave") return "leave";
  if (row.state === "off") return null;
  if (TELEWORK.has(row.place)) return "telework";
  return row.place === "office" || row.place === "trip" ? row.place : null;
}

/** Which counter of states a row is in: a person on duty, and there, counts there alone.
 * @param {Row} row */
export function stateGroup(row) {
  return isOnDuty(row) ? "duty" : row.state;
}

/** @param {Iterable<Row>} rows */
export function countsOf(rows) {
  /** @type {{people: number, planned: number, reachable: number, states: Record<string, number>, places: Record<string, number>}} */
  const counts = { people: 0, planned: 0, reachable: 0, states: {}, places: {} };
  const people = new Set();
  const reachable = new Set();
  for (const row of rows) {
    const state = stateGroup(row);
    const place = placeGroup(row);
    people.add(row.staff);
    counts.states[state] = (counts.states[state] ?? 0) + 1;
    if (row.state === "available") reachable.add(row.staff);
    if (place) counts.places[place] = (counts.places[place] ?? 0) + 1;
    if (row.planned && place === "office") counts.planned += 1;
  }
  // Somebody with two postings on this board is two rows and one person.
  counts.people = people.size;
  counts.reachable = reachable.size;
  return counts;
}

/** Filters combine: any of the states, and any of the places.
 * @param {Row} row @param {ReadonlySet<string>} states @param {ReadonlySet<string>} places */
export function matches(row, states, places) {
  return (
    (states.size === 0 || states.has(stateGroup(row))) &&
    (places.size === 0 || places.has(placeGroup(row) ?? ""))
  );
}

export class Board {
  /** @param {Snapshot} snapshot */
  constructor(snapshot) {
    /** @type {Map<string, Row>} in the fixed order */
    this.rows = new Map();
    this.epoch = snapshot.epoch;
    this.groups = snapshot.groups;
    this.forms = snapshot.forms;
    this.replace(snapshot);
  }

  /** Take a snapshot. What came over the socket meanwhile and is newer stays, unless the epoch is another.
   * @param {Snapshot} snapshot @returns {{changed: Row[], moved: boolean}} moved: somebody came, left or changed place in the order */
  replace(snapshot) {
    const held = this.rows;
    const same = this.epoch === snapshot.epoch;
    const before = [...held.keys()].join();
    /** @type {Map<string, Row>} */
    const rows = new Map();
    const changed = [];
    for (const row of snapshot.rows) {
      const key = keyOf(row);
      const mine = held.get(key);
      const kept = same && mine && mine.version >= row.version ? mine : row;
      if (kept !== mine) changed.push(kept);
      rows.set(key, kept);
    }
    this.rows = rows;
    this.epoch = snapshot.epoch;
    this.groups = snapshot.groups;
    this.forms = snapshot.forms;
    return { changed, moved: before !== [...rows.keys()].join() };
  }

  /** Merge rows of the socket.
   * @param {RowsMessage} message
   * @returns {{changed: Row[], gone: string[], refetch: boolean}} refetch: only a new snapshot can tell (another epoch, or an unknown person whose place in the order is the server's) */
  apply(message) {
    if (message.epoch !== this.epoch) return { changed: [], gone: [], refetch: true };
    const changed = [];
    const gone = [];
    let refetch = false;
    for (const row of message.rows) {
      const key = keyOf(row);
      const mine = this.rows.get(key);
      if (!mine) refetch = true;
      else if (row.version > mine.version) {
        this.rows.set(key, row);
        changed.push(row);
      }
    }
    for (const staff of message.gone ?? []) {
      const key = keyOf({ unit: message.unit, staff });
      if (this.rows.delete(key)) gone.push(key);
    }
    return { changed, gone, refetch };
  }

  /** @param {string} unit */
  digest(unit) {
    return digestOf([...this.rows.values()].filter((row) => row.unit === unit));
  }

  counts() {
    return countsOf(this.rows.values());
  }
}
