// お知らせの受け取り方: whether this device can and may show notifications; asked for at a press, never by itself.
import { possible, pop } from "./pop-up.js";
import { t } from "./text.js";

const state = document.getElementById("device-state");
const ask = document.getElementById("device-ask");
const attempt = document.getElementById("device-try");

function show() {
  const may = possible() ? Notification.permission : "impossible";
  const words = {
    impossible: window.isSecureContext
      ? t("このブラウザーでは使えません。ページの中と題名だけで知らせます。")
      : t(
          "https のアドレスで開いたときだけ使えます。いまは http なので、ページの中と題名だけで知らせます。",
        ),
    granted: t("この端末で知らせます。止めるときは、下で「端末に出す」を外してください。"),
    denied: t("この端末では止められています。ブラウザーの設定で、このサイトの通知を許可できます。"),
    default: t("まだ許可していません。"),
  };
  if (state) state.textContent = words[/** @type {keyof typeof words} */ (may)];
  ask?.toggleAttribute("hidden", may !== "default");
  attempt?.toggleAttribute("hidden", may !== "granted");
}

ask?.addEventListener("click", () => void Notification.requestPermission().then(show));
attempt?.addEventListener("click", () => void pop(t("お知らせ1件"), "other"));
show();
