// The account pages: copy what is shown once; a form that answers with a file stays usable.
import { toast } from "./toast.js";
import { t } from "./text.js";

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.getAttribute("data-copy") ?? "");
  if (!source || !navigator.clipboard) continue;
  button.removeAttribute("hidden");
  button.addEventListener("click", () => {
    navigator.clipboard.writeText(source.textContent ?? "").then(
      () => toast(t("写しました。")),
      () => {},
    );
  });
}

for (const form of document.querySelectorAll("form[data-file]")) {
  form.addEventListener("submit", () => setTimeout(() => form.removeAttribute("aria-busy"), 3000));
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.removeAttribute("hidden");
  button.addEventListener("click", () => print());
}
