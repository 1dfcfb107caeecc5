// What every page does: dialogs, search, the menu その他, sign-in again, the service worker.
import { ApiError, onSignedOut, renewToken } from "./api.js";
import { dialog, open, wireDialogs } from "./dialog.js";
import { heardServerTime, recallOffset } from "./clock.js";
import { wirePerson } from "./person.js";
import { wireSearch } from "./search.js";
import { t } from "./text.js";
import { toast } from "./toast.js";

function wireMore() {
  document.addEventListener("click", (event) => {
    for (const more of document.querySelectorAll("details[data-more][open]")) {
      const target = /** @type {Element} */ (event.target);
      if (!more.contains(target) || target.closest("[data-search]")) more.removeAttribute("open");
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const more of document.querySelectorAll("details[data-more][open]")) {
      more.removeAttribute("open");
      more.querySelector("summary")?.focus();
    }
  });
}

/** Flashed messages of a plain form become a toast as well; without script they stand on the page. */
function wireFlashes() {
  for (const flash of document.querySelectorAll("[data-toast]")) {
    toast(flash.textContent ?? "");
    flash.remove();
  }
}

/** One press, one request: the second of a double click is no second form. */
/** A form that came back with faults: the first of them is where one goes on. */
function showFirstFault() {
  if (document.activeElement !== document.body) return;
  const field = document.querySelector('main [aria-invalid="true"]');
  if (field instanceof HTMLElement) field.focus();
}

function wireForms() {
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (
      event.defaultPrevented ||
      form.method === "get" ||
      form.matches("[data-live], [hx-post], [hx-put], [data-signin-again]")
    )
      return;
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    else form.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll('form[aria-busy="true"]'))
      form.removeAttribute("aria-busy");
  });
}

function wireSignInAgain() {
  const box = dialog("signin-again");
  const form = /** @type {HTMLFormElement | null} */ (box?.querySelector("[data-signin-again]"));
  if (!box || !form) return;
  /** @type {Promise<boolean> | null} */
  let asking = null;
  onSignedOut(() => {
    asking ??= new Promise((resolve) => {
      open(box, /** @type {HTMLElement | null} */ (box.querySelector("[type=password]")));
      box.addEventListener(
        "close",
        () => {
          asking = null;
          resolve(box.returnValue === "done");
          box.returnValue = "";
        },
        { once: true },
      );
    });
    return asking;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void signIn(box, form);
  });
  // Signed in again in another tab: this one goes on too.
  document.addEventListener("zaiseki:connected", () => {
    if (asking) void renewToken("/").then(() => box.close("done"));
  });
}

/** @param {HTMLDialogElement} box @param {HTMLFormElement} form */
async function signIn(box, form) {
  const fault = /** @type {HTMLElement} */ (form.querySelector("[data-error]"));
  fault.hidden = true;
  try {
    await renewToken("/signin");
    const data = new FormData(form);
    const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
    const answer = await fetch("/signin", {
      method: "POST",
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-CSRFToken": token,
      },
      body: JSON.stringify({
        number: data.get("number"),
        password: data.get("password"),
        remember: false,
      }),
    });
    if (!answer.ok)
      throw new ApiError(
        answer.status,
        "",
        (await answer.json().catch(() => null))?.error?.message ??
          t("サインインできませんでした。"),
      );
    if (String(data.get("number")) !== document.body.dataset.viewer) return location.reload();
    await renewToken("/");
    form.reset();
    box.close("done");
  } catch (error) {
    fault.textContent = error instanceof ApiError ? error.message : t("サーバーにつながりません。");
    fault.hidden = false;
  }
}

function registerWorker() {
  // Only on HTTPS or the machine itself; without it everything else works.
  if ("serviceWorker" in navigator && window.isSecureContext && document.body.dataset.viewer) {
    navigator.serviceWorker.register("/sw.js", { scope: "/" }).catch(() => {});
  }
}

const kept = localStorage.getItem("zaiseki:clock-offset");
if (kept !== null) recallOffset(Number(kept));
const stamp = document.querySelector('meta[name="server-now"]')?.getAttribute("content");
const loading = performance.getEntriesByType("navigation")[0];
// A page from the back-forward cache or from the worker is older than its loading: its time says nothing.
if (
  stamp &&
  !("kept" in document.body.dataset) &&
  navigator.onLine &&
  loading instanceof PerformanceNavigationTiming &&
  loading.transferSize > 0
)
  heardServerTime(stamp);

wireDialogs();
wireMore();
wireFlashes();
showFirstFault();
wireForms();
wireSearch();
wirePerson();
wireSignInAgain();
registerWorker();
