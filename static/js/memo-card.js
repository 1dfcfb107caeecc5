// 取次メモ from the person card: the first 用件 is chosen, so opening and sending are all it takes.
import { ApiError, del, post } from "./api.js";
import { serverNow } from "./clock.js";
import { once } from "./once.js";
import { fromTemplate, part, write } from "./render.js";
import { t } from "./text.js";
import { toast } from "./toast.js";

let to = "";
let name = "";
const sent = once();

/** @param {HTMLElement} box */
const formOf = (box) => /** @type {HTMLFormElement} */ (box.querySelector("[data-memo-form]"));
/** @param {HTMLElement} box */
const openerOf = (box) => /** @type {HTMLElement} */ (box.querySelector("[data-memo-open]"));

/** A card of somebody else: nothing of the one before may be sent to them. @param {HTMLElement} box */
export function blankMemo(box) {
  formOf(box).reset();
  formOf(box).hidden = true;
  openerOf(box).hidden = true;
  fault(box, "");
}

/** @param {HTMLElement} box @param {{staff: string, name: string, memo: {chips: string[]} | null}} card */
export function fillMemo(box, card) {
  to = card.staff;
  name = card.name;
  openerOf(box).hidden = !card.memo;
  part(box, "chips")?.replaceChildren(...(card.memo?.chips ?? []).map(chip));
  box
    .querySelector("[data-memo-page]")
    ?.setAttribute("href", `/messages/new?to=${encodeURIComponent(card.staff)}`);
}

/** @param {string} text @param {number} index */
function chip(text, index) {
  const node = fromTemplate("t-chip");
  const input = /** @type {HTMLInputElement} */ (node.querySelector("input"));
  input.value = text;
  input.defaultChecked = index === 0;
  write(node, "text", text);
  return node;
}

/** The main action of the card gets the focus. @param {HTMLElement} box */
export function focusMemo(box) {
  const at = document.activeElement;
  if (at && at !== part(box, "name") && box.contains(at)) return; // somebody went on already
  if (!openerOf(box).hidden) openerOf(box).focus({ preventScroll: true });
}

/** @param {HTMLElement} box */
function show(box) {
  formOf(box).hidden = false;
  openerOf(box).hidden = true;
  /** @type {HTMLElement | null} */ (formOf(box).querySelector("[name=caller]"))?.focus();
}

/** @param {HTMLElement} box @param {string} text */
function fault(box, text) {
  const place = part(box, "memo-error");
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
}

/** 15:00 of today, by the server's clock. @param {string} time */
function today(time) {
  const on = new Date(serverNow() + 9 * 3_600_000).toISOString().slice(0, 10);
  return `${on}T${time}:00+09:00`;
}

/** @param {HTMLFormElement} form */
function bodyOf(form) {
  const data = Object.fromEntries(new FormData(form));
  const { wished_time: wish, ...rest } = /** @type {Record<string, string>} */ (data);
  return { to, ...rest, ...(wish ? { wished_at: today(wish) } : {}) };
}

/** @param {HTMLElement} box */
async function send(box) {
  const form = formOf(box);
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  fault(box, "");
  for (const field of form.querySelectorAll("[aria-invalid]"))
    field.removeAttribute("aria-invalid");
  try {
    const body = bodyOf(form);
    const memo = await post("/api/v1/messages", body, {
      headers: { "Idempotency-Key": sent.keyOf(body) },
    });
    sent.answered();
    toast(t("{name} さんに取次メモを届けました", { name }), {
      undoLabel: t("取り消す"),
      undo: () => takeBack(memo.id),
    });
    form.reset();
    box.closest("dialog")?.close();
  } catch (error) {
    refuse(box, form, error);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

/** What was typed stays; the first fault is where one goes on.
 * @param {HTMLElement} box @param {HTMLFormElement} form @param {unknown} error */
function refuse(box, form, error) {
  if (!(error instanceof ApiError)) return fault(box, t("届けられませんでした。"));
  const names = Object.keys(error.fields);
  for (const field of names.map((each) => (each === "wished_at" ? "wished_time" : each)))
    form.querySelector(`[name="${CSS.escape(field)}"]`)?.setAttribute("aria-invalid", "true");
  const first = form.querySelector('[aria-invalid="true"]');
  const label = first?.closest(".field")?.querySelector("label")?.firstChild?.textContent ?? "";
  const why = names.length > 0 ? error.fields[names[0] ?? ""] : error.message;
  fault(box, label ? t("{label}: {why}", { label, why: why ?? "" }) : (why ?? ""));
  if (first instanceof HTMLElement) first.focus();
}

/** @param {number} id */
async function takeBack(id) {
  try {
    await del(`/api/v1/messages/${id}`);
    toast(t("取次メモを取り消しました。"));
  } catch (error) {
    toast(error instanceof ApiError ? error.message : t("取り消せませんでした。"), { bad: true });
  }
}

/** @param {HTMLElement} box */
export function wireMemo(box) {
  openerOf(box).addEventListener("click", () => show(box));
  formOf(box).addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    void send(box);
  });
}
