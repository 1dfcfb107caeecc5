// What differs between two versions of a draft, and one's own change laid on top of another's. Pure.

/** @typedef {import("./rota-types.js").Cell} Cell */
/** @typedef {import("./rota-types.js").Change} Change */

/** Two cells are the same duty, whatever their ids. @param {Pick<Cell, "position" | "date" | "from" | "to" | "staff">} cell */
export function identity(cell) {
  return [cell.position, cell.date, cell.from, cell.to, cell.staff].join("|");
}

/** @param {Cell[]} before @param {Cell[]} after */
export function difference(before, after) {
  const old = new Set(before.map(identity));
  const fresh = new Set(after.map(identity));
  return {
    added: after.filter((cell) => !old.has(identity(cell))),
    removed: before.filter((cell) => !fresh.has(identity(cell))),
  };
}

/** What a change of one's own adds and takes away, as cells. @param {Change} change @param {Cell[]} base */
export function ownDifference(change, base) {
  const byId = new Map(base.map((cell) => [cell.id, cell]));
  return {
    added: change.put ?? [],
    removed: /** @type {Cell[]} */ (
      (change.remove ?? []).map((id) => byId.get(id)).filter(Boolean)
    ),
    pinned: /** @type {Cell[]} */ ((change.pin ?? []).map((id) => byId.get(id)).filter(Boolean)),
    unpinned: /** @type {Cell[]} */ (
      (change.unpin ?? []).map((id) => byId.get(id)).filter(Boolean)
    ),
  };
}

/** @param {Cell} one @param {Cell} other */
function meet(one, other) {
  return (
    one.position === other.position &&
    one.date === other.date &&
    one.from < other.to &&
    other.from < one.to
  );
}

/**
 * The change of one's own, to be sent again on top of `fresh`. Ids are those of `fresh`; what is gone there need not
 * be taken off; whoever the other put in the very place one fills makes way.
 * @param {Change} change @param {Cell[]} base @param {Cell[]} fresh @returns {Change}
 */
export function onTopOf(change, base, fresh) {
  const now = new Map(fresh.map((cell) => [identity(cell), cell.id]));
  const was = new Map(base.map((cell) => [cell.id, identity(cell)]));
  /** @param {number[] | undefined} ids */
  const renewed = (ids) =>
    /** @type {number[]} */ (
      (ids ?? []).map((id) => now.get(was.get(id) ?? "")).filter((id) => id !== undefined)
    );
  const put = (change.put ?? []).filter((cell) => !now.has(identity(cell)));
  const remove = renewed(change.remove);
  const newcomers = difference(base, fresh).added;
  for (const cell of put) {
    if (remove.length >= put.length) break;
    const inTheWay = newcomers.find((other) => meet(other, cell) && !remove.includes(other.id));
    if (inTheWay) remove.push(inTheWay.id);
  }
  return { put, remove, pin: renewed(change.pin), unpin: renewed(change.unpin) };
}

/** Nothing would be left to do. @param {Change} change */
export function isEmpty(change) {
  return [change.put, change.remove, change.pin, change.unpin].every((part) => !part?.length);
}
