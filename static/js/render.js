// Rows onto the page: one <template> for the first paint and for every update. Only what changed is touched.
import { serverNow } from "./clock.js";
import { label } from "./text.js";
import { viewOf } from "./view.js";

/** @typedef {import("./types.js").Row} Row */

/** A copy of a <template>'s only element. @param {string} id */
export function fromTemplate(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {HTMLElement} */ (
    /** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild
  );
}

/** The element of a part, or null. @param {ParentNode} root @param {string} name */
export function part(root, name) {
  return /** @type {HTMLElement | null} */ (root.querySelector(`[data-f="${name}"]`));
}

/** @param {ParentNode} root @param {string} name @param {string} text */
export function write(root, name, text) {
  const node = part(root, name);
  if (!node) return;
  if (node.textContent !== text) node.textContent = text;
}

/** Point an icon at another symbol of the same sprite. @param {ParentNode} root @param {string} name @param {string} symbol */
export function shape(root, name, symbol) {
  const svg = root.querySelector(`[data-f="${name}"]`);
  const use = svg?.querySelector("use");
  if (!svg || !use) return;
  const href = `${use.getAttribute("href")?.split("#")[0]}#${symbol || "none"}`;
  if (use.getAttribute("href") !== href) use.setAttribute("href", href);
  svg.toggleAttribute("hidden", !symbol);
}

const COLOURS = ["c-available", "c-busy", "c-dnd", "c-away", "c-off", "c-unknown", "c-duty"];

/** @param {Element | null} node @param {string} name of one of the colours of the states, or "" */
export function colour(node, name) {
  if (!node || (name && node.classList.contains(name))) return;
  node.classList.remove(...COLOURS);
  if (name) node.classList.add(name);
}

/** Fill a tile or a table row. @param {HTMLElement} node @param {Row} row */
export function paint(node, row) {
  const view = viewOf(row, serverNow());
  const who = node.matches(".who") ? node : (node.querySelector(".who") ?? node);
  who.classList.toggle("gone", view.gone);
  who.classList.toggle("plan", view.plan);
  shape(node, "shape", view.shape);
  colour(node.querySelector('[data-f="shape"]'), view.colour);
  colour(part(node, "line"), view.plan ? "" : view.colour);
  write(node, "name", row.name);
  write(node, "state", view.state);
  write(node, "time", view.time);
  write(node, "place", view.place);
  shape(node, "place-icon", view.placeIcon);
  const place = part(node, "place-line");
  if (place) {
    place.classList.toggle("office", view.placeKind === "office");
    place.classList.toggle("paren", view.place.endsWith("）"));
  }
  write(node, "reach", view.reach);
  part(node, "reach")?.classList.toggle("good", view.good);
  paintTable(node, row, view);
}

/** Facts only the table has. @param {HTMLElement} node @param {Row} row @param {ReturnType<typeof viewOf>} view */
function paintTable(node, row, view) {
  write(node, "title", row.title);
  write(node, "kana", row.kana);
  write(
    node,
    "how",
    row.state === "off" || row.state === "absent" ? "" : label("reach", row.reach),
  );
  write(node, "extension", row.extension ?? "");
  write(node, "note", [view.reason, row.note].filter(Boolean).join("・"));
}
