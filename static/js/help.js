// 窓口応援 from the board: one tap on a lamp, one on 応援を頼む; then who was asked, who comes, or who could next.
import { ApiError, del, post } from "./api.js";
import { hm } from "./clock.js";
import { t } from "./text.js";
import { announce, toast } from "./toast.js";

/** @typedef {{id: number, position: string, name: string, state: string, asked: number, declined: number, helper: string | null, helper_staff: string | null, by_staff: string, until: string | null, expires_at: string}} Call */
/** @typedef {{name: string, why: string, until: string | null}} Later */

/** @type {Map<string, {call: Call | null, later: Later[]}>} by position */
const known = new Map();

/** @param {string} position */
async function ask(position) {
  try {
    const answer = await post(`/api/v1/coverage/${encodeURIComponent(position)}/help`);
    known.set(position, answer);
    const call = /** @type {Call | null} */ (answer.call);
    const told = call
      ? t("{n}人に応援を頼みました。{time} まで待ちます。", {
          n: call.asked,
          time: hm(call.expires_at),
        })
      : nobody(answer.later);
    toast(told, call ? { undo: () => callOff(call), undoLabel: t("取りやめる") } : { keep: true });
  } catch (error) {
    toast(error instanceof ApiError ? error.message : t("頼めませんでした。"), { bad: true });
  }
  show();
}

/** @param {Call} call */
async function callOff(call) {
  try {
    known.set(call.position, { call: await del(`/api/v1/help/${call.id}`), later: [] });
    toast(t("応援の依頼を取りやめました"));
  } catch (error) {
    toast(error instanceof ApiError ? error.message : t("できませんでした。"), { bad: true });
  }
  show();
}

/** @param {Later[]} later */
function nobody(later) {
  const next = later.map((one) =>
    one.until ? t("{name}（{time} まで）", { name: one.name, time: hm(one.until) }) : one.name,
  );
  const none = t("いま頼める人がいません。");
  return next.length > 0 ? `${none}${t("次に空くのは {next}", { next: next.join("、") })}` : none;
}

/** @param {{call: Call | null, later: Later[]} | undefined} answer */
export function stateText(answer) {
  if (!answer) return "";
  const { call, later } = answer;
  if (!call) return nobody(later);
  const words = {
    open: call.declined
      ? t("{n}人に頼んでいます（うち {m}人は行けません）", { n: call.asked, m: call.declined })
      : t("{n}人に頼んでいます", { n: call.asked }),
    coming: t("{name} さんが向かっています（{time} まで）", {
      name: call.helper ?? "",
      time: call.until ? hm(call.until) : "",
    }),
    nobody: t("だれも来られませんでした。"),
    off: t("応援の依頼を取りやめました。"),
    done: t("応援は終わりました。"),
  };
  return words[/** @type {keyof typeof words} */ (call.state)] ?? "";
}

function show() {
  const box = document.getElementById("position");
  const place = document.getElementById("help-state");
  if (!box || !place) return;
  const answer = known.get(box.dataset.position ?? "");
  place.hidden = !answer;
  place.textContent = stateText(answer);
  if (answer?.call?.state !== "open") return;
  const press = document.createElement("button");
  press.type = "button";
  press.className = "btn";
  press.textContent = t("取りやめる");
  const call = answer.call;
  press.addEventListener("click", () => void callOff(call));
  place.append(press);
}

/** @param {Call} call */
function heard(call) {
  const before = known.get(call.position)?.call;
  known.set(call.position, { call, later: [] });
  show();
  if (call.by_staff !== document.body.dataset.viewer || before?.state === call.state) return;
  if (call.state === "coming" || call.state === "nobody")
    toast(`${call.name} ${stateText({ call, later: [] })}`, { keep: true });
  else announce(stateText({ call, later: [] }));
}

export function wireHelp() {
  document.addEventListener("click", (event) => {
    const press = /** @type {HTMLElement | null} */ (
      /** @type {Element} */ (event.target).closest("[data-help]")
    );
    if (press?.dataset.position) void ask(press.dataset.position);
  });
  document.addEventListener("zaiseki:help_call", (event) =>
    heard(/** @type {CustomEvent} */ (event).detail),
  );
  document.addEventListener("zaiseki:calls", (event) => {
    for (const call of /** @type {CustomEvent} */ (event).detail)
      known.set(call.position, { call, later: [] });
    show();
  });
  document.addEventListener("zaiseki:position", show);
}
