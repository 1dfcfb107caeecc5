// What stands at which field of the form of a request. Pure.

/** @typedef {{code: string, field: string, words: string, note: boolean}} Finding */
/** @typedef {{faults: Record<string, string>, findings: Finding[], summary: string, left_out: string[]}} Told */
/** @typedef {{look: string, words: string}} Line */

/** Inputs whose fault is shown under another name. @type {Record<string, string[]>} */
const INPUTS = {
  hours: ["hours_from", "hours_to"],
  break: ["break_from", "break_to"],
  oral_at: ["oral_on", "oral_time"],
  days: ["days", "other_day", "weekdays", "until"],
};

/** Names of faults at fields nobody has touched yet: they are not said before the button is pressed.
 * @param {Record<string, string>} faults @param {Set<string>} touched @returns {Set<string>} */
export function untouched(faults, touched) {
  return new Set(
    Object.keys(faults).filter(
      (name) => !(INPUTS[name] ?? [name]).some((each) => touched.has(each)),
    ),
  );
}

/** @param {Told} told @param {Set<string>} quiet names of faults not to be said
 * @returns {Map<string, Line[]>} field → lines, the fault first */
export function says(told, quiet) {
  /** @type {Map<string, Line[]>} */
  const found = new Map();
  for (const [name, words] of Object.entries(told.faults))
    if (!quiet.has(name)) found.set(name, [{ look: "bad", words }]);
  for (const each of told.findings) {
    const look = each.note ? "warns is-note" : "warns";
    found.set(each.field, [...(found.get(each.field) ?? []), { look, words: each.words }]);
  }
  return found;
}
