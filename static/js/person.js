// The person card: how to reach somebody first, in words that can be said on the telephone; entry on their behalf.
import { ApiError, get, post } from "./api.js";
import { hm, hmOrDay, serverNow } from "./clock.js";
import { dialog, open } from "./dialog.js";
import { blankMemo, fillMemo, focusMemo, wireMemo } from "./memo-card.js";
import "./memo-live.js";
import { once } from "./once.js";
import { colour, fromTemplate, part, shape, write } from "./render.js";
import { label, t } from "./text.js";
import { toast } from "./toast.js";
import { viewOf } from "./view.js";

/** @typedef {import("./types.js").Row} Row */

let shown = "";
const reported = once();

/** The answer of GET /staff/{number}, for what the card needs. @typedef {any} Card */

/** @param {string} staff @param {Row} [row] what the page already knows */
export async function openPerson(staff, row) {
  const box = dialog("person");
  if (!box) return;
  shown = staff;
  blank(box);
  if (row) fillRow(box, row);
  open(box, part(box, "name"));
  try {
    const card = await get(`/api/v1/staff/${encodeURIComponent(staff)}`);
    if (shown !== staff) return;
    fillCard(box, card);
    focusMemo(box);
  } catch (error) {
    fault(box, error);
  }
}

/** The card follows the board while it is open. @param {Row} row */
export function refreshPerson(row) {
  const box = dialog("person");
  if (box?.open && shown === row.staff) fillRow(box, row);
}

/** @param {HTMLElement} box */
function blank(box) {
  for (const name of ["unit", "kana", "state", "until", "number", "sentence"]) write(box, name, "");
  for (const section of box.querySelectorAll("[data-row]")) section.toggleAttribute("hidden", true);
  part(box, "error")?.toggleAttribute("hidden", true);
  blankMemo(box);
}

/** @param {HTMLElement} box @param {string} name @param {string | null | undefined} text */
function fact(box, name, text) {
  write(box, name, text ?? "");
  box.querySelector(`[data-row="${name}"]`)?.toggleAttribute("hidden", !text);
}

/** @param {HTMLElement} box @param {Row} row */
function fillRow(box, row) {
  const now = serverNow();
  const view = viewOf(row, now);
  write(box, "name", row.name);
  write(box, "kana", [row.kana, row.title].filter(Boolean).join("・"));
  shape(box, "shape", view.shape);
  colour(box.querySelector('[data-f="shape"]'), view.colour);
  colour(part(box, "state"), view.plan ? "" : view.colour);
  write(box, "state", view.state);
  const since = row.since && !view.time ? t("{time}から", { time: hmOrDay(row.since, now) }) : "";
  write(box, "until", view.time || since);
  fact(box, "place", view.place + (row.place !== "satellite" && row.site ? `・${row.site}` : ""));
  fact(
    box,
    "reason",
    [view.reason, row.source === "proxy" ? t("代行入力") : ""].filter(Boolean).join("・"),
  );
  fact(box, "note", row.note);
  fact(box, "extension", row.extension);
  for (const press of box.querySelectorAll("[data-proxy-state]")) {
    const code = press.getAttribute("data-proxy-state");
    if (code !== "auto")
      press.setAttribute("aria-pressed", String(code === row.state && row.reason !== "break"));
  }
}

/** @param {HTMLElement} box @param {Card} card */
function fillCard(box, card) {
  fillRow(box, { ...card.row, kana: card.kana, title: card.title });
  write(box, "unit", card.unit_name ?? "");
  fact(box, "extension", card.contacts?.extension);
  fact(box, "mobile", card.contacts?.mobile);
  fact(box, "duty", dutyText(card.duties ?? []));
  fillReach(box, card.reach_first);
  fillMemo(box, card);
  fillOthers(box, card.others ?? []);
  box.querySelector('[data-row="proxy"]')?.toggleAttribute("hidden", !card.may_proxy);
  const place = /** @type {HTMLSelectElement | null} */ (box.querySelector("#proxy-place"));
  if (place && card.row.place && card.row.place !== "leave") place.value = card.row.place;
}

/** 「いま 窓口1 10:30まで、次 電話 13:00〜15:00」 @param {Array<{position: string, from: string, to: string, state: string}>} duties */
function dutyText(duties) {
  return duties
    .map((duty) =>
      duty.state === "now"
        ? t("いま {position} {time}まで", { position: duty.position, time: hm(duty.to) })
        : t("次 {position} {from}〜{to}", {
            position: duty.position,
            from: hm(duty.from),
            to: hm(duty.to),
          }),
    )
    .join("、");
}

/** @param {HTMLElement} box @param {{kind: string, number: string | null, sentence: string, at: string | null} | null} first */
function fillReach(box, first) {
  box.querySelector('[data-row="reach"]')?.toggleAttribute("hidden", !first?.sentence);
  if (!first) return;
  write(
    box,
    "number",
    [kindOf(first.kind), first.number ?? whenOf(first)].filter(Boolean).join(" "),
  );
  write(box, "sentence", first.sentence);
}

/** @param {string | undefined} kind */
function kindOf(kind) {
  /** @type {Record<string, string>} */
  const words = {
    extension: t("内線"),
    transfer: t("転送"),
    callback: t("折り返し"),
    none: t("いまは取り次げません"),
  };
  return words[kind ?? ""] ?? "";
}

/** 「11:00頃」 of today; another day stands in the sentence. @param {{kind: string, at: string | null}} first */
function whenOf(first) {
  if (first.kind !== "callback" || !first.at) return "";
  const today = new Date(first.at).toDateString() === new Date(serverNow()).toDateString();
  return today ? t("{time}頃", { time: hm(first.at) }) : "";
}

/** @param {HTMLElement} box @param {Array<Row & {role: string, tasks: string[]}>} others */
function fillOthers(box, others) {
  const list = part(box, "others");
  if (!list) return;
  list.replaceChildren(...others.map(otherLine));
  write(box, "others-title", t("いま連絡可能な人"));
  box.querySelector('[data-row="others"]')?.toggleAttribute("hidden", others.length === 0);
}

/** 副担 with the work they share, else the same 係. @param {Row & {role: string, tasks: string[]}} row */
function otherLine(row) {
  const line = personLine(row);
  write(line, "unit", [row.role, row.tasks.join("、")].filter(Boolean).join("　"));
  return line;
}

/** One found person, as in the search. @param {Row & {unit_name?: string}} row */
export function personLine(row) {
  const line = fromTemplate("t-found");
  const view = viewOf(row, serverNow());
  const link = /** @type {HTMLAnchorElement} */ (line.querySelector("a"));
  line.removeAttribute("role");
  link.removeAttribute("role");
  link.removeAttribute("aria-selected");
  link.removeAttribute("tabindex");
  link.href = `/search?q=${encodeURIComponent(row.staff)}`;
  link.dataset.person = row.staff;
  fillLine(line, row, view);
  return line;
}

/** @param {HTMLElement} line @param {Row & {unit_name?: string}} row @param {ReturnType<typeof viewOf>} view */
export function fillLine(line, row, view) {
  shape(line, "shape", view.shape);
  colour(line.querySelector('[data-f="shape"]'), view.colour);
  write(line, "name", row.name);
  write(line, "kana", row.kana);
  write(line, "unit", [row.unit_name, row.title].filter(Boolean).join("　"));
  write(line, "state", [view.state, view.time].filter(Boolean).join(" "));
  colour(part(line, "state"), view.colour);
  write(
    line,
    "reach",
    view.reach || (row.extension ? t("内線 {number}", { number: row.extension }) : ""),
  );
}

/** @param {HTMLElement} box @param {unknown} error */
function fault(box, error) {
  const place = part(box, "error");
  if (!place) return;
  place.textContent = error instanceof ApiError ? error.message : t("読み込めませんでした。");
  place.hidden = false;
}

/** @param {HTMLElement} box @param {string} state */
async function setFor(box, state) {
  const name = part(box, "name")?.textContent ?? "";
  try {
    const row = await post(`/api/v1/staff/${encodeURIComponent(shown)}/status`, { state });
    fillRow(box, row);
    document.dispatchEvent(new CustomEvent("zaiseki:row", { detail: row }));
    toast(
      state === "auto"
        ? t("{name} さんを自動に戻しました（代行入力）", { name })
        : t("{name} さんを{state}にしました（代行入力）", { name, state: label("state", state) }),
      { undo: () => undoFor(row.staff, name) },
    );
    box.closest("dialog")?.close();
  } catch (error) {
    fault(box, error);
  }
}

/** @param {string} staff @param {string} name */
async function undoFor(staff, name) {
  try {
    const row = await post(`/api/v1/staff/${encodeURIComponent(staff)}/status/undo`);
    document.dispatchEvent(new CustomEvent("zaiseki:row", { detail: row }));
    toast(t("{name} さんを元に戻しました", { name }));
  } catch (error) {
    toast(error instanceof ApiError ? error.message : t("元に戻せませんでした。"), { bad: true });
  }
}

/** @param {HTMLElement} box @param {string} kind */
async function reportFor(box, kind) {
  const name = part(box, "name")?.textContent ?? "";
  const channel =
    /** @type {HTMLInputElement | null} */ (box.querySelector("[name=channel]:checked"))?.value ??
    "phone";
  const place = /** @type {HTMLSelectElement | null} */ (box.querySelector("#proxy-place"))?.value;
  const body = kind === "start" ? { kind, place, channel } : { kind, channel };
  const key = reported.keyOf([shown, body]);
  try {
    await post(`/api/v1/staff/${encodeURIComponent(shown)}/punches`, body, {
      headers: { "Idempotency-Key": key },
    });
    reported.answered();
    toast(
      t("{name} さんの{what}を記録しました", {
        name,
        what: kind === "start" ? t("始業") : t("終業"),
      }),
    );
    box.closest("dialog")?.close();
  } catch (error) {
    fault(box, error);
  }
}

/** Anything with data-person opens the card. */
export function wirePerson() {
  const box = dialog("person");
  if (!box) return;
  wireMemo(box);
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.("[data-person]");
    if (
      !link ||
      /** @type {MouseEvent} */ (event).ctrlKey ||
      /** @type {MouseEvent} */ (event).metaKey
    )
      return;
    event.preventDefault();
    void openPerson(link.getAttribute("data-person") ?? "");
  });
  box.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const state = target.closest("[data-proxy-state]")?.getAttribute("data-proxy-state");
    const kind = target.closest("[data-proxy-punch]")?.getAttribute("data-proxy-punch");
    if (state) void setFor(box, state);
    if (kind) void reportFor(box, kind);
    if (target.closest("[data-copy]")) void copy(box);
  });
}

/** @param {HTMLElement} box */
async function copy(box) {
  const text = part(box, "sentence")?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
    toast(t("コピーしました"));
  } catch {
    getSelection()?.selectAllChildren(/** @type {Node} */ (part(box, "sentence"))); // plain HTTP has no clipboard: leave it selected
  }
}
