// One duty: who could take it and why, take off, pin, split. Cell → person → 割り当てる.
import { get } from "./api.js";
import { dialog, open } from "./dialog.js";
import { fromTemplate, part, write } from "./render.js";
import { showFault, slotLike, wordsOf } from "./rota-page.js";
import { cuts, day, hhmm, short, span } from "./rota-words.js";
import { t } from "./text.js";

/** @typedef {import("./rota-types.js").Cell} Cell */
/** @typedef {import("./rota-types.js").Change} Change */
/** @typedef {import("./rota-types.js").Candidate} Candidate */
/** @typedef {import("./rota-types.js").WeekData} WeekData */

/** What of the table the dialog speaks of. Taken when it opens: who decides, decides on what they saw.
 * @typedef {{position: string, date: string, from: string, to: string, cell: Cell | undefined, missing: number, like: DOMStringMap, base: WeekData}} Spot */

/** @param {HTMLElement} slot @param {WeekData} base @returns {Spot} */
export function spotOf(slot, base) {
  const like = { ...slot.dataset };
  const cell = base.cells.find((one) => one.id === Number(like.cell));
  return {
    position: like.position ?? "",
    date: like.date ?? "",
    from: cell?.from ?? hhmm(Number(like.from)),
    to: cell?.to ?? hhmm(Number(like.to)),
    cell,
    missing: Number(like.missing ?? 0),
    like,
    base,
  };
}

export class CellDialog {
  /** @param {import("./rota-page.js").RotaPage} page */
  constructor(page) {
    this.page = page;
    this.box = /** @type {HTMLDialogElement} */ (dialog("cell"));
    /** @type {Spot | null} */
    this.spot = null;
    /** @type {Candidate[]} */
    this.candidates = [];
    this.turn = 0;
    this.wire();
  }

  wire() {
    this.box.addEventListener("click", (event) => {
      const deed = /** @type {Element} */ (event.target).closest("[data-do]");
      if (deed) void this.deed(deed.getAttribute("data-do") ?? "");
    });
    this.box.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.assign(false);
    });
    this.box.addEventListener("change", () => this.chosen());
    this.box.addEventListener("close", () => {
      const like = this.spot?.like;
      this.spot = null;
      // The table was drawn anew meanwhile: the opener is gone, its place is not.
      if (like && !document.querySelector("dialog[open]"))
        requestAnimationFrame(() => slotLike(this.page.root, like)?.focus());
    });
  }

  /** @param {HTMLElement} slot */
  open(slot) {
    this.spot = spotOf(slot, this.page.data);
    const { spot, box } = this;
    const name = spot.base.positions[spot.position] ?? "";
    write(box, "title", name);
    write(box, "when", `${day(spot.date)}${span(spot.from, spot.to)}`);
    write(box, "count", "");
    write(box, "missing", spot.missing ? t("あと{n}人", { n: spot.missing }) : "");
    this.showHolder(spot);
    this.showSplit(spot);
    showFault(box, "");
    box.querySelector("[data-do=force]")?.toggleAttribute("hidden", true);
    write(box, "leave", spot.cell ? t("そのままにする") : t("空きのまま"));
    write(box, "ask", spot.cell ? t("ほかの人に替える") : t("当番にする人"));
    open(box, box.querySelector("h2"));
    box.scrollTop = 0;
    void this.load(spot);
  }

  /** @param {Spot} spot */
  showHolder(spot) {
    const { box } = this;
    part(box, "holder")?.toggleAttribute("hidden", !spot.cell);
    if (!spot.cell) return;
    write(box, "holder-name", spot.base.people[spot.cell.staff]?.name ?? spot.cell.staff);
    write(box, "pin-word", spot.cell.pinned ? t("固定をやめる") : t("固定する"));
    box.querySelector("[data-do=pin]")?.setAttribute("aria-pressed", String(spot.cell.pinned));
  }

  /** @param {Spot} spot */
  showSplit(spot) {
    const select = /** @type {HTMLSelectElement} */ (this.box.querySelector("#split-at"));
    const from = Number(spot.like.from);
    const times = spot.cell ? cuts(from, Number(spot.like.to), spot.base.slot_minutes || 30) : [];
    const details = /** @type {HTMLDetailsElement} */ (part(this.box, "split"));
    details.hidden = times.length === 0;
    details.open = false;
    select.replaceChildren(...times.map((at) => new Option(short(hhmm(at)), hhmm(at))));
    select.selectedIndex = Math.floor((times.length - 1) / 2);
  }

  /** @param {Spot} spot */
  async load(spot) {
    const turn = ++this.turn;
    const { box } = this;
    const waiting = part(box, "waiting");
    waiting?.toggleAttribute("hidden", false);
    part(box, "candidates")?.replaceChildren();
    part(box, "excluded-part")?.toggleAttribute("hidden", true);
    this.candidates = [];
    this.chosen();
    const { position, date, from, to } = spot;
    const query = new URLSearchParams({ position, date, from, to });
    if (spot.cell) query.set("leaving", spot.cell.staff);
    if (spot.base.kind !== "week") query.set("kind", spot.base.kind);
    try {
      const found = await get(`${this.page.url("/candidates").split("?")[0]}?${query}`);
      if (turn === this.turn && this.spot === spot) this.show(found, spot);
    } catch (error) {
      if (turn === this.turn) showFault(box, wordsOf(error));
    } finally {
      if (turn === this.turn) waiting?.toggleAttribute("hidden", true);
    }
  }

  /** @param {any} found @param {Spot} spot */
  show(found, spot) {
    const { box } = this;
    // Who is on the duty and cannot come still counts as given out: the table knows that one is missing.
    const need = found.need ?? 0;
    const missing = Math.max(found.missing ?? 0, spot.missing);
    const present = missing > 0 ? Math.max(need - missing, 0) : (found.present ?? 0);
    write(box, "count", t("現在 {present} / 必要 {need}", { present, need }));
    write(box, "missing", missing > 0 ? t("あと{n}人", { n: missing }) : "");
    this.candidates = found.candidates.filter(
      (/** @type {Candidate} */ one) => one.staff !== spot.cell?.staff,
    );
    part(box, "candidates")?.replaceChildren(
      ...this.candidates.map((one, n) => candidateNode(one, n === 0 && !spot.cell)),
    );
    if (this.candidates.length === 0) write(box, "ask", t("いま選べる人がいません"));
    this.showExcluded(found.excluded ?? []);
    this.chosen();
    // Who still stands at the title came by keyboard or has touched nothing: Enter then assigns the first.
    if (document.activeElement === box.querySelector("h2")) {
      /** @type {HTMLElement | null} */ (box.querySelector("[name=staff]:checked"))?.focus({
        preventScroll: true,
      });
    }
  }

  /** @param {{words: string, count: number}[]} excluded */
  showExcluded(excluded) {
    const { box } = this;
    const all = excluded.reduce((sum, one) => sum + one.count, 0);
    part(box, "excluded-part")?.toggleAttribute("hidden", all === 0);
    write(box, "why-title", t("選べない人 {n}人", { n: all }));
    part(box, "excluded")?.replaceChildren(
      ...excluded.flatMap((one) => {
        const words = document.createElement("dt");
        words.textContent = one.words;
        const count = document.createElement("dd");
        count.textContent = t("{n}人", { n: one.count });
        return [words, count];
      }),
    );
  }

  get choice() {
    const input = /** @type {HTMLInputElement | null} */ (
      this.box.querySelector("[name=staff]:checked")
    );
    return this.candidates.find((one) => one.staff === input?.value);
  }

  chosen() {
    const press = /** @type {HTMLButtonElement} */ (part(this.box, "assign"));
    const { choice } = this;
    press.disabled = !choice;
    press.textContent = choice ? t("{name} を割り当てる", { name: choice.name }) : t("割り当てる");
  }

  /** @param {boolean} force */
  async assign(force) {
    const { spot, choice } = this;
    if (!spot || !choice) return;
    const cell = { ...emptyCell(spot), staff: choice.staff };
    const change = { put: [cell], remove: spot.cell ? [spot.cell.id] : [], force };
    await this.save(change, spot, t("{name} を割り当てました", { name: choice.name }));
  }

  /** @param {string} deed */
  async deed(deed) {
    const { spot } = this;
    if (!spot) return;
    if (deed === "leave") this.box.close();
    else if (deed === "force") await this.assign(true);
    else if (spot.cell && deed === "pin")
      await this.save(pinChange(spot.cell), spot, pinWords(spot.cell));
    else if (spot.cell && deed === "take-off")
      await this.save({ remove: [spot.cell.id] }, spot, t("外しました"));
    else if (spot.cell && deed === "split") await this.split(spot, spot.cell);
  }

  /** @param {Spot} spot @param {Cell} cell */
  async split(spot, cell) {
    const at = /** @type {HTMLSelectElement} */ (this.box.querySelector("#split-at")).value;
    if (!at) return;
    const put = [
      { ...cell, id: 0, to: at },
      { ...cell, id: 0, from: at },
    ];
    await this.save({ put, remove: [cell.id] }, spot, t("{at} で分けました", { at: short(at) }));
  }

  /** @param {Change} change @param {Spot} spot @param {string} done */
  async save(change, spot, done) {
    const { box } = this;
    showFault(box, "");
    box.setAttribute("aria-busy", "true");
    try {
      await this.page.edit(change, spot.base, done);
      box.close();
    } catch (error) {
      showFault(box, wordsOf(error));
      const may = /** @type {any} */ (error).status === 422 && change.put?.length && !change.force;
      box.querySelector("[data-do=force]")?.toggleAttribute("hidden", !may);
    } finally {
      box.removeAttribute("aria-busy");
    }
  }
}

/** @param {Spot} spot @returns {Cell} */
function emptyCell({ position, date, from, to }) {
  return { id: 0, position, date, from, to, staff: "", pinned: false };
}

/** @param {Cell} cell @returns {Change} */
export function pinChange(cell) {
  return cell.pinned ? { unpin: [cell.id] } : { pin: [cell.id] };
}

/** @param {Cell} cell */
export function pinWords(cell) {
  return cell.pinned ? t("固定をやめました") : t("固定しました");
}

/** The load stands at the right already. @param {string} words */
function saysLoad(words) {
  return /^(電話の)?負担 [\d.]+ \/ 目標/.test(words);
}

/** @param {Candidate} one @param {boolean} first */
function candidateNode(one, first) {
  const node = fromTemplate("t-candidate");
  const input = /** @type {HTMLInputElement} */ (part(node, "input"));
  input.value = one.staff;
  input.checked = first;
  write(node, "name", one.name);
  const moved =
    one.break && one.break_moves ? [t("休憩は {time} に移る", { time: one.break })] : [];
  write(node, "why", [...moved, ...one.why.filter((words) => !saysLoad(words))].join("\n"));
  write(node, "warnings", (one.warnings ?? []).join("\n"));
  write(node, "load", one.load === null ? "–" : one.load.toFixed(1));
  write(node, "target", one.target === null ? "" : t("目標 {n}", { n: one.target.toFixed(1) }));
  return node;
}
