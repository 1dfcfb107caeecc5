// The task sheet: a line is edited in a dialog beside the sheet; without this module on a page of its own.
import { askToSignIn } from "./api.js";
import { dialog, open } from "./dialog.js";
import { t } from "./text.js";
import { toast } from "./toast.js";

const SEPARATOR = /[、，,;；\n\t]+/;

/** For ten seconds the way back stands in the toast. */
function wireUndo() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-undo]"));
  if (!form) return;
  form.hidden = true;
  history.replaceState(null, "", location.pathname); // a reload does not offer it again
  toast(form.dataset.undo ?? "", { undo: () => form.requestSubmit() });
}

/** A choice filters at once. */
function wireFind() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-task-find]"));
  form?.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) form.requestSubmit();
  });
}

/** The names of the unit beside a field of people: a press puts one in, another takes it out. @param {ParentNode} within */
function wirePeople(within) {
  for (const part of within.querySelectorAll("[data-people]")) {
    const field = /** @type {HTMLInputElement | null} */ (part.querySelector("input"));
    const list = /** @type {HTMLElement | null} */ (part.querySelector(".pick"));
    if (!field || !list) continue;
    const chips = /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("[data-name]"));
    const show = () => {
      const words = wordsOf(field.value);
      for (const chip of chips)
        chip.setAttribute("aria-pressed", String(words.includes(wordFor(chip, chips))));
    };
    list.hidden = false;
    list.addEventListener("click", (event) => {
      const chip = /** @type {Element} */ (event.target).closest("[data-name]");
      if (!(chip instanceof HTMLElement)) return;
      const word = wordFor(chip, chips);
      const words = wordsOf(field.value);
      field.value = (
        words.includes(word) ? words.filter((each) => each !== word) : [...words, word]
      ).join("、");
      show();
    });
    field.addEventListener("input", show);
    show();
  }
}

/** @param {string} text */
const wordsOf = (text) =>
  text
    .split(SEPARATOR)
    .map((word) => word.trim())
    .filter(Boolean);

/** Two of one name are told apart by their number. @param {HTMLElement} chip @param {NodeListOf<HTMLElement>} all */
function wordFor(chip, all) {
  const twins = [...all].filter((other) => other.dataset.name === chip.dataset.name);
  return (twins.length > 1 ? chip.dataset.number : chip.dataset.name) ?? "";
}

// --- the dialog -----------------------------------------------------------------------------

/** @param {HTMLDialogElement} box @param {string} html */
function fill(box, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  box.replaceChildren(...page.body.childNodes);
  wirePeople(box);
  const bad = box.querySelector('[aria-invalid="true"]');
  const notice = /** @type {HTMLElement | null} */ (box.querySelector(".notice"));
  if (notice) notice.tabIndex = -1;
  open(box, /** @type {HTMLElement | null} */ (bad ?? notice ?? box.querySelector("#task-title")));
}

/** @param {HTMLDialogElement} box @param {string} href */
async function edit(box, href) {
  const answer = await fetch(href, { headers: { "X-Dialog": "1", Accept: "text/html" } }).catch(
    () => null,
  );
  if (answer?.ok && !answer.redirected) fill(box, await answer.text());
  else location.assign(href);
}

/** @param {HTMLDialogElement} box @param {HTMLFormElement} form */
async function save(box, form) {
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { "X-Dialog": "1", Accept: "text/html" },
      body: new FormData(form),
      redirect: "manual", // following it here would use up the word of what was saved
    });
    if (answer.type === "opaqueredirect") return done(form);
    if (answer.status === 401 && (await askToSignIn())) {
      form.removeAttribute("aria-busy");
      return save(box, form);
    }
    if (answer.status === 409 || answer.status === 422) fill(box, await answer.text());
    else toast(t("保存できませんでした。入力はそのまま残っています。"), { bad: true });
  } catch {
    toast(t("サーバーにつながりません。入力はそのまま残っています。"), { bad: true });
  } finally {
    form.removeAttribute("aria-busy");
  }
}

/** @param {HTMLFormElement} form */
function done(form) {
  const id = /\/(\d+)$/.exec(form.action)?.[1];
  if (id) history.replaceState(null, "", `${location.pathname}${location.search}#task-${id}`);
  location.reload();
}

function wireDialog() {
  const box = dialog("task-dialog");
  if (!box) return;
  document.addEventListener("click", (event) => {
    const press = /** @type {MouseEvent} */ (event);
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-task-close]") && box.open) {
      event.preventDefault();
      box.close();
    }
    const link = /** @type {HTMLAnchorElement | null} */ (target.closest("a[data-task-form]"));
    if (!link || press.ctrlKey || press.metaKey || press.shiftKey) return;
    event.preventDefault();
    void edit(box, link.href);
  });
  box.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-task-save]")) return;
    event.preventDefault(); // before frame.js marks it as under way
    void save(box, form);
  });
}

wireUndo();
wireFind();
wirePeople(document);
wireDialog();
