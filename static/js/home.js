// 自分の今日. The page is drawn by the server; a tap goes through the outbox, then the two halves are fetched again.
// Without a connection the tap waits in the device and the page says so.
import { ApiError, askToSignIn, del, post, put } from "./api.js";
import { dateOf, heardServerTime, hm, iso, nextAt, serverNow } from "./clock.js";
import { Live } from "./live.js";
import { changeOf, describe, openOutbox, tapped } from "./outbox.js";
import { isSecondTap, stepShown, tappedNow } from "./second-tap.js";
import { label, t } from "./text.js";
import { toast } from "./toast.js";

/** @typedef {import("./queue.js").Outcome} Outcome */

const me = JSON.parse(document.getElementById("me")?.textContent ?? "{}");
const outbox = await openOutbox(me.staff, showWaiting, showSettled);
let shown = me.row?.version ?? 0;
/** @type {Promise<boolean> | null} */
let fetching = null;

/** @typedef {import("./queue.js").Item[]} Items */

async function tellWaiting() {
  showWaiting(await outbox.held(), await outbox.waiting());
}

/** @param {Items} items what is told as waiting @param {Items} [all] and what is on its way besides */
function showWaiting(items, all = items) {
  const list = document.getElementById("outbox");
  if (!list) return;
  list.replaceChildren(
    ...items.map((item) => {
      const line = document.createElement("li");
      line.textContent = describe(item);
      return line;
    }),
  );
  list.hidden = items.length === 0;
  showTaken(items, all);
}

/** What waited is with the server now, or was not taken. @param {import("./queue.js").Item} item @param {import("./queue.js").Delivery} result */
function showSettled(item, result) {
  const what = tapped(item);
  if ("refused" in result)
    toast(t("{what} は受け付けられませんでした。{why}", { what, why: result.refused.message }), {
      bad: true,
      keep: true,
    });
  else toast(t("預かっていた {what} を送りました", { what }));
  void Promise.resolve(fetching).then(() => refresh()); // one begun before may not know it
}

/** @param {Items} items */
function kindsOf(items) {
  return new Set(items.filter((item) => item.kind === "punch").map((item) => item.payload.kind));
}

/** A report that waits, or is on its way, is not asked for again; what may follow it can be reported meanwhile.
 * @param {Items} items @param {Items} all */
function showTaken(items, all) {
  const kinds = kindsOf(items);
  const coming = kindsOf(all);
  for (const button of document.querySelectorAll("#home-act .giant[type=submit]")) {
    const kind = button.closest("form")?.querySelector("[name=kind]")?.getAttribute("value") ?? "";
    const verb = button.querySelector(".verb");
    button.classList.toggle("waiting", kinds.has(kind));
    button.toggleAttribute("disabled", coming.has(kind));
    if (!verb || !kinds.has(kind)) continue;
    verb.textContent = t("送信待ち");
    button.querySelector("[data-now]")?.removeAttribute("data-now");
  }
  const old = document.getElementById("home")?.classList.contains("other-day") ?? false;
  document.getElementById("home-offline")?.toggleAttribute("hidden", !old && kinds.size === 0);
}

/** Has somebody begun to write or to choose here? Then the half stays as it is. @param {Element} half */
function beingWritten(half) {
  if (half.querySelector("details[data-keep][open] textarea, dialog:popover-open")) return true;
  const field = document.activeElement;
  return Boolean(
    field && half.contains(field) && field.matches("input:not([type=radio]), textarea, select"),
  );
}

/** Both halves anew from the server; one request at a time. @returns {Promise<boolean>} */
function refresh() {
  fetching ??= fetchHalves()
    .catch(() => false)
    .finally(() => {
      fetching = null;
    });
  return fetching;
}

async function fetchHalves() {
  const answer = await fetch("/", { headers: { Accept: "text/html" }, cache: "no-store" });
  if (!answer.ok || answer.redirected) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("me")?.textContent;
  if (!fresh) return false;
  const stamp = page.querySelector('meta[name="server-now"]')?.getAttribute("content");
  if (stamp) heardServerTime(stamp);
  Object.assign(me, JSON.parse(fresh));
  shown = me.row.version;
  for (const id of ["home-notices", "home-act", "home-today"]) swap(id, page);
  await tellWaiting();
  showDay();
  return true;
}

/** @param {string} id @param {Document} page */
function swap(id, page) {
  const old = document.getElementById(id);
  const next = page.getElementById(id);
  if (!old || !next || beingWritten(old)) return;
  const focus = /** @type {HTMLElement | null} */ (document.activeElement);
  const within = old.contains(focus);
  const name = focus?.dataset.focus;
  keepBegun(old, next);
  if (id === "home-act") stepShown(old, next);
  old.replaceWith(document.adoptNode(next));
  if (within)
    /** @type {HTMLElement | null} */ (
      (name && next.querySelector(`[data-focus="${name}"]:not(:disabled)`)) ||
        next.querySelector("h1, h2")
    )?.focus();
  tick();
}

/** An unfolded choice stays unfolded, a line written but not yet sent stays written. @param {Element} old @param {Element} next */
function keepBegun(old, next) {
  const folds = next.querySelectorAll("details[data-keep]");
  old.querySelectorAll("details[data-keep]").forEach((fold, i) => {
    const same = folds[i]?.className === fold.className ? folds[i] : null;
    same?.toggleAttribute("open", fold.hasAttribute("open"));
  });
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (
    old.querySelectorAll("input[type=text][id], input[type=time][id], input.input:not([type])[id]")
  )) {
    const same = /** @type {HTMLInputElement | null} */ (next.querySelector(`#${field.id}`));
    if (same && field.value !== field.defaultValue) same.value = field.value;
  }
}

/** @param {FormData} data */
function statusOf(data) {
  const time = String(data.get("until_time") ?? "");
  const until = time ? iso(nextAt(time, serverNow())) : String(data.get("until") ?? "");
  return {
    state: String(data.get("state")),
    until: until || null,
    note: String(data.get("note") ?? "") || null,
    reason: String(data.get("reason") ?? "") || null,
  };
}

/** @param {FormData} data */
function punchOf(data) {
  /** @type {Record<string, string>} */
  const punch = { kind: String(data.get("kind")) };
  for (const name of ["place", "site", "client_at", "return_at"]) {
    const value = String(data.get(name) ?? "");
    if (value) punch[name] = value;
  }
  const back = String(data.get("return_time") ?? "");
  if (back) punch.return_at = iso(nextAt(back, serverNow()));
  return punch;
}

/** @param {HTMLFormElement} form @param {FormData} data */
async function sendStatus(form, data) {
  const wanted = statusOf(data);
  const before = me.row;
  const outcome = await outbox.send("status", wanted);
  if (!(await said(outcome, form))) return;
  toast(changeOf(before, wanted), { undo: undoStatus });
}

async function undoStatus() {
  try {
    await post("/api/v1/me/status/undo");
    await refresh();
    toast(t("元に戻しました"));
  } catch (error) {
    toast(error instanceof ApiError ? error.message : t("元に戻せませんでした。"), { bad: true });
  }
}

/** @param {HTMLFormElement} form @param {FormData} data */
async function sendPunch(form, data) {
  const punch = punchOf(data);
  const outcome = await outbox.send("punch", punch);
  if (!(await said(outcome, form))) return;
  const answer = "sent" in outcome ? outcome.answer : {};
  const time = hm(answer?.at ?? punch.client_at ?? serverNow());
  const words = {
    start: t("始業を報告しました（{time}）", { time }),
    end: t("終業を報告しました（{time}）", { time }),
    break_out: t("中抜けを報告しました（{time}）", { time }),
    break_in: t("戻りを報告しました（{time}）", { time }),
    place: t("勤務場所を{place}に変えました", { place: label("place", punch.place) }),
  };
  const pending = answer?.correction === "pending";
  const id = me.today?.report?.take_back;
  toast(
    pending
      ? t("時間がたっているため、修正の申請として受け付けました。")
      : (words[/** @type {keyof typeof words} */ (punch.kind)] ?? t("報告しました")),
    {
      undo: punch.kind === "end" && id && !pending ? () => takeBack(id) : undefined,
    },
  );
}

/** The morning after: the end that was not reported, as a correction somebody approves. @param {HTMLFormElement} form @param {FormData} data */
async function sendMissingEnd(form, data) {
  try {
    const body = { date: String(data.get("date")), time: String(data.get("time")) };
    await post("/me/corrections/missing-end", body);
    await refresh();
    toast(t("終業の時刻を申し出ました。承認されると記録されます。"));
  } catch (error) {
    showFault(form, /** @type {Error} */ (error));
  }
}

/** A 終業 tapped by mistake. @param {string | number} id */
async function takeBack(id) {
  try {
    await del(`/api/v1/me/punches/${encodeURIComponent(id)}`);
    await refresh();
    toast(t("終業の報告を取り消しました"));
  } catch (error) {
    toast(error instanceof ApiError ? error.message : t("取り消せませんでした。"), { bad: true });
  }
}

/** The choice is made: folded again, the focus on what unfolded it. @param {HTMLFormElement} form */
function foldUp(form) {
  const fold = form.closest("details[data-keep]");
  if (fold?.contains(document.activeElement)) fold.querySelector("summary")?.focus();
  fold?.removeAttribute("open");
}

/** Say what became of a tap. True: it is with the server. @param {Outcome} outcome @param {HTMLFormElement} form */
async function said(outcome, form) {
  if (!("refused" in outcome)) foldUp(form);
  if ("sent" in outcome) {
    await fetching; // begun before the tap: may not know it
    await refresh();
    return true;
  }
  if ("refused" in outcome) {
    showFault(form, outcome.refused);
    return false;
  }
  if ("waiting" in outcome) {
    await tellWaiting();
    toast(t("この端末で預かりました。{what}", { what: describe(outcome.waiting) }));
    if (navigator.onLine) void afterSignIn();
  }
  return false;
}

/** The tap waits because the session has ended: sign in, and it goes. */
async function afterSignIn() {
  const answer = await fetch("/api/v1/me", { headers: { Accept: "application/json" } }).catch(
    () => null,
  );
  if (answer?.status === 401 && (await askToSignIn())) {
    await outbox.flush();
    await refresh();
  }
}

/** The message beside the field it is about, else as news at the foot. @param {HTMLFormElement} form @param {Error} error */
function showFault(form, error) {
  const fields = error instanceof ApiError ? error.fields : {};
  const name = Object.keys(fields).find((each) => form.elements.namedItem(each));
  const place = form.querySelector("[data-fault]");
  if (place) {
    place.textContent = name ? fields[name] : error.message;
    place.toggleAttribute("hidden", false);
    const field = name ? form.elements.namedItem(name) : null;
    if (field instanceof HTMLElement) {
      field.setAttribute("aria-invalid", "true");
      field.focus();
    }
  } else toast(error.message, { bad: true });
}

/** @param {HTMLFormElement} form @param {FormData} data */
async function sendStandup(form, data) {
  const half = String(data.get("half"));
  const lines = String(data.get("lines") ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  /** @type {string[]} */
  const carried = [];
  for (const choice of form.querySelectorAll("[data-line]")) {
    const text = choice.getAttribute("data-line") ?? "";
    const value = /** @type {HTMLInputElement | null} */ (choice.querySelector("input:checked"))
      ?.value;
    if (value === "done") lines.unshift(text);
    if (value === "carried") carried.push(text);
  }
  const links = String(data.get("links") ?? "")
    .split(/\s+/)
    .filter(Boolean);
  try {
    await put(`/api/v1/me/standup/${me.today.date}/${half}`, {
      lines,
      carried_over: carried,
      links,
    });
    foldUp(form);
    await refresh();
    toast(half === "morning" ? t("朝の予定を書きました") : t("夕の実績を書きました"));
  } catch (error) {
    showFault(form, /** @type {Error} */ (error));
  }
}

/** @param {SubmitEvent} event */
async function submitted(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const kind = form.dataset.live;
  if (!kind) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  if (kind === "punch" && isSecondTap()) return;
  const data = new FormData(form, event.submitter);
  if (kind === "punch") tappedNow();
  form.setAttribute("aria-busy", "true");
  form.querySelector("[data-fault]")?.toggleAttribute("hidden", true);
  event.submitter?.classList.add("pressed");
  form.closest("dialog")?.hidePopover?.();
  try {
    await (SENDERS[kind] ?? sendStatus)(form, data);
  } finally {
    form.removeAttribute("aria-busy");
    event.submitter?.classList.remove("pressed");
  }
}

/** @type {Record<string, (form: HTMLFormElement, data: FormData) => Promise<void>>} */
const SENDERS = {
  status: sendStatus,
  punch: sendPunch,
  standup: sendStandup,
  "missing-end": sendMissingEnd,
  "take-back": (_form, data) => takeBack(String(data.get("id"))),
};

/** The clock on the giant button. */
function tick() {
  for (const node of document.querySelectorAll("[data-now]")) node.textContent = hm(serverNow());
}

/** A page kept from another day must not offer that day's next step. */
function showDay() {
  const root = document.getElementById("home");
  const old = me.today?.date !== dateOf(serverNow());
  root?.classList.toggle("other-day", old);
  document.getElementById("home-act")?.toggleAttribute("hidden", old);
  document.getElementById("home-today")?.toggleAttribute("hidden", old);
  document.getElementById("home-offline")?.toggleAttribute("hidden", !old);
  void tellWaiting();
  return old;
}

document.addEventListener("submit", (event) => void submitted(event));
tick();
setInterval(tick, 5_000);
if (showDay()) void refresh();
setInterval(() => {
  if (!document.hidden && (showDay() || Date.now() % 300_000 < 60_000)) void refresh();
}, 60_000);

for (const event of ["notice", "message"])
  document.addEventListener(`zaiseki:${event}`, () => void refresh());
const units = [
  ...new Set((me.postings ?? []).map((/** @type {{unit: string}} */ posting) => posting.unit)),
];
new Live({
  units,
  fetch: async () => {
    await outbox.flush();
    if (!(await refresh())) throw new Error("not refreshed");
  },
  rows: ({ rows }) => {
    const mine = rows.find((row) => row.staff === me.staff);
    if (mine && mine.version > shown) void refresh();
  },
});
