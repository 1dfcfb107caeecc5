// The next step appears under the same finger: a second tap within a second belongs to the first. Counted from where the
// step appears, which may be long before the tap's own sender has finished; a tap after that is a wish.

const ANSWERED = 20_000; // a step that changes long after a tap, or without one, is nobody's second tap
const SETTLES = 1_000;
let tappedAt = -Infinity;
let settling = 0;

export function tappedNow() {
  tappedAt = performance.now();
}

export function isSecondTap() {
  return performance.now() < settling;
}

/** @param {Element} old @param {Element} next the half with the large button, before and after */
export function stepShown(old, next) {
  const now = performance.now();
  if (stepOf(old) !== stepOf(next) && now < tappedAt + ANSWERED) settling = now + SETTLES;
}

/** Which report the large button makes. @param {Element} half */
function stepOf(half) {
  return half.querySelector("form:has(.giant) [name=kind]")?.getAttribute("value") ?? "";
}
