// 質問箱: the list follows what is asked and answered; an answer being written is left alone.
import { following, showOpened, wireArrows } from "./listed.js";
import { Live } from "./live.js";

const list = following("questions");

new Live({ units: [], fetch: list.fetch, other: (event) => event === "question" && list.soon() });
document.addEventListener(
  "toggle",
  (event) => {
    const details = /** @type {HTMLDetailsElement} */ (event.target);
    if (details.matches?.(".answer") && details.open) details.querySelector("textarea")?.focus();
  },
  true,
);
wireArrows("questions");
showOpened("questions");
