// 409: somebody else changed the draft first. Both versions side by side; one's own can be laid on top or dropped.
import { ApiError, post } from "./api.js";
import { dialog, open } from "./dialog.js";
import { fromTemplate, part, write } from "./render.js";
import { difference, isEmpty, onTopOf, ownDifference } from "./rota-diff.js";
import { showFault, wordsOf } from "./rota-page.js";
import { cellWords } from "./rota-words.js";
import { t } from "./text.js";
import { toast } from "./toast.js";

/** @typedef {import("./rota-types.js").WeekData} WeekData */
/** @typedef {import("./rota-types.js").Change} Change */

/**
 * True when one's own change is in. A second clash on the way opens the same question again.
 * @param {import("./rota-page.js").RotaPage} page @param {Change} change @param {WeekData} base @param {string} done
 * @returns {Promise<boolean>}
 */
export async function resolveClash(page, change, base, done) {
  const fresh = await page.fresh();
  const box = dialog("clash");
  if (!box) return false;
  for (const other of document.querySelectorAll("dialog[open]"))
    /** @type {HTMLDialogElement} */ (other).close();
  fill(box, change, base, fresh);
  await page.reload();
  open(box, box.querySelector("h2"));
  const answer = await answerOf(box);
  if (answer !== "on-top") {
    toast(t("相手の案のままにしました。"));
    return false;
  }
  return layOnTop(page, change, base, fresh, done);
}

/** @param {import("./rota-page.js").RotaPage} page @param {Change} change @param {WeekData} base @param {any} fresh @param {string} done */
async function layOnTop(page, change, base, fresh, done) {
  const renewed = { ...onTopOf(change, base.cells, fresh.cells), force: change.force };
  if (isEmpty(renewed)) {
    toast(t("自分の変更は、もう同じ形で入っています。"));
    return true;
  }
  try {
    await page.busy(() => post(page.url("/edit"), { revision: fresh.revision, ...renewed }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 409)
      return resolveClash(page, renewed, { ...base, cells: fresh.cells }, done);
    toast(wordsOf(error), { bad: true });
    return false;
  }
  await page.reload();
  page.say(done, true);
  return true;
}

/** @param {HTMLElement} box @param {Change} change @param {WeekData} base @param {any} fresh */
function fill(box, change, base, fresh) {
  const theirs = difference(base.cells, fresh.cells);
  const mine = ownDifference(change, base.cells);
  const who = fresh.changed_by ?? t("ほかの人");
  write(
    box,
    "lead",
    t("{who} さんが、この案を先に変えました。自分の変更は失われていません。", { who }),
  );
  showFault(box, "");
  const same = [...mine.pinned, ...mine.unpinned];
  lines(part(box, "theirs"), theirs, base, t("割り当ては同じで、固定だけが違います"));
  lines(part(box, "mine"), { added: [...mine.added, ...same], removed: mine.removed }, base, "");
}

/** @param {HTMLElement | null} list @param {{added: any[], removed: any[]}} found @param {WeekData} week @param {string} none */
export function lines(list, found, week, none) {
  if (!list) return;
  const made = [
    ...found.removed.map((cell) => line("t-line-rem", cellWords(cell, week), t("外す"))),
    ...found.added.map((cell) => line("t-line-add", cellWords(cell, week), t("入れる"))),
  ];
  if (made.length === 0 && none) {
    const item = document.createElement("li");
    item.textContent = none;
    made.push(item);
  }
  list.replaceChildren(...made);
}

/** @param {string} template @param {string} text @param {string} spoken */
function line(template, text, spoken) {
  const node = fromTemplate(template);
  write(node, "text", text);
  node.querySelector(".sign")?.setAttribute("title", spoken);
  return node;
}

/** @param {HTMLDialogElement} box @returns {Promise<string>} */
function answerOf(box) {
  return new Promise((resolve) => {
    let answer = "";
    /** @param {Event} event */
    const press = (event) => {
      const act = /** @type {Element} */ (event.target).closest("[data-do]");
      if (!act) return;
      answer = act.getAttribute("data-do") ?? "";
      box.close();
    };
    box.addEventListener("click", press);
    box.addEventListener(
      "close",
      () => {
        box.removeEventListener("click", press);
        resolve(answer);
      },
      { once: true },
    );
  });
}
