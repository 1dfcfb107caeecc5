// 自動作成: ask, watch, compare, take. The run lives on the server; closing the dialog leaves it running.
import { ApiError, get, post } from "./api.js";
import { dialog, open } from "./dialog.js";
import { fromTemplate, part, write } from "./render.js";
import { showFault, wordsOf } from "./rota-page.js";
import { difference } from "./rota-diff.js";
import { lines } from "./rota-clash.js";
import { polyline, shortDay, span } from "./rota-words.js";
import { t } from "./text.js";
import { announce, toast } from "./toast.js";

/** @typedef {import("./rota-types.js").Run} Run */

const POLL = 1_500; // beside the socket's word, which may be lost
const LIVE = ["queued", "running", "stopping"];
const PHASES = {
  queued: "順番を待っています",
  starting: "準備をしています",
  first: "最初の案を探しています",
  cover: "空きを減らしています",
  changes: "変えるコマを減らしています",
  fairness: "負担を均しています",
  done: "仕上げています",
  stopping: "止めています",
};

const COMPARED = [
  { words: "空き（分）", name: "uncovered_minutes", digits: 0 },
  { words: "負担の差（時間）", name: "spread", digits: 1 },
  { words: "負担のかたより", name: "unfairness", digits: 1 },
  { words: "確定から変わるコマ", name: "changes", digits: 0 },
];

export class SolveDialog {
  /** @param {import("./rota-page.js").RotaPage} page */
  constructor(page) {
    this.page = page;
    this.box = /** @type {HTMLDialogElement} */ (dialog("solve"));
    /** @type {Run | null} */
    this.run = null;
    /** @type {[number, number][]} */
    this.best = [];
    /** @type {[number, number][]} */
    this.bounds = [];
    this.wished = 30;
    this.dropping = false; // 取りやめ was pressed while it still ran
    this.onto = false; // 案に入れる although the draft went on meanwhile
    this.shownState = "";
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.wire();
  }

  wire() {
    this.box.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.start();
    });
    this.box.addEventListener("click", (event) => {
      const deed = /** @type {Element} */ (event.target).closest("[data-do]");
      if (deed) void this.deed(deed.getAttribute("data-do") ?? "");
    });
  }

  open() {
    const going = this.page.data.run;
    if (going && [...LIVE, "done", "cancelled"].includes(going.state)) this.watch(going);
    else this.ask();
    open(this.box, this.box.querySelector("h2"));
  }

  /** Who has begun a draft by hand means to keep it: only an empty week begins with its fixed cells alone. What the
   * result would change is shown before it is taken either way. */
  ask() {
    const keep = this.page.data.cells.some((cell) => !cell.pinned) ? "present" : "pins";
    const choice = this.box.querySelector(`input[name=keep][value=${keep}]`);
    if (choice instanceof HTMLInputElement) choice.checked = true;
    this.show("ask");
  }

  /** @param {"ask" | "run" | "done"} step */
  show(step) {
    for (const node of this.box.querySelectorAll("[data-step]"))
      /** @type {HTMLElement} */ (node).hidden = node.getAttribute("data-step") !== step;
    for (const node of this.box.querySelectorAll("[data-step]")) showFault(node, "");
    this.box.scrollTop = 0;
  }

  /** @param {unknown} error */
  fault(error) {
    const shown = this.box.querySelector("[data-step]:not([hidden])");
    if (shown) showFault(shown, wordsOf(error));
  }

  async start() {
    const form = /** @type {HTMLFormElement} */ (this.box.querySelector("form"));
    const data = new FormData(form);
    this.wished = Number(data.get("seconds"));
    const body = {
      seconds: this.wished,
      keep: data.get("keep"),
      revision: this.page.data.revision,
    };
    try {
      const answer = await post(this.page.url("/solve"), body);
      this.watch(answer.run);
    } catch (error) {
      this.fault(error);
      if (/** @type {any} */ (error).status === 409) void this.page.reload();
    }
  }

  /** @param {Run} run */
  watch(run) {
    this.run = run;
    this.best = [];
    this.bounds = [];
    this.shownState = "";
    [this.dropping, this.onto] = [false, false];
    this.wished = /** @type {any} */ (run.progress)?.wished ?? this.wished;
    this.show("run");
    this.heard(run);
    clearInterval(this.timer);
    if (LIVE.includes(run.state)) this.timer = setInterval(() => void this.poll(), POLL);
  }

  async poll() {
    if (!this.run || !LIVE.includes(this.run.state)) return clearInterval(this.timer);
    try {
      const answer = await get(this.page.url(`/runs/${this.run.id}`), { quiet: true });
      this.heard(answer.run ?? answer);
    } catch {
      // the next one may come through
    }
  }

  /** From the socket or from asking. @param {Run} run */
  heard(run) {
    if (!this.run || run.id !== this.run.id) return;
    if (!LIVE.includes(this.run.state) && LIVE.includes(run.state)) return; // late news
    this.run = { ...this.run, ...run };
    this.showProgress(run);
    if (!LIVE.includes(run.state) && run.state !== this.shownState) {
      this.shownState = run.state;
      clearInterval(this.timer);
      void this.ended();
    }
  }

  /** @param {Run} run */
  showProgress(run) {
    const { seconds = 0, phase = "", ...found } = run.progress ?? {};
    const [best, bound] = [found.best ?? {}, found.bound ?? {}];
    const step = /** @type {HTMLElement} */ (this.box.querySelector('[data-step="run"]'));
    const words = /** @type {Record<string, string>} */ (PHASES)[phase] ?? "計算しています";
    write(step, "phase", t(words));
    write(step, "seconds", Math.floor(seconds).toString());
    write(step, "of", t(" / {n} 秒", { n: this.wished }));
    write(step, "uncovered", number(best.uncovered_minutes, 0));
    write(step, "bound", boundWords(bound.uncovered_minutes));
    write(step, "unfairness", number(best.unfairness, 1));
    write(step, "changes", number(best.changes, 0));
    note(this.best, seconds, best.uncovered_minutes);
    note(this.bounds, seconds, bound.uncovered_minutes);
    this.spark();
  }

  spark() {
    const top = Math.max(1, ...this.best.map(([, y]) => y), ...this.bounds.map(([, y]) => y));
    const box = { width: 300, height: 64, right: this.wished, top };
    this.box.querySelector(".spark .best")?.setAttribute("points", polyline(this.best, box));
    this.box.querySelector(".spark .bound")?.setAttribute("points", polyline(this.bounds, box));
  }

  async ended() {
    const run = this.run;
    if (!run) return;
    if (run.state === "taken" || run.state === "dropped") return this.box.close();
    if (this.dropping) return this.deed("drop");
    if (run.state === "failed") {
      this.show("ask");
      const words = run.message || t("自動作成が途中で止まりました。案は変わっていません。");
      this.fault(new ApiError(0, "", words));
      this.run = null;
      return;
    }
    try {
      const answer = await get(this.page.url(`/runs/${run.id}`));
      this.compare(answer.run ?? answer);
    } catch (error) {
      this.fault(error);
    }
  }

  /** @param {any} run */
  compare(run) {
    this.run = run;
    const step = /** @type {HTMLElement} */ (this.box.querySelector('[data-step="done"]'));
    const { data } = this.page;
    const now = data.revision ? (data.figures ?? {}) : {};
    const then = run.figures ?? run.progress?.best ?? {};
    const rows = COMPARED.map(({ words, name, digits }) =>
      compareRow(t(words), number(now[name], digits), number(then[name], digits)),
    );
    part(step, "compare")?.replaceChildren(...rows);
    this.showOpens(step, run.open ?? []);
    this.showDifference(step, run.cells ?? []);
    this.show("done");
    write(step, "verdict", verdict(run));
    announce(t("自動作成の案ができました"));
  }

  /** @param {HTMLElement} step @param {any[]} opens */
  showOpens(step, opens) {
    const { positions } = this.page.data;
    part(step, "opens-part")?.toggleAttribute("hidden", opens.length === 0);
    part(step, "opens")?.replaceChildren(
      ...opens.slice(0, 40).map((one) => {
        const node = fromTemplate("t-line-rem");
        const where = `${shortDay(one.date)} ${span(one.from, one.to)} ${positions[one.position] ?? ""}`;
        const why = (one.words ?? []).join("、");
        write(node, "text", t("{where} あと{n}人 {why}", { where, n: one.missing, why }));
        return node;
      }),
    );
  }

  /** @param {HTMLElement} step @param {any[]} cells */
  showDifference(step, cells) {
    const found = difference(this.page.data.cells, cells);
    const count = found.added.length + found.removed.length;
    part(step, "diff-part")?.toggleAttribute("hidden", count === 0 || cells.length === 0);
    write(
      step,
      "diff-title",
      t("いまの案からの違い（入れる {a}、外す {r}）", {
        a: found.added.length,
        r: found.removed.length,
      }),
    );
    lines(part(step, "diff"), found, this.page.data, "");
  }

  /** @param {string} deed */
  async deed(deed) {
    const run = this.run;
    if (!run) return this.box.close();
    try {
      if (deed === "take") await this.take(run);
      else if (!LIVE.includes(run.state)) await this.drop(run);
      else await this.stop(run, deed === "drop");
    } catch (error) {
      this.fault(error);
    }
  }

  /** The process ends within a moment; what it found by then comes as its last word. @param {Run} run @param {boolean} dropping */
  async stop(run, dropping) {
    this.dropping = dropping;
    const answer = await post(this.page.url(`/runs/${run.id}/cancel`));
    this.heard(answer.run ?? answer);
  }

  /** @param {Run} run */
  async take(run) {
    const body = { revision: this.page.data.revision, force: this.onto };
    try {
      await this.page.busy(() => post(this.page.url(`/runs/${run.id}/take`), body));
    } catch (error) {
      if (/** @type {any} */ (error).status !== 409) throw error;
      await this.page.reload();
      this.onto = true;
      const words = t(
        "計算のあいだに、案が変わりました。もう一度「案に入れる」を押すと、その変更は新しい案で置きかわります（元に戻せます）。",
      );
      return this.fault(new ApiError(409, "", words));
    }
    this.run = null;
    this.box.close();
    await this.page.reload();
    this.page.say(t("自動作成の案を入れました"), true);
  }

  /** @param {Run} run */
  async drop(run) {
    if (run.state === "done" || run.state === "cancelled")
      await post(this.page.url(`/runs/${run.id}/drop`));
    this.run = null;
    this.box.close();
    await this.page.reload();
    toast(t("自動作成を取りやめました。案は変わっていません。"));
  }
}

/** @param {unknown} value @param {number} digits */
function number(value, digits) {
  return typeof value === "number" ? value.toFixed(digits) : "–";
}

/** @param {number | null | undefined} minutes */
function boundWords(minutes) {
  return typeof minutes === "number" ? t("{n} 分より少なくはならない", { n: minutes }) : "";
}

/** @param {[number, number][]} line @param {number} seconds @param {unknown} value */
function note(line, seconds, value) {
  if (typeof value === "number") line.push([seconds, value]);
}

/** @param {Run} run */
function verdict(run) {
  const best = run.progress?.best?.uncovered_minutes ?? 0;
  const proven = best > 0 && best === run.progress?.bound?.uncovered_minutes;
  const made = run.state === "cancelled" ? t("止めたところまでの案です。") : t("案ができました。");
  const least = proven ? t("空きは、これ以上少なくできません。") : "";
  return `${made}${least}${t("まだ入っていません。")}`;
}

/** @param {string} words @param {string} now @param {string} then */
function compareRow(words, now, then) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = words;
  const cells = [now, then].map((text) => {
    const cell = document.createElement("td");
    cell.className = "num";
    cell.textContent = text;
    return cell;
  });
  line.append(head, ...cells);
  return line;
}
