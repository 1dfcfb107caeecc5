// The bar of an open emergency on every page: comes and goes by itself, and answers without losing what is being typed.
import { t } from "./text.js";
import { toast } from "./toast.js";

const SPREAD = 4_000; // thousands of windows hear of it in the same instant

const place = () => document.getElementById("emergency-bars");
const here = () => encodeURIComponent(location.pathname + location.search);

/** @param {string} html */
function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("emergency-bars");
  const old = place();
  if (!fresh || !old) return;
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(document.adoptNode(fresh));
  if (hadFocus) /** @type {HTMLElement | null} */ (fresh.querySelector("summary, a"))?.focus();
}

async function refresh() {
  const answer = await fetch(`/emergency/bar?at=${here()}`, { cache: "no-store" });
  if (answer.ok && !answer.redirected) show(await answer.text());
}

/** @param {HTMLFormElement} form @param {HTMLButtonElement} press */
async function send(form, press) {
  const data = new FormData(form);
  data.set("said", press.value);
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content");
  if (token) data.set("csrf_token", token);
  press.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${form.action}?at=${here()}`, {
      method: "POST",
      body: data,
      headers: { "X-Bar": "1" },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.text());
    toast(t("回答を受け付けました。"));
  } catch {
    press.removeAttribute("aria-busy");
    toast(t("回答を送れませんでした。つながりを確かめて、もう一度押してください。"), { bad: true });
  }
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches("#emergency-bars form[data-answer]")) return;
  const press = /** @type {HTMLButtonElement | null} */ (event.submitter);
  if (!press) return;
  event.preventDefault();
  if (!form.querySelector('[aria-busy="true"]')) void send(form, press);
});
document.addEventListener("zaiseki:emergency", () => {
  setTimeout(() => void refresh().catch(() => {}), Math.random() * SPREAD);
});
