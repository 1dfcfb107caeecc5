// On every page: a memo has come, or the one I wrote has been called back. The frame carries no word; it is asked for.
import { get } from "./api.js";
import { t } from "./text.js";
import { announce, toast } from "./toast.js";

/** @typedef {{id: number, state: string}} Told */
/** @typedef {{id: number, state: string, standing: string, chip: string, telephone: string, seen_at: string | null, to: {name: string, staff: string | null}, by: {staff: string | null}}} Memo */

const me = document.body.dataset.viewer ?? "";
/** What has been told already; pages that stay open hear of a memo several times. @type {Map<number, string>} */
const heard = new Map();

/** @param {Told} told */
async function tell(told) {
  if (heard.get(told.id) === told.state) return;
  heard.set(told.id, told.state);
  if (told.state === "void" || told.state === "done") return;
  /** @type {Memo} */
  const memo = await get(`/api/v1/messages/${told.id}`, { quiet: true });
  if (memo.standing === "recipient" && memo.state === "open" && !memo.seen_at) arrived(memo);
  else if (memo.by.staff === me && memo.to.staff !== me && memo.state === "called")
    toast(t("{name} さんが連絡済にしました（{chip}）", { name: memo.to.name, chip: memo.chip }));
}

/** @param {Memo} memo */
function arrived(memo) {
  const text = t("取次1件　{chip} {number}", { chip: memo.chip, number: memo.telephone }).trim();
  if (document.getElementById("memos")) announce(text);
  else
    toast(text, {
      undoLabel: t("ひらく"),
      undo: () => location.assign(`/messages?open=${memo.id}`),
    });
}

if (me)
  document.addEventListener("zaiseki:message", (event) => {
    const told = /** @type {Told} */ (/** @type {CustomEvent} */ (event).detail);
    void tell(told).catch(() => {}); // moved on, or signed out: nothing to tell
  });
