// Shapes of the JSON interface (contract.md). No code.

/**
 * @typedef {Object} Row  a person on a board; a directory row has only the fields without "?"
 * @property {string} staff
 * @property {number} version
 * @property {string} name
 * @property {string} kana
 * @property {string} unit
 * @property {string} title
 * @property {string} state
 * @property {string | null} until
 * @property {string} reach
 * @property {string | null} extension
 * @property {string | null} [place]
 * @property {string | null} [site]
 * @property {string} [source]
 * @property {boolean} [planned]
 * @property {string | null} [since]
 * @property {string | null} [note]
 * @property {string | null} [reason]
 * @property {string | null} [starts_at]
 * @property {{position: string, until: string | null} | null} [duty]
 * @property {boolean} [connected]
 *
 * @typedef {{unit: string, name: string, people: number}} Group
 * @typedef {{name: string, kind?: string, has_children?: boolean, people: number, states: Record<string, number>, places: Record<string, number>, short?: number}} Child
 *
 * @typedef {Object} Snapshot
 * @property {string} unit
 * @property {string} name
 * @property {string} epoch
 * @property {string} as_of
 * @property {Record<string, string>} forms
 * @property {Group[]} groups
 * @property {Row[]} rows
 * @property {{people?: number}} counts
 * @property {Record<string, Child> | null} children
 * @property {Entry[]} [coverage]
 * @property {Record<string, Room[]>} [room]
 * @property {Record<string, MissingPerson[]>} [missing] by position; for who leads alone
 * @property {string[]} [leads] units of this board one leads
 * @property {ListedShortage[]} [shortages] of a view of counts
 *
 * @typedef {{from: string, to: string, need: number, present: number, missing: number}} Part
 * @typedef {{need: number, ideal: number, present: number, planned_only: number, missing: number, inexperienced: boolean}} Moment
 * @typedef {{by: string, staff?: string, at: string}} Taken
 * @typedef {{from: string, to: string, missing: number, level: "ahead" | "now" | "long", id?: number | null, taken?: Taken | null}} Short
 * @typedef {{from: string, to: string, count: number | null}} Room
 * @typedef {{staff: string, name: string, why: string}} MissingPerson
 *
 * @typedef {Object} Entry  a position on its day
 * @property {string} position
 * @property {string} unit
 * @property {string} name
 * @property {string} kind      counter | phone | other
 * @property {string} staffed   duty | anyone
 * @property {boolean} no_rota
 * @property {boolean} contractor
 * @property {Part[]} parts
 * @property {Moment | null} now
 * @property {Short | null} short
 * @property {Short[]} later
 * @property {number} unseen
 *
 * @typedef {Short & {unit: string, unit_name: string, position: string, name: string, kind: string, now: Moment | null}} ListedShortage
 * @typedef {{unit: string, as_of: string, coverage: Entry[], room: Record<string, Room[]>}} CoverageMessage
 * @typedef {{unit: string, as_of: string, people: Record<string, MissingPerson[]>}} MissingMessage
 *
 * @typedef {{unit: string, epoch: string, as_of: string, rows: Row[], gone?: string[]}} RowsMessage
 * @typedef {{unit: string, epoch: string, count: number, sum: number}} Digest
 * @typedef {{unit: string, as_of: string, children: Record<string, Child>}} CountsMessage
 */
export {};
