/** Comforts of the planned day and the week; without them every form and link works as it stands. */
import { t } from "./text.js";
import { toast } from "./toast.js";

/** For ten seconds the way back stands in the toast; afterwards the list takes things back. */
function wireUndo() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-undo]"));
  if (!form) return;
  form.hidden = true;
  toast(form.dataset.undo ?? "", {
    undo: () => form.requestSubmit(),
    undoLabel: form.dataset.undoLabel ?? t("元に戻す"),
  });
}

/** Times only where times are meant, a place only where there is one to name. */
function wireDayForm() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-plan-form]"));
  if (!form) return;
  const hours = /** @type {HTMLElement | null} */ (form.querySelector("[data-hours]"));
  const site = /** @type {HTMLElement | null} */ (form.querySelector("[data-site]"));
  const withSite = /** @type {HTMLElement | null} */ (form.querySelector("[data-sites]"));
  const codes = (withSite?.dataset.sites ?? "").split(" ");
  const show = () => {
    const chosen = new FormData(form);
    if (hours) hours.hidden = chosen.get("extent") !== "hours";
    if (site) site.hidden = !codes.includes(String(chosen.get("kind")));
  };
  form.addEventListener("change", show);
  show();
}

/** A site belongs to places that have one. */
function wirePattern() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-pattern]"));
  if (!form) return;
  const show = () => {
    for (const select of /** @type {NodeListOf<HTMLSelectElement>} */ (
      form.querySelectorAll("select[name^=am-], select[name^=pm-]")
    )) {
      const [half, weekday] = select.name.split("-");
      const site = form.querySelector(`[name="${half}-site-${weekday}"]`)?.closest(".plan-cell");
      const wanted = ["satellite", "mobile", "trip"].includes(select.value);
      if (site instanceof HTMLElement) site.classList.toggle("plan-none", !wanted);
    }
  };
  form.addEventListener("change", show);
  show();
}

/** ← and → go a day or a week back and on, except where a key means something else. */
function wireSteps() {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    const taken = target.closest(
      "input, select, textarea, dialog, [role=region], [contenteditable]",
    );
    if (taken || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const where = { ArrowLeft: "back", ArrowRight: "on" }[event.key];
    const link = where && document.querySelector(`[data-step=${where}]`);
    if (link instanceof HTMLAnchorElement) {
      event.preventDefault();
      link.click();
    }
  });
}

function wirePrint() {
  const press = /** @type {HTMLElement | null} */ (document.querySelector("[data-print]"));
  if (!press) return;
  press.hidden = false;
  press.addEventListener("click", () => print());
}

wireUndo();
wireDayForm();
wirePattern();
wireSteps();
wirePrint();
