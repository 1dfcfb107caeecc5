// Shapes of the rota's JSON. No code.

/**
 * @typedef {{id: number, position: string, date: string, from: string, to: string, staff: string, pinned: boolean, changed?: boolean}} Cell
 * @typedef {{put?: Cell[], remove?: number[], pin?: number[], unpin?: number[], force?: boolean}} Change
 * @typedef {{what?: string, revision?: number}} Step
 *
 * @typedef {Object} Progress
 * @property {number} [seconds]
 * @property {Record<string, number | null>} [best]
 * @property {Record<string, number | null>} [bound]
 * @property {string} [phase]
 *
 * @typedef {Object} Run
 * @property {number} id
 * @property {string} state running, done, cancelled, failed, taken, dropped
 * @property {Progress} [progress]
 * @property {string} [message]
 * @property {any} [comparison]
 *
 * @typedef {Object} WeekData  what the page carries of GET rotas/{week}
 * @property {string} unit
 * @property {string} name
 * @property {string} week
 * @property {string} kind
 * @property {number} revision
 * @property {string} status
 * @property {string | null} changed_by
 * @property {number} slot_minutes
 * @property {Cell[]} cells
 * @property {{position: string, date: string, missing: number}[]} open
 * @property {Record<string, string>} positions
 * @property {Record<string, {name: string, short: string}>} people
 * @property {string[]} days
 * @property {{edit: boolean, fix: boolean}} may
 * @property {Run | null} run
 * @property {Step | null} undo
 * @property {Step | null} redo
 * @property {Record<string, number> | null} figures
 *
 * @typedef {Object} Candidate
 * @property {string} staff
 * @property {string} name
 * @property {number | null} load
 * @property {number | null} target
 * @property {string[]} why
 * @property {string | null} break
 * @property {boolean} break_moves
 * @property {string[]} warnings
 */
export {};
