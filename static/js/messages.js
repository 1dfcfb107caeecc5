// 取次メモ: handled with one press and taken back for ten seconds; the list follows what others do.
import { ApiError, call } from "./api.js";
import { following, showOpened, wireArrows } from "./listed.js";
import { Live } from "./live.js";
import { t } from "./text.js";
import { toast } from "./toast.js";

/** @typedef {{id: number, state: string, revision: number, may: string[]}} Memo */

const place = /** @type {HTMLElement} */ (document.getElementById("memos"));
const list = following("memos", { changed: () => void markSeen() });

/** @type {Record<string, string>} */
const DONE = {
  open: t("未対応に戻しました。"),
  called: t("連絡済にしました。"),
  done: t("完了にしました。"),
};

/** @param {string} id @param {string} state @param {number} revision @returns {Promise<Memo>} */
const turn = (id, state, revision) => call("PATCH", `/api/v1/messages/${id}`, { state, revision });

/** @param {HTMLFormElement} form */
async function press(form) {
  const id = form.dataset.memo ?? "";
  const state = form.dataset.turn ?? "";
  const before = form.closest(".memo")?.classList.contains("is-called") ? "called" : "open";
  const from = form.closest(".memo")?.classList.contains("is-done") ? "done" : before;
  const revision = Number(new FormData(form).get("revision"));
  try {
    const memo = await turn(id, state, revision);
    toast(DONE[state] ?? "", { undo: () => undo(id, from, memo.revision) });
  } catch (error) {
    toast(error instanceof ApiError ? error.message : t("できませんでした。"), { bad: true });
  }
  await list.now();
}

/** @param {string} id @param {string} state @param {number} revision */
async function undo(id, state, revision) {
  try {
    await turn(id, state, revision);
    toast(t("元に戻しました。"));
  } catch (error) {
    toast(error instanceof ApiError ? error.message : t("元に戻せませんでした。"), { bad: true });
  }
  await list.now();
}

/** What stands on one's own list has been read, once it could be seen. */
async function markSeen() {
  if (document.hidden) return;
  for (const item of place.querySelectorAll("[data-unseen]")) {
    item.removeAttribute("data-unseen");
    const id = item.getAttribute("data-memo-id") ?? "";
    await call("PATCH", `/api/v1/messages/${id}`, { seen: true }).catch(() => {});
  }
}

place.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.dataset.turn) return;
  event.preventDefault();
  void press(form);
});
document.addEventListener("visibilitychange", () => void markSeen());
new Live({
  units: (place.dataset.units ?? "").split(" ").filter(Boolean), // of the 係, where its list is shown
  fetch: list.fetch,
  other: (event) => {
    if (event === "message" || event === "memos") list.soon();
  },
});
wireArrows("memos");
showOpened("memos");
void markSeen();
