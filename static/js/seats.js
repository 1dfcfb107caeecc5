// Seats and loans: forms answered in place, live when somebody else books, days by ← and →, ten seconds to take back.
import { ApiError, renewToken } from "./api.js";
import { Live } from "./live.js";
import { t } from "./text.js";
import { announce, toast } from "./toast.js";

const SETTLE_MS = 300; // several bookings at once are one look
const PARTS = ["part-said", "part-mine", "part-sites"];
const page = location.pathname.startsWith("/loans") ? "loans" : "seats";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
let busy = false; // a form of ours is under way: its answer is newer than what was asked before
let turn = 0;

/** The parts of a fresh page take the place of the old ones; the focus stays where it was. @param {Document} fresh @param {string[]} ids */
function take(fresh, ids) {
  const held = document.activeElement?.id;
  for (const id of ids) {
    const from = fresh.getElementById(id);
    const to = document.getElementById(id);
    if (from && to) to.replaceChildren(...from.childNodes);
  }
  if (held && !document.activeElement?.id) document.getElementById(held)?.focus();
}

/** @param {RequestInfo | URL} path @param {RequestInit} [how] @returns {Promise<[Response, Document]>} */
async function read(path, how = {}) {
  const answer = await fetch(path, { headers: { Accept: "text/html" }, cache: "no-store", ...how });
  return [answer, new DOMParser().parseFromString(await answer.text(), "text/html")];
}

/** Looks again at what everybody has booked; what is said to this person stays. */
async function again() {
  const mine = ++turn;
  const [answer, fresh] = await read(location.href);
  if (!answer.ok) throw new ApiError(answer.status, "", "");
  if (mine === turn && !busy) take(fresh, PARTS.slice(1));
  live.fetched(
    fresh.querySelector('meta[name="server-now"]')?.getAttribute("content") ?? live.asOf ?? "",
  );
}

// --- forms in place -------------------------------------------------------------------------

/** @param {HTMLFormElement} form @param {boolean} [renewed] */
async function send(form, renewed = false) {
  const body = new URLSearchParams();
  for (const [key, value] of new FormData(form)) body.append(key, String(value));
  const [answer, fresh] = await read(form.action, { method: "POST", body });
  if (answer.status === 400 && !renewed && (await renewToken())) return send(form, true);
  if (!fresh.getElementById("part-sites")) {
    form.submit(); // signed out, or something this page cannot show
    return;
  }
  if (answer.redirected) history.replaceState(null, "", withoutUndo(answer.url));
  take(fresh, PARTS);
  speak(fresh);
}

/** @param {string} address */
function withoutUndo(address) {
  const url = new URL(address);
  url.searchParams.delete("undo");
  return url;
}

/** @param {Document | HTMLElement} fresh */
function speak(fresh) {
  for (const said of fresh.querySelectorAll("[data-toast]")) toast(said.textContent ?? "");
  offerUndo();
  const fault = document.querySelector("#part-said [role=alert]");
  if (!fault) return;
  announce(fault.querySelector("p")?.textContent ?? "");
  fault.scrollIntoView({ block: "nearest" });
  const press = /** @type {HTMLElement | null} */ (fault.querySelector("button"));
  press?.focus({ preventScroll: true });
}

/** What was cancelled comes back for ten seconds. */
function offerUndo() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-undo]"));
  if (!form) return;
  form.hidden = true;
  const words = form.querySelector("p")?.textContent ?? "";
  toast(words, { undo: () => submit(form) });
}

/** @param {HTMLFormElement} form */
async function submit(form) {
  if (busy) return;
  busy = true;
  form.setAttribute("aria-busy", "true");
  try {
    await send(form);
  } catch {
    toast(t("サーバーにつながりません。"), { bad: true });
  } finally {
    busy = false;
    form.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches("form[data-in-place]")) return;
  event.preventDefault();
  void submit(form);
});

// --- the day by keyboard --------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const target = /** @type {Element} */ (event.target);
  if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (target.closest("input, select, textarea, dialog, .scroll")) return;
  const days = [...document.querySelectorAll("[data-days] a")];
  const at = days.findIndex((day) => day.hasAttribute("aria-current"));
  const next = /** @type {HTMLAnchorElement | undefined} */ (days[at + step]);
  if (!next) return announce(step > 0 ? t("最後の日です") : t("最初の日です"));
  event.preventDefault();
  location.assign(next.href);
});

document
  .querySelector("[data-days] [aria-current]")
  ?.scrollIntoView({ inline: "center", block: "nearest" });

// --- live -----------------------------------------------------------------------------------

const live = new Live({
  units: [page],
  fetch: again,
  other: (event) => {
    if (event !== "seat" && event !== "loan") return;
    clearTimeout(waiting);
    waiting = setTimeout(() => void again().catch(() => {}), SETTLE_MS * (1 + Math.random()));
  },
});
if (new URL(location.href).searchParams.has("undo"))
  history.replaceState(null, "", withoutUndo(location.href));
speak(document.createElement("div"));
