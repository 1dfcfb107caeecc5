/** Comforts of the pages of positions; without them every form works as it stands. */
import { t } from "./text.js";
import { toast } from "./toast.js";

/** 平日 and 毎日 set the boxes of the weekdays. */
function wireDays() {
  for (const quick of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll("[data-days]")
  )) {
    quick.hidden = false;
    quick.addEventListener("click", (event) => {
      const mask = /** @type {HTMLElement} */ (event.target).dataset?.mask;
      if (mask === undefined) return;
      for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (
        quick.closest("fieldset")?.querySelectorAll("input[name=weekday]") ?? []
      ))
        box.checked = mask.includes(box.value);
    });
  }
}

/** A long list of boxes can be searched; what is ticked stays in sight. */
function wireFilters() {
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (
    document.querySelectorAll("[data-filter]")
  )) {
    const list = document.getElementById(field.dataset.filter ?? "");
    if (!list) continue;
    field.closest("[data-filter-box]")?.removeAttribute("hidden");
    field.addEventListener("input", () => {
      const wanted = field.value.trim();
      for (const item of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("li"))) {
        const ticked = item.querySelector("input")?.checked ?? false;
        item.hidden = !ticked && !(item.textContent ?? "").includes(wanted);
      }
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // searching is not saving
    });
  }
}

/** For ten seconds the way back stands in the toast as well; afterwards it is in the list. */
function wireUndo() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-undo]"));
  if (!form) return;
  form.hidden = true;
  history.replaceState(null, "", location.pathname); // a reload does not offer it again
  toast(form.dataset.undo ?? "", {
    undo: () => form.requestSubmit(),
    undoLabel: form.dataset.undoLabel ?? t("元に戻す"),
  });
}

/** Before frame.js: a form that is not sent after all must not be marked as under way. */
function wireQuestions() {
  document.addEventListener(
    "submit",
    (event) => {
      const form = /** @type {HTMLFormElement} */ (event.target);
      if (form.dataset.sure && !window.confirm(form.dataset.sure)) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    { capture: true },
  );
}

/** A required number must not make the ideal smaller. */
function wireNeed() {
  const need = /** @type {HTMLInputElement | null} */ (document.getElementById("f-need"));
  const ideal = /** @type {HTMLInputElement | null} */ (document.getElementById("f-ideal"));
  need?.addEventListener("change", () => {
    if (ideal && Number(ideal.value) < Number(need.value)) ideal.value = need.value;
  });
}

wireDays();
wireFilters();
wireUndo();
wireQuestions();
wireNeed();
