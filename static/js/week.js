// The week of a section: fetched again when a plan or a duty of its people may have changed, not at every change of a state.
import { following } from "./listed.js";
import { Live } from "./live.js";

const APART = 20_000;
const list = following("week");
let fetchedAt = Date.now();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

function fetchWeek() {
  fetchedAt = Date.now();
  clearTimeout(waiting);
  waiting = undefined;
  return list.fetch();
}

/** What moved is not told, only that something did: looked at now and then. */
function later() {
  waiting ??= setTimeout(
    () => void fetchWeek().catch(() => {}),
    Math.max(0, fetchedAt + APART - Date.now()) + Math.random() * 2_000,
  );
}

new Live({
  units: [document.getElementById("week")?.dataset.unit ?? ""],
  fetch: fetchWeek,
  rows: later,
  counts: later,
});
