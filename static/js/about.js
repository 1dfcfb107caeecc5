// The licences of what is installed, from the list made at set-up.
import { fromTemplate, write } from "./render.js";
import { t } from "./text.js";

const place = document.getElementById("licences");
const answer = place && (await fetch(place.dataset.src ?? "").catch(() => null));
if (place && answer?.ok) {
  /** @type {Array<{name: string, version: string, licence: string, text: string}>} */
  const packages = await answer.json();
  place.replaceChildren(
    ...packages.map((each) => {
      const node = fromTemplate("t-licence");
      for (const name of /** @type {const} */ (["name", "version", "licence", "text"]))
        write(node, name, each[name]);
      return node;
    }),
  );
} else if (place) place.textContent = t("一覧を読み込めませんでした。");
