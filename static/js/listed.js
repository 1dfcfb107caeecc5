// A list the server draws: fetched again when something moved, unless somebody is writing in it.
const WAIT = 600; // several changes come together

/**
 * @param {string} id of the part that is replaced
 * @param {{changed?: () => void}} [options] changed: after the list was replaced
 * @returns {{soon: () => void, now: () => Promise<void>, fetch: () => Promise<void>}} fetch: as now, and fails if it does
 */
export function following(id, options = {}) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const place = () => /** @type {HTMLElement} */ (document.getElementById(id));

  const busy = () => {
    const at = document.activeElement;
    const writing =
      at instanceof HTMLElement && place().contains(at) && at.matches("input, textarea");
    const typed = [...place().querySelectorAll("textarea")].some((field) => field.value !== "");
    return writing || typed || place().querySelector("details[open]") !== null;
  };

  const replace = async () => {
    if (busy()) {
      soon();
      return;
    }
    const answer = await fetch(location.href, {
      headers: { Accept: "text/html" },
      cache: "no-store",
    });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(id);
    if (!fresh || busy()) return;
    const focused = placeOf(document.activeElement, place());
    place().replaceChildren(...fresh.childNodes);
    const again = focused ? place().querySelector(focused) : null;
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
    options.changed?.();
  };

  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void replace().catch(() => {}), WAIT);
  };
  return { soon, now: () => replace().catch(() => {}), fetch: replace };
}

/** Where the focus is, as a selector that finds it again: the same button, else the same item.
 * @param {Element | null} at @param {HTMLElement} place */
function placeOf(at, place) {
  if (!(at instanceof HTMLElement) || !place.contains(at)) return "";
  const item = at.closest("li[id]");
  if (!item) return at.matches("a[href]") ? `a[href="${at.getAttribute("href")}"]` : "";
  const form = at.closest("form");
  const here = `#${CSS.escape(item.id)}`;
  return form ? `${here} form[action="${form.getAttribute("action")}"] button, ${here}` : here;
}

/** ← → go through the views, as the tabs they look like; ↑ ↓ from one item to the next. @param {string} id */
export function wireArrows(id) {
  document.addEventListener("keydown", (event) => {
    const at = /** @type {Element} */ (event.target);
    const taken = at.closest?.("input, textarea, select, [role=radiogroup], dialog[open]");
    if (taken || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight")
      turn(event, event.key === "ArrowRight" ? 1 : -1);
    if (event.key === "ArrowUp" || event.key === "ArrowDown")
      step(event, id, event.key === "ArrowDown" ? 1 : -1);
  });
}

/** @param {KeyboardEvent} event @param {number} by */
function turn(event, by) {
  const views = [
    .../** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".views a.view")),
  ];
  const at = views.findIndex((view) => view.hasAttribute("aria-current"));
  const next = views[(at + by + views.length) % views.length];
  if (!next) return;
  event.preventDefault();
  next.click();
}

/** @param {KeyboardEvent} event @param {string} id @param {number} by */
function step(event, id, by) {
  const items = [
    .../** @type {NodeListOf<HTMLElement>} */ (
      document.getElementById(id)?.querySelectorAll(".memo-list > li") ?? []
    ),
  ];
  const held = document.activeElement?.closest(".memo-list > li");
  if (!held && document.activeElement !== document.body) return;
  const at = items.findIndex((item) => item === held);
  const next = items[at + by];
  if (!next) return;
  event.preventDefault();
  const press = /** @type {HTMLElement | null} */ (next.querySelector("button, summary, a"));
  (press ?? next).focus();
}

/** What a link of a notice or a message leads to. @param {string} id */
export function showOpened(id) {
  const item = document.getElementById(id)?.querySelector("[data-opened]");
  if (item instanceof HTMLElement) {
    item.scrollIntoView({ block: "center" });
    item.focus({ preventScroll: true });
  }
}
