// On every page: shortages of what one leads, calls for help to oneself, one's own help. What is open is asked of the
// server on each page, so it survives navigation; news come over the connection that all tabs share.
import { ApiError, get, post } from "./api.js";
import { hm, instant, serverNow } from "./clock.js";
import { openLink } from "./live-link.js";
import { fromTemplate, part, write } from "./render.js";
import { t } from "./text.js";
import { showShort } from "./title.js";
import { announce, toast } from "./toast.js";

/** @typedef {{id: number, unit: string, unit_name: string, position: string, name: string, from: string, to: string, missing: number, level: string}} Alert */
/** @typedef {{id: number, unit: string, unit_name: string, position: string, name: string, kind: string, by: string, asked_at: string, expires_at: string}} Prompt */
/** @typedef {{id: number, state: string, unit_name: string, name: string, helper: string | null, helper_staff: string | null, until: string | null}} Call */

const AGAIN = 1_500; // several changes come together
const me = document.body.dataset.viewer ?? "";
const leads = "leads" in document.body.dataset;

/** @type {Map<number, Alert>} */
const alerts = new Map();
/** @type {Map<number, Prompt>} */
const prompts = new Map();
/** @type {Call | null} */
let helping = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

// --- what is open ---------------------------------------------------------------------------

async function refresh() {
  const open = await get("/api/v1/me/alerts", { quiet: true });
  alerts.clear();
  prompts.clear();
  for (const alert of open.alerts) alerts.set(alert.id, alert);
  for (const prompt of open.help) prompts.set(prompt.id, prompt);
  helping = open.helping;
  show();
  document.dispatchEvent(new CustomEvent("zaiseki:calls", { detail: open.calls }));
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => void refresh().catch(() => {}), AGAIN);
}

function show() {
  showAlerts();
  showPrompts();
  showHelping();
}

// --- shortages ------------------------------------------------------------------------------

/** Not those the page itself shows large. @returns {Alert[]} */
function elsewhere() {
  const here = new Set((document.body.dataset.covers ?? "").split(" "));
  return [...alerts.values()].filter((alert) => !here.has(alert.unit));
}

/** @param {Alert} alert */
function textOf(alert) {
  const what = { unit: alert.unit_name, name: alert.name, n: alert.missing };
  return alert.level === "ahead"
    ? t("{unit} {name} あと{n}人（{from}〜{to}）", {
        ...what,
        from: hm(alert.from),
        to: hm(alert.to),
      })
    : t("{unit} {name} あと{n}人（{to} まで）", { ...what, to: hm(alert.to) });
}

function showAlerts() {
  const bar = document.getElementById("alertbar");
  const list = bar?.querySelector("ul");
  if (!bar || !list) return;
  const shown = elsewhere();
  /** @type {Map<string, Element>} */
  const held = new Map(
    [...list.children].map((item) => [item.getAttribute("data-id") ?? "", item]),
  );
  const items = shown.map((alert) => {
    const item = held.get(String(alert.id)) ?? fromTemplate("t-alert");
    item.setAttribute("data-id", String(alert.id));
    write(item, "text", textOf(alert));
    part(item, "text")?.setAttribute("href", `/board/${encodeURIComponent(alert.unit)}`);
    return item;
  });
  const same =
    items.length === list.children.length && items.every((item, i) => item === list.children[i]);
  if (!same) list.replaceChildren(...items);
  bar.hidden = shown.length === 0;
  showShort(shown.filter((alert) => alert.level !== "ahead").length, true);
}

/** Told once a level: the same shortage at the same level is not spoken again. @param {Alert} alert */
function heard(alert) {
  if (!leads) return;
  const before = alerts.get(alert.id);
  alerts.set(alert.id, alert);
  showAlerts();
  const here = (document.body.dataset.covers ?? "").split(" ").includes(alert.unit);
  if (!here && before?.level !== alert.level) announce(textOf(alert));
}

/** @param {Element} item */
async function take(item) {
  const alert = alerts.get(Number(item.getAttribute("data-id")));
  if (!alert) return;
  try {
    await post(`/api/v1/coverage/${encodeURIComponent(alert.position)}/take`);
    alerts.delete(alert.id);
    showAlerts();
    toast(t("{unit} {name} を対応中にしました", { unit: alert.unit_name, name: alert.name }));
  } catch (error) {
    toast(error instanceof ApiError ? error.message : t("できませんでした。"), { bad: true });
    soon();
  }
}

// --- calls for help -------------------------------------------------------------------------

function showPrompts() {
  const place = document.getElementById("help-prompts");
  if (!place) return;
  for (const [id, prompt] of prompts)
    if (instant(prompt.expires_at) <= serverNow()) prompts.delete(id);
  for (const node of [...place.children])
    if (!prompts.has(Number(node.getAttribute("data-id")))) node.remove();
  for (const prompt of prompts.values()) {
    const known = place.querySelector(`[data-id="${prompt.id}"]`);
    const node = known ?? fromTemplate("t-help");
    node.setAttribute("data-id", String(prompt.id));
    const left = Math.max(1, Math.round((instant(prompt.expires_at) - serverNow()) / 60_000));
    write(
      node,
      "text",
      t("{unit} {name} に応援をお願いします", { unit: prompt.unit_name, name: prompt.name }),
    );
    write(node, "by", t("{by} さんから　30分", { by: prompt.by }));
    write(node, "left", t("あと{n}分で締め切ります", { n: left }));
    if (!known) place.append(node);
  }
}

/** @param {Element} node @param {"accept" | "decline"} what */
async function answer(node, what) {
  const id = Number(node.getAttribute("data-id"));
  const prompt = prompts.get(id);
  for (const press of node.querySelectorAll("button")) press.disabled = true;
  try {
    const call = await post(`/api/v1/help/${id}/${what}`);
    prompts.delete(id);
    if (what === "accept") {
      helping = call;
      toast(
        t("{name} の応援に入りました（{until} まで）", { name: call.name, until: hm(call.until) }),
      );
    }
  } catch (error) {
    prompts.delete(id);
    const why = error instanceof ApiError ? error.message : t("できませんでした。");
    toast(`${prompt?.name ?? ""} ${why}`.trim(), { bad: true });
  }
  show();
}

/** @param {{id: number, by: string | null, name: string}} over */
function isOver(over) {
  if (!prompts.delete(over.id)) return;
  show();
  if (over.by)
    toast(t("{name} の応援には {by} さんが向かいました", { name: over.name, by: over.by }));
}

function showHelping() {
  const place = document.getElementById("helping");
  if (!place) return;
  const on = helping?.state === "coming" && helping.until && instant(helping.until) > serverNow();
  if (!helping || !on) {
    if (place.children.length > 0) place.replaceChildren();
    return;
  }
  const node = place.firstElementChild ?? fromTemplate("t-helping");
  node.setAttribute("data-id", String(helping.id));
  write(node, "text", t("{unit} {name} を応援中", { unit: helping.unit_name, name: helping.name }));
  write(node, "by", t("{until} まで", { until: hm(helping.until ?? "") }));
  if (!node.isConnected) place.append(node);
}

/** @param {Element} node */
async function end(node) {
  try {
    helping = await post(`/api/v1/help/${node.getAttribute("data-id")}/end`);
    toast(t("応援を終えました。ありがとうございました。"));
  } catch (error) {
    toast(error instanceof ApiError ? error.message : t("できませんでした。"), { bad: true });
  }
  show();
}

/** @param {Event} event @template T @returns {T} */
const detail = (event) => /** @type {CustomEvent} */ (event).detail;

/** What sticks to the foot of a page stands above the bar, however many lines it has. */
function measure() {
  const bar = document.getElementById("alertbar");
  if (!bar || !("ResizeObserver" in window)) return;
  new ResizeObserver(() =>
    document.documentElement.style.setProperty("--alerts", `${bar.offsetHeight}px`),
  ).observe(bar);
}

function wire() {
  document.getElementById("prompts")?.addEventListener("click", (event) => {
    const press = /** @type {Element} */ (event.target).closest("button");
    const item = press?.closest("[data-id]");
    if (!press || !item) return;
    if (press.matches("[data-alert-take]")) void take(item);
    if (press.matches("[data-help-yes]")) void answer(item, "accept");
    if (press.matches("[data-help-no]")) void answer(item, "decline");
    if (press.matches("[data-help-end]")) void end(item);
  });
  document.addEventListener("zaiseki:alert", (event) => heard(detail(event)));
  document.addEventListener("zaiseki:missing", () => alerts.size > 0 && soon());
  document.addEventListener("zaiseki:help", (event) => {
    const prompt = /** @type {Prompt} */ (detail(event));
    prompts.set(prompt.id, prompt);
    showPrompts();
  });
  document.addEventListener("zaiseki:help_over", (event) => isOver(detail(event)));
  document.addEventListener("zaiseki:help_call", (event) => {
    const call = /** @type {Call} */ (detail(event));
    if (call.helper_staff === me) helping = call;
    showHelping();
  });
  document.addEventListener("zaiseki:covered", showAlerts);
  document.addEventListener("zaiseki:connected", soon);
}

wire();
measure();
void refresh().catch(() => {});
setInterval(show, 15_000);
openLink();
