// The quieter deeds: 確定, 履歴, 先週を写す, ひな形, 急な休み.
import { del, get, post } from "./api.js";
import { dialog, open } from "./dialog.js";
import { fromTemplate, part, write } from "./render.js";
import { showFault, wordsOf } from "./rota-page.js";
import { day, shortDay, span, weekAfter } from "./rota-words.js";
import { hmOrDay, serverNow } from "./clock.js";
import { t } from "./text.js";

/** @typedef {import("./rota-page.js").RotaPage} RotaPage */

const WHAT = {
  start: "案を作りはじめた",
  edit: "手で直した",
  solve: "自動作成",
  copy: "ほかの週を写した",
  template: "ひな形を使った",
  undo: "元に戻した",
  redo: "やり直した",
  restore: "履歴から戻した",
  fix: "確定した",
  swap: "交代",
  absence: "急な休み",
  org: "異動・組織の変更",
};

/** @param {string | undefined} code */
export function stepWords(code) {
  return t(/** @type {Record<string, string>} */ (WHAT)[code ?? ""] ?? code ?? "");
}

/** Open a dialog, fill it, and show what goes wrong in it. @param {string} id @param {(box: HTMLDialogElement) => Promise<void> | void} fill */
async function opened(id, fill) {
  const box = dialog(id);
  if (!box) return;
  showFault(box, "");
  open(box, box.querySelector("h2"));
  await guarded(box, () => fill(box));
}

/** @param {HTMLElement} box @param {() => Promise<void> | void} work */
async function guarded(box, work) {
  box.setAttribute("aria-busy", "true");
  showFault(box, "");
  try {
    await work();
  } catch (error) {
    showFault(box, wordsOf(error));
  } finally {
    box.removeAttribute("aria-busy");
  }
}

/** @param {RotaPage} page */
export function openPublish(page) {
  return opened("publish", async (box) => {
    const press = /** @type {HTMLButtonElement} */ (box.querySelector("[data-do=publish]"));
    press.disabled = true;
    write(box, "lead", t("変わるところを調べています…"));
    part(box, "people")?.replaceChildren();
    const open_ = page.data.open;
    part(box, "open")?.toggleAttribute("hidden", open_.length === 0);
    write(
      box,
      "open-words",
      t("空きが {n} か所のこっています。このまま確定すると、在席表に不足として出ます。", {
        n: open_.length,
      }),
    );
    const base = page.data.revision;
    const path = page.url("/publish");
    const preview = await post(`${path}${path.includes("?") ? "&" : "?"}preview=1`, {
      revision: base,
    });
    showPreview(box, preview);
    press.disabled = false;
    press.onclick = () =>
      guarded(box, async () => {
        await page.step(path, { revision: base }, "");
        box.close();
        page.say(t("確定しました。{n}人に知らせます。", { n: preview.notices ?? 0 }), false);
      });
  });
}

/** @param {HTMLElement} box @param {any} preview */
function showPreview(box, preview) {
  const people = preview.difference?.people ?? [];
  write(
    box,
    "lead",
    people.length
      ? t("{n}人の当番が変わり、{m}人に知らせが届きます。", {
          n: people.length,
          m: preview.notices ?? people.length,
        })
      : t("確定からの違いはありません。"),
  );
  part(box, "people")?.replaceChildren(
    ...people.map((/** @type {any} */ one) => {
      const node = fromTemplate("t-person-diff");
      write(node, "name", one.name);
      write(
        node,
        "added",
        (one.added ?? []).map((/** @type {any} */ c) => `＋ ${words(c)}`).join("\n"),
      );
      write(
        node,
        "removed",
        (one.removed ?? []).map((/** @type {any} */ c) => `− ${words(c)}`).join("\n"),
      );
      return node;
    }),
  );
}

/** @param {any} cell a cell with its position's name, or a sentence */
function words(cell) {
  if (typeof cell === "string") return cell;
  return `${shortDay(cell.date)} ${span(cell.from, cell.to)} ${cell.name ?? cell.position_name ?? ""}`;
}

/** @param {RotaPage} page */
export function openHistory(page) {
  return opened("history", async (box) => {
    // A week nobody has begun has no steps to ask for.
    const { steps } = page.data.revision ? await get(page.url("/history")) : { steps: [] };
    part(box, "none")?.toggleAttribute("hidden", steps.length > 0);
    part(box, "list")?.replaceChildren(
      ...steps.map((/** @type {any} */ step) => {
        const node = fromTemplate("t-step");
        write(node, "what", stepWords(step.what));
        write(
          node,
          "who",
          [step.by, step.at && hmOrDay(step.at, serverNow())].filter(Boolean).join(" "),
        );
        write(node, "size", sizeWords(step));
        const press = /** @type {HTMLButtonElement} */ (part(node, "restore"));
        press.disabled = step.revision === page.data.revision;
        if (press.disabled) press.textContent = t("いまの案");
        press.onclick = () =>
          guarded(box, async () => {
            await page.step(
              page.url(`/history/${step.revision}/restore`),
              {},
              t("履歴から戻しました"),
            );
            box.close();
          });
        return node;
      }),
    );
  });
}

/** @param {any} step */
function sizeWords(step) {
  const count = (/** @type {any} */ part_) => (Array.isArray(part_) ? part_.length : (part_ ?? 0));
  const [added, removed] = [count(step.added), count(step.removed)];
  if (added + removed === 0) return step.what === "edit" ? t("固定だけ") : "";
  return t("入れた {a}・外した {r}", { a: added, r: removed });
}

/** @param {RotaPage} page */
export function openCopy(page) {
  return opened("copy", (box) => {
    const select = /** @type {HTMLSelectElement} */ (box.querySelector("select"));
    const weeks = [-1, -2, -3, -4].map((by) => weekAfter(page.data.week, by));
    select.replaceChildren(
      ...weeks.map(
        (week, n) =>
          new Option(
            t("{n}週前（{week}）", { n: n + 1, week: week.replace("-W", "年 第") + t("週") }),
            week,
          ),
      ),
    );
    write(
      box,
      "lead",
      t(
        "勤務できない人と、閉庁日のコマは写さず、空きにします。いまの案は置きかわります（元に戻せます）。",
      ),
    );
    const form = /** @type {HTMLFormElement} */ (box.querySelector("form"));
    form.onsubmit = (event) => {
      event.preventDefault();
      void guarded(box, async () => {
        const answer = await page.step(page.url("/copy"), { from: select.value }, "");
        box.close();
        const left = answer.left_out?.length ?? 0;
        page.say(
          left
            ? t("写しました。写せない {n} コマは空きにしました。", { n: left })
            : t("写しました"),
          true,
        );
      });
    };
  });
}

/** @param {RotaPage} page */
export function openTemplates(page) {
  return opened("templates", async (box) => {
    const form = /** @type {HTMLFormElement} */ (box.querySelector("form"));
    form.onsubmit = (event) => {
      event.preventDefault();
      const name = String(new FormData(form).get("name") ?? "").trim();
      void guarded(box, async () => {
        await post(page.unitUrl("/rota-templates"), {
          name,
          week: page.data.week,
          kind: page.data.kind,
        });
        form.reset();
        await listTemplates(page, box);
      });
    };
    await listTemplates(page, box);
  });
}

/** @param {RotaPage} page @param {HTMLDialogElement} box */
async function listTemplates(page, box) {
  const { templates } = await get(page.unitUrl("/rota-templates"));
  part(box, "none")?.toggleAttribute("hidden", templates.length > 0);
  part(box, "list")?.replaceChildren(
    ...templates.map((/** @type {any} */ one) => {
      const node = fromTemplate("t-template");
      write(node, "name", one.name);
      const cells = Array.isArray(one.cells) ? one.cells.length : (one.cells ?? 0);
      write(node, "size", t("{n} コマ", { n: cells }));
      const apply = /** @type {HTMLButtonElement} */ (part(node, "apply"));
      apply.onclick = () =>
        guarded(box, async () => {
          await page.step(page.url(`/templates/${one.id}/apply`), {}, t("ひな形を使いました"));
          box.close();
        });
      const remove = /** @type {HTMLButtonElement} */ (part(node, "remove"));
      remove.onclick = () =>
        guarded(box, async () => {
          await del(page.unitUrl(`/rota-templates/${one.id}`));
          await listTemplates(page, box);
        });
      return node;
    }),
  );
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let undoEnds;

/** @param {RotaPage} page */
export function openAbsence(page) {
  return opened("absence", (box) => {
    part(box, "undo")?.toggleAttribute("hidden", true);
    const form = /** @type {HTMLFormElement} */ (box.querySelector("form"));
    const [staff, date] = /** @type {HTMLSelectElement[]} */ ([...form.querySelectorAll("select")]);
    const people = Object.entries(page.data.people);
    staff.replaceChildren(...people.map(([number, one]) => new Option(one.name, number)));
    date.replaceChildren(...page.data.days.map((one) => new Option(day(one), one)));
    write(box, "result", "");
    part(box, "list")?.replaceChildren();
    const leave = /** @type {HTMLInputElement} */ (form.querySelector("[name=leave]"));
    // With the mark the tap records a leave at once: the button must not read like a mere search.
    leave.onchange = () =>
      write(box, "go", leave.checked ? t("休みにして代わりをさがす") : t("代わりをさがす"));
    leave.onchange(new Event("change"));
    form.onsubmit = (event) => {
      event.preventDefault();
      void guarded(box, () =>
        askAbsence(page, box, {
          staff: staff.value,
          date: date.value,
          leave: leave.checked,
        }),
      );
    };
  });
}

/** @param {RotaPage} page @param {HTMLDialogElement} box @param {{staff: string, date: string, leave: boolean}} who */
async function askAbsence(page, box, who) {
  const found = await post(page.unitUrl("/absence"), who);
  await page.reload();
  const { duties } = found;
  /** @type {string[]} what one press takes back, in the order in which it was done */
  const done = found.undo ? [found.undo] : [];
  if (found.undo) offerUndo(page, box, done, t("{name} を休みにしました。", { name: found.name }));
  const result = duties.length
    ? t("確定した当番が {n} コマ空きます。1人ずつ替えられます。", { n: duties.length })
    : t("この日に確定した当番はありません。案にあるコマは、表で替えてください。");
  write(box, "result", result);
  part(box, "list")?.replaceChildren(
    ...duties.map((/** @type {any} */ duty) => gapNode(page, box, duty, done)),
  );
}

/** For ten seconds: duties and leave as they were. @param {RotaPage} page @param {HTMLDialogElement} box @param {string[]} done @param {string} told */
function offerUndo(page, box, done, told) {
  const line = part(box, "undo");
  const press = /** @type {HTMLButtonElement | null} */ (part(box, "take-back"));
  if (!line || !press) return;
  clearTimeout(undoEnds);
  write(box, "undo-words", told);
  line.hidden = false;
  undoEnds = setTimeout(() => (line.hidden = true), 10_000);
  press.onclick = () =>
    guarded(box, async () => {
      clearTimeout(undoEnds);
      line.hidden = true;
      await post(page.unitUrl("/absence/undo"), { undo: done });
      part(box, "list")?.replaceChildren();
      write(box, "result", t("元に戻しました。"));
      await page.reload();
    });
}

/** @param {RotaPage} page @param {HTMLDialogElement} box @param {any} duty @param {string[]} done */
function gapNode(page, box, duty, done) {
  const node = fromTemplate("t-gap");
  const best = duty.candidates[0];
  write(node, "where", `${span(duty.from, duty.to)} ${duty.name}`);
  write(node, "why", best ? best.why.join("、") : t("代われる人がいません"));
  const press = /** @type {HTMLButtonElement} */ (part(node, "assign"));
  press.hidden = !best;
  if (!best) return node;
  press.textContent = t("{name} に替える", { name: best.name });
  press.onclick = () =>
    guarded(box, async () => {
      const given = await post(page.unitUrl("/absence/assign"), {
        duty: duty.duty,
        to: best.staff,
      });
      press.disabled = true;
      press.textContent = t("替えました（本人に知らせます）");
      done.push(given.undo);
      offerUndo(page, box, done, t("{name} に替えました。", { name: best.name }));
      await page.reload();
    });
  return node;
}
