// Shortages of the whole town hall beside the tree: now first, then those to come, as the server sorts them.
import { hm } from "./clock.js";
import { numbers } from "./coverage-view.js";
import { fromTemplate, part, write } from "./render.js";
import { t } from "./text.js";
import { showShort } from "./title.js";
import { announce } from "./toast.js";

/** @typedef {import("./types.js").ListedShortage} ListedShortage */

const AGAIN = 1_500; // counts come once a second while much changes
const SLOWLY = 60_000; // those to come change without any count

export class ShortageList {
  /** @param {ListedShortage[]} shortages */
  constructor(shortages) {
    this.root = document.getElementById("gaps");
    this.sums = "";
    this.said = -1;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
    this.askedAt = Date.now();
    this.show(shortages);
  }

  /** @param {ListedShortage[]} shortages */
  show(shortages) {
    if (!this.root) return;
    const now = shortages.filter((one) => one.level !== "ahead");
    const next = shortages.filter((one) => one.level === "ahead");
    write(this.root, "n", String(now.length));
    part(this.root, "sum")?.toggleAttribute("hidden", now.length === 0);
    part(this.root, "calm")?.toggleAttribute("hidden", now.length > 0);
    part(this.root, "next-title")?.toggleAttribute("hidden", next.length === 0);
    this.fill("now", now);
    this.fill("next", next);
    this.title(now.length);
    if (this.said >= 0 && this.said !== now.length)
      announce(
        now.length > 0
          ? t("{n}か所でいま不足しています", { n: now.length })
          : t("不足はなくなりました"),
      );
    this.said = now.length;
    this.askedAt = Date.now();
  }

  /** @param {"now" | "next"} name @param {ListedShortage[]} shortages */
  fill(name, shortages) {
    const list = part(/** @type {HTMLElement} */ (this.root), name);
    if (!list) return;
    const focused = document.activeElement?.closest("[data-gap]")?.getAttribute("data-gap");
    list.replaceChildren(...shortages.map((one) => line(one)));
    if (focused)
      /** @type {HTMLElement | null} */ (list.querySelector(`[data-gap="${focused}"] a`))?.focus();
  }

  /** @param {number} n */
  title(n) {
    showShort(n);
  }

  /** The list is asked for again when the numbers of shortages changed, and now and then.
   * @param {Record<string, import("./types.js").Child>} children @param {() => Promise<void>} ask */
  counted(children, ask) {
    const sums = Object.entries(children)
      .map(([code, child]) => `${code}:${child.short ?? 0}`)
      .join();
    const same = sums === this.sums;
    this.sums = sums;
    if (same && Date.now() - this.askedAt < SLOWLY) return;
    this.askedAt = Date.now();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => void ask().catch(() => {}), AGAIN * (0.3 + Math.random()));
  }
}

/** @param {ListedShortage} one */
function line(one) {
  const item = fromTemplate("t-gap");
  item.dataset.gap = String(one.id);
  const ahead = one.level === "ahead";
  write(item, "unit", one.unit_name);
  write(item, "what", t("{name} あと{n}人", { name: one.name, n: one.missing }));
  write(item, "numbers", ahead ? `${hm(one.from)}〜${hm(one.to)}` : numbers(one.now));
  write(item, "till", ahead ? "" : tillOf(one));
  item.querySelector("a")?.setAttribute("href", `/board/${encodeURIComponent(one.unit)}`);
  return item;
}

/** @param {ListedShortage} one */
function tillOf(one) {
  if (one.taken)
    return t("対応中 {name} {time}", { name: one.taken.by.split(/\s/)[0], time: hm(one.taken.at) });
  return one.level === "long"
    ? t("{time} から", { time: hm(one.from) })
    : t("{time} まで", { time: hm(one.to) });
}
