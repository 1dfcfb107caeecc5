// Search for people, from any page by the key "/": name, kana, extension, number.
import { ApiError, get } from "./api.js";
import { serverNow } from "./clock.js";
import { dialog, open } from "./dialog.js";
import { fillLine, openPerson } from "./person.js";
import { fromTemplate } from "./render.js";
import { t } from "./text.js";
import { viewOf } from "./view.js";

const PAUSE = 180;
let asked = 0;
let chosen = -1;

/** @param {HTMLElement} place @param {any[]} people */
function fill(place, people) {
  chosen = -1;
  place.replaceChildren(
    ...people.map((person, index) => {
      const line = fromTemplate("t-found");
      const link = /** @type {HTMLAnchorElement} */ (line.querySelector("a"));
      link.id = `found-${index}`;
      link.href = `/board/${encodeURIComponent(person.unit)}`;
      link.dataset.person = person.staff;
      fillLine(line, person, viewOf(person, serverNow()));
      return line;
    }),
  );
}

/** @param {HTMLInputElement} input @param {HTMLElement} list @param {HTMLElement} hint */
async function search(input, list, hint) {
  const q = input.value.trim();
  const turn = ++asked;
  if (!q) {
    fill(list, []);
    input.setAttribute("aria-expanded", "false");
    hint.textContent = t("氏名、ふりがな、内線、職員番号の一部を入れてください。");
    return;
  }
  try {
    const { people, more } = await get(`/api/v1/staff?q=${encodeURIComponent(q)}`);
    if (turn !== asked) return; // a later key overtook this answer
    fill(list, people);
    input.setAttribute("aria-expanded", String(people.length > 0));
    hint.textContent =
      people.length === 0
        ? t("「{q}」に当てはまる人は見つかりません。", { q })
        : more
          ? t("ほかにもいます。文字を足すと絞られます。")
          : t("{n}人 ↑↓で選び、Enterでひらく", { n: people.length });
  } catch (error) {
    hint.textContent = error instanceof ApiError ? error.message : t("さがせませんでした。");
  }
}

/** @param {HTMLInputElement} input @param {HTMLElement} list @param {number} to */
function choose(input, list, to) {
  const options = [...list.querySelectorAll("a")];
  if (options.length === 0) return;
  options[chosen]?.setAttribute("aria-selected", "false");
  chosen = (to + options.length) % options.length;
  options[chosen].setAttribute("aria-selected", "true");
  options[chosen].scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", options[chosen].id);
}

/** @param {HTMLInputElement} input @param {HTMLElement} list */
function wireKeys(input, list) {
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(input, list, chosen + 1);
    else if (event.key === "ArrowUp") choose(input, list, chosen - 1);
    else if (event.key === "Enter" && !event.isComposing) {
      const link = list.querySelectorAll("a")[Math.max(chosen, 0)];
      if (!link) return;
      dialog("find")?.close();
      void openPerson(link.dataset.person ?? "");
    } else return;
    event.preventDefault();
  });
}

export function wireSearch() {
  const box = dialog("find");
  const input = /** @type {HTMLInputElement | null} */ (document.getElementById("find-q"));
  const list = document.getElementById("find-list");
  const hint = document.getElementById("find-hint");
  if (!box || !input || !list || !hint) return;
  let timer = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void search(input, list, hint), PAUSE);
  });
  wireKeys(input, list);
  list.addEventListener("click", () => box.close());
  const show = () => {
    open(box, input);
    input.select();
  };
  document.addEventListener("keydown", (event) => {
    const typing = /** @type {Element} */ (event.target).closest?.(
      "input, textarea, select, [contenteditable], dialog[open]",
    );
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show();
  });
  document.addEventListener("click", (event) => {
    if (!(/** @type {Element} */ (event.target).closest?.("[data-search]"))) return;
    event.preventDefault();
    show();
  });
}
