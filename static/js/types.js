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
 * @typedef {{name: string, kind?: string, has_children?: boolean, people: number, states: Record<string, number>, places: Record<string, number>, short?: unknown}} Child
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
 *
 * @typedef {{unit: string, epoch: string, as_of: string, rows: Row[], gone?: string[]}} RowsMessage
 * @typedef {{unit: string, epoch: string, count: number, sum: number}} Digest
 * @typedef {{unit: string, as_of: string, children: Record<string, Child>}} CountsMessage
 */
export {};
