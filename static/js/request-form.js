// The form of a request, while typing: what the server would say of it, at the field, and what the button would file.
// Without this script the same is said after pressing the button.
import { says, untouched } from "./request-says.js";

const PAUSE_MS = 350;
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-check]"));

/** Names of inputs the person has changed: the rest is not complained about yet. @type {Set<string>} */
const touched = new Set();
let timer = 0;
let asked = 0;

/** @param {HTMLFormElement} from */
async function check(from) {
  const turn = ++asked;
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(from)) body.append(name, String(value));
  let told;
  try {
    const answer = await fetch(from.dataset.check ?? "", {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) return; // the button says it again
    told = await answer.json();
  } catch {
    return;
  }
  if (turn === asked) show(from, told);
}

/** @param {HTMLFormElement} from @param {import("./request-says.js").Told} told */
function show(from, told) {
  const lines = says(told, untouched(told.faults, touched));
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (from.querySelectorAll("[data-says]")))
    fill(place, lines.get(place.dataset.says ?? "") ?? []);
  const summary = from.querySelector("[data-summary]");
  if (summary && told.summary && summary.textContent !== told.summary)
    summary.textContent = told.summary;
  const left = from.querySelector("[data-left-out]");
  if (left) left.textContent = told.left_out.length ? `除く日: ${told.left_out.join("、")}` : "";
  const seen = /** @type {HTMLInputElement | null} */ (from.elements.namedItem("seen"));
  if (seen) seen.value = told.findings.map((each) => each.code).join(" ");
}

/** Only what changed is written, so that a reader is not told the same again.
 * @param {HTMLElement} place @param {import("./request-says.js").Line[]} lines */
function fill(place, lines) {
  const key = JSON.stringify(lines);
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.replaceChildren(
    ...lines.map((line) => {
      const node = document.createElement("p");
      node.className = line.look;
      node.textContent = line.words;
      return node;
    }),
  );
}

if (form) {
  const soon = (/** @type {Event} */ event) => {
    const input = event.target;
    if (input instanceof HTMLElement && "name" in input) touched.add(String(input.name));
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void check(form), PAUSE_MS);
  };
  // The day the form opens with is a proposal: the first one pressed takes its place.
  const proposed = form.querySelectorAll('input[type="checkbox"][name="days"]:checked');
  form.addEventListener("input", (event) => {
    const day = event.target;
    if (!(day instanceof HTMLInputElement) || day.name !== "days" || touched.has("days")) return;
    if ("proposed" in form.dataset && proposed.length === 1 && day !== proposed[0])
      /** @type {HTMLInputElement} */ (proposed[0]).checked = false;
  });
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  // One press, one request: the key in the form would make the second one the same anyway.
  form.addEventListener("submit", () => {
    const button = form.querySelector("button[type=submit]");
    button?.setAttribute("aria-busy", "true");
  });
  // Choosing a seat says at which site.
  const seat = form.elements.namedItem("seat");
  const site = form.elements.namedItem("site");
  if (seat instanceof HTMLSelectElement && site instanceof HTMLSelectElement)
    seat.addEventListener("change", () => {
      const group = seat.selectedOptions[0]?.parentElement;
      if (group instanceof HTMLOptGroupElement) site.value = group.label;
    });
}
