// What a page says about how current it is: the pill, the hatched bar, the title, the colours.
import { hms, pcClockIsOff, serverNow } from "./clock.js";
import { t } from "./text.js";
import { showStale } from "./title.js";
import { announce } from "./toast.js";

/** @typedef {import("./clock.js").LinkStep} LinkStep */

const SPOKEN_AFTER = 2_000; // a page that was away says 再接続中 for a moment; nobody needs to hear of that
/** @type {ReturnType<typeof setTimeout> | undefined} */
let speaking;
/** @type {LinkStep | ""} */
let spoken = "start";

/** @param {LinkStep} step @param {string | null} asOf the time of what is shown */
export function showPill(step, asOf) {
  const pill = document.getElementById("live");
  if (!pill) return;
  const live = step === "live";
  const words = {
    live: t("接続中"),
    start: t("つないでいます"),
    retry: t("再接続中"),
    stale: t("再接続中"),
    lost: t("再接続中"),
  };
  set(pill, "word", words[step]);
  set(pill, "time", asOf ? hms(asOf) : "");
  set(pill, "tail", live ? t("現在") : t("時点"));
  if (pill.dataset.step === step) return;
  pill.dataset.step = step;
  const use = pill.querySelector("use");
  use?.setAttribute(
    "href",
    `${use.getAttribute("href")?.split("#")[0]}#${live ? "available" : "auto"}`,
  );
}

/** @param {Element} pill @param {string} name @param {string} text */
function set(pill, name, text) {
  const node = pill.querySelector(`[data-live=${name}]`);
  if (node && node.textContent !== text) node.textContent = text;
}

/** On a change of the step. @param {LinkStep} step @param {string | null} asOf */
export function showStep(step, asOf) {
  const stale = step === "stale" || step === "lost";
  const time = asOf ? hms(asOf) : "";
  document.body.classList.toggle("is-stale", stale);
  document.body.dataset.link = step;
  const bar = document.getElementById("stalebar");
  const text = bar?.querySelector("[data-stale-text]");
  if (bar && text) {
    if (stale)
      text.textContent = t("再接続中です。{time} 時点の表示で、いまの状態ではありません。", {
        time,
      });
    bar.hidden = !stale;
  }
  showStale(stale);
  clearTimeout(speaking);
  speaking = setTimeout(() => speak(step, time), SPOKEN_AFTER);
}

/** @param {LinkStep} step @param {string} time */
function speak(step, time) {
  if (step === spoken || document.hidden) return;
  const first = spoken === "start" && step === "live";
  spoken = step;
  if (step === "retry") announce(t("接続が切れました。再接続しています。"));
  else if (step === "stale" || step === "lost")
    announce(t("再接続中です。{time} 時点の表示です。", { time }));
  else if (step === "live" && !first) announce(t("接続中です。"));
}

/** @param {number} offset */
export function warnOfClock(offset) {
  const warning = document.getElementById("clock-warning");
  if (!warning) return;
  if ("demo" in document.body.dataset) return; // a demonstration has a clock of its own
  const off = pcClockIsOff(offset);
  if (warning.hidden !== off) return;
  warning.hidden = !off;
  const text = warning.querySelector("[data-clock-text]");
  const minutes = Math.round(Math.abs(offset) / 60_000);
  if (text && off)
    text.textContent = t(
      "この端末の時計が約 {minutes} 分ずれています。表示と報告の時刻は、サーバーの時計（{time}）によります。",
      { minutes, time: hms(serverNow()) },
    );
}
