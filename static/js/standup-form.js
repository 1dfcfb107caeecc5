// Writing a note on the sheet of 朝会・夕会: lines, and in the evening each of the morning's lines settled.
import { fromTemplate, part, write } from "./render.js";
import { t } from "./text.js";

/** @typedef {import("./standup.js").Person} Person */
/** @typedef {import("./standup.js").Note} Note */

/** @param {Person} person @param {boolean} evening @param {string[]} carried pre-fills the morning */
export function noteForm(person, evening, carried) {
  const form = /** @type {HTMLFormElement} */ (fromTemplate("t-form"));
  write(form, "ask", evening ? t("ほかにしたこと") : t("きょうすること"));
  const asked = evening ? settle(form, person) : [];
  const kept = person.note?.lines ?? (evening ? [] : carried);
  field(form, "lines").value = kept.filter((line) => !asked.includes(line)).join("\n");
  field(form, "links").value = (person.note?.links ?? []).join(" ");
  form.addEventListener("input", () => (form.dataset.typed = "yes"));
  return form;
}

/** The morning's lines, each 済み, 持越し or なし. @param {HTMLFormElement} form @param {Person} person */
function settle(form, person) {
  const asked = [...new Set([...(person.note?.carried_over ?? []), ...person.planned])];
  const place = part(form, "settle");
  asked.forEach((line, n) => {
    const node = fromTemplate("t-settle");
    node.dataset.line = line;
    write(node, "text", line);
    const mark = markOf(line, person.note);
    for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (
      node.querySelectorAll("input")
    )) {
      radio.name = `line-${n}`;
      radio.checked = radio.value === mark;
    }
    place?.append(node);
  });
  return asked;
}

/** @param {string} line @param {Note | null} note */
function markOf(line, note) {
  if (!note || note.lines.includes(line)) return "done";
  return note.carried_over.includes(line) ? "carried" : "no";
}

/** What the form says, as the API takes it. @param {HTMLFormElement} form */
export function read(form) {
  /** @type {Record<string, string[]>} */
  const kept = { done: [], carried: [], no: [] };
  for (const node of form.querySelectorAll(".done")) {
    const chosen = /** @type {HTMLInputElement | null} */ (node.querySelector("input:checked"));
    kept[chosen?.value ?? "no"].push(/** @type {HTMLElement} */ (node).dataset.line ?? "");
  }
  const typed = field(form, "lines").value.split("\n");
  return {
    lines: [...kept.done, ...typed.map((line) => line.trim()).filter(Boolean)],
    carried_over: kept.carried,
    links: field(form, "links").value.split(/\s+/).filter(Boolean),
  };
}

/** @param {HTMLFormElement} form @param {"lines" | "links"} name */
function field(form, name) {
  return /** @type {HTMLTextAreaElement} */ (form.elements.namedItem(name));
}

/** @param {HTMLFormElement} form @param {import("./api.js").ApiError} error */
export function showFault(form, error) {
  const fault = /** @type {HTMLElement} */ (form.querySelector("[data-fault]"));
  fault.textContent = [error.message, ...Object.values(error.fields ?? {})].join(" ");
  fault.hidden = false;
}
