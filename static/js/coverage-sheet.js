// One position by itself: figures, who is missing, 対応する and 応援を頼む.
import { dialog, open } from "./dialog.js";
import { cause, isShortNow, numbers, sentence, span } from "./coverage-view.js";
import { part, write } from "./render.js";
import { t } from "./text.js";

/** @typedef {import("./types.js").Entry} Entry */

export class PositionSheet {
  /** @param {import("./coverage.js").CoveragePanel} panel */
  constructor(panel) {
    this.panel = panel;
    this.opened = "";
  }

  /** @param {string} position */
  open(position) {
    this.opened = position;
    const box = dialog("position");
    if (!box) return;
    this.show();
    open(box, part(box, "name"));
    document.dispatchEvent(new CustomEvent("zaiseki:position", { detail: position }));
  }

  show() {
    const box = document.getElementById("position");
    const entry = this.panel.entries.find((each) => each.position === this.opened);
    if (!box || !entry) return;
    const people = this.panel.missing.get(entry.position);
    box.dataset.position = entry.position;
    write(box, "name", entry.name);
    write(box, "unit", this.panel.names?.get(entry.unit) ?? "");
    write(box, "numbers", numbers(entry.now));
    part(box, "numbers")?.classList.toggle("c-short", isShortNow(entry));
    write(box, "short", entry.short ? sentence(entry) : t("不足はありません"));
    write(box, "notes", this.notes(entry).filter(Boolean).join("\n"));
    write(box, "missing", people?.map((one) => one.name).join("、") || cause(entry, people));
    box.querySelector("[data-row=missing]")?.toggleAttribute("hidden", !cause(entry, people));
    this.panel.showActs(box, entry);
    box.querySelector("[data-help]")?.toggleAttribute("hidden", !this.panel.mayHelp(entry));
  }

  /** @param {Entry} entry */
  notes(entry) {
    const { now } = entry;
    return [
      this.panel.taken(entry),
      now && now.ideal > now.need ? t("望ましい数 {n}", { n: now.ideal }) : "",
      entry.no_rota ? t("この日の当番表は確定していません。在席者で数えています。") : "",
      entry.contractor ? t("委託の持ち場です。") : "",
      now?.inexperienced ? t("経験者が足りません。") : "",
      ...entry.later
        .filter((short) => short !== entry.short)
        .map((short) => t("このあと {span} あと{n}人", { span: span(short), n: short.missing })),
    ];
  }
}
