// 質問箱: the list follows what is asked and answered; an answer being written is left alone.
import { following, showOpened, wireArrows } from "./listed.js";

const list = following("questions");

document.addEventListener("zaiseki:question", list.soon);
document.addEventListener("zaiseki:connected", list.soon);
document.addEventListener("visibilitychange", () => !document.hidden && list.soon());
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
