// お知らせ on a page: put away at a press, back within ten seconds; following a link is having read it.
import { ApiError, post } from "./api.js";
import { t } from "./text.js";
import { toast } from "./toast.js";

/** The page and the numbers in the menu look again. */
function moved() {
  document.dispatchEvent(new CustomEvent("zaiseki:notice"));
}

/** What shows these notices; a group goes with its last. @param {number[]} ids @returns {Element[]} */
function placesOf(ids) {
  const forms = [...document.querySelectorAll('form[data-live="told"]')];
  const wanted = new Set(ids);
  return forms
    .filter((form) => idsOf(form).every((id) => wanted.has(id)))
    .map((form) => form.closest("li") ?? form.closest("section"))
    .filter((place) => place !== null);
}

/** @param {Element} form @returns {number[]} */
function idsOf(form) {
  return [...form.querySelectorAll("input[name=notice]")].map((field) =>
    Number(field.getAttribute("value")),
  );
}

/** @param {number[]} ids */
async function putAway(ids) {
  const places = placesOf(ids);
  await post("/api/v1/me/notices/read", { ids });
  const held = places.some((place) => place.contains(document.activeElement));
  for (const place of places) place.toggleAttribute("hidden", true);
  if (held) document.getElementById("told-title")?.focus();
  moved();
  toast(t("{n}件を読みました", { n: ids.length }), {
    undo: async () => {
      try {
        await post("/api/v1/me/notices/unread", { ids });
        for (const place of places) place.removeAttribute("hidden");
        moved();
      } catch (error) {
        toast(error instanceof ApiError ? error.message : t("元に戻せませんでした。"), {
          bad: true,
        });
      }
    },
  });
}

// Before the page's own listener: its forms are taps of the state, these are not.
document.addEventListener(
  "submit",
  (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.dataset.live !== "told") return;
    event.preventDefault();
    event.stopPropagation();
    putAway(idsOf(form)).catch((error) =>
      toast(error instanceof ApiError ? error.message : t("できませんでした。"), { bad: true }),
    );
  },
  { capture: true },
);

// The page goes away with the click: the request is let to outlive it.
document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest("a[data-reads]");
  if (!link) return;
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
  void fetch(`/api/v1/me/notices/${link.getAttribute("data-reads")}/read`, {
    method: "POST",
    headers: { "X-CSRFToken": token, Accept: "application/json" },
    keepalive: true,
  }).catch(() => {});
});
