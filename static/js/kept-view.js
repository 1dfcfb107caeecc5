// The last good view of a board, for a reload while the server is gone. In the tab's own memory: it ends with the tab,
// and no other tab or person gets at it. (The page around it is the service worker's to keep.)

/** @typedef {import("./types.js").Snapshot} Snapshot */

/** @param {string} unit */
const keyOf = (unit) => `zaiseki:view:${document.body.dataset.viewer}:${unit}`;

/** As soon as the page is no longer current, and when it goes while it is not.
 * @param {() => Snapshot} view what is shown */
export function keepViews(view) {
  const keep = () => {
    const { step } = /** @type {HTMLElement} */ (document.getElementById("live")).dataset;
    const shown = view();
    if (step === "live") sessionStorage.removeItem(keyOf(shown.unit));
    else sessionStorage.setItem(keyOf(shown.unit), JSON.stringify(shown));
  };
  document.addEventListener("zaiseki:step", keep);
  addEventListener("pagehide", keep);
}

/** What to draw first: the server's, or where it is gone and the page an old one, the newer of the two.
 * @param {Snapshot} embedded @returns {Snapshot} */
export function newestView(embedded) {
  if (!("kept" in document.body.dataset)) return embedded;
  const kept = sessionStorage.getItem(keyOf(embedded.unit));
  const view = kept ? /** @type {Snapshot} */ (JSON.parse(kept)) : embedded;
  if (view.as_of <= embedded.as_of) return embedded;
  document.getElementById("live")?.setAttribute("data-as-of", view.as_of);
  return view;
}
