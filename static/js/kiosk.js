// 共有端末: the list of names, kept current by asking every few seconds (a socket would need somebody signed in).
import { dateOf, heardServerTime, hm, hms, linkStep, serverNow } from "./clock.js";
import { KioskPanel } from "./kiosk-panel.js";
import { t } from "./text.js";
import { announce } from "./toast.js";

/** @typedef {{staff: string, name: string, shape: string, colour: string, line: string}} Tile */
/** @typedef {{what: string, hours: string, name: string, running: boolean}} Turn */
/** @typedef {{as_of: string, rows: Tile[], duties: Turn[]}} Screen */

const EVERY = 5_000;
const PATIENCE = 8_000;

const root = /** @type {HTMLElement} */ (document.getElementById("kiosk"));
const base = root.dataset.base ?? location.pathname;
/** @type {Screen} */
const first = JSON.parse(document.getElementById("kiosk-data")?.textContent ?? "{}");
const panel = new KioskPanel(root, base, () => void poll());
let etag = "";
let heardAt = Date.now();
let asOf = first.as_of;
/** @type {Promise<void> | null} */
let asking = null;

/** One question at a time; who asks meanwhile gets an answer begun after they asked. */
function poll() {
  asking = (asking ?? Promise.resolve()).then(ask, ask).finally(() => show());
  return asking;
}

async function ask() {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (etag) headers["If-None-Match"] = etag;
  let answer;
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    answer = await fetch(`${base}/rows`, { headers, cache: "no-store", signal });
  } catch {
    return; // the pill tells by itself how old the page is
  }
  if (answer.status === 404) return location.reload(); // revoked, or given to another device
  if (!answer.ok && answer.status !== 304) return;
  heard(answer.headers.get("X-Server-Now") ?? "");
  if (answer.status === 200) {
    etag = answer.headers.get("ETag") ?? "";
    draw(await answer.json());
  }
  // Overnight, and only while the server answers: the page anew, with the cookie for another year.
  if (dateOf(asOf) !== dateOf(first.as_of) && !panel.isOpen) location.reload();
}

/** @param {string} stamp */
function heard(stamp) {
  if (!stamp) return;
  heardAt = Date.now();
  asOf = stamp;
  heardServerTime(stamp);
}

/** @param {Screen} screen */
function draw(screen) {
  const tiles = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".tile"));
  const same =
    tiles.length === screen.rows.length &&
    screen.rows.every(
      (row, i) =>
        tiles[i].dataset.staff === row.staff &&
        tiles[i].querySelector(".n")?.textContent === row.name,
    );
  if (!same) {
    if (!panel.isOpen) location.reload(); // people came or went: once in a while, at most daily
    etag = "";
    return;
  }
  screen.rows.forEach((row, i) => drawLine(tiles[i], row));
  drawTurns(screen.duties);
}

/** @param {HTMLElement} tile @param {Tile} row */
function drawLine(tile, row) {
  const line = /** @type {HTMLElement} */ (tile.querySelector(".s"));
  line.className = `s ${row.colour}`;
  const use = line.querySelector("use");
  use?.setAttribute("href", `${use.getAttribute("href")?.split("#")[0]}#${row.shape}`);
  const text = line.querySelector("[data-line]");
  if (text && text.textContent !== row.line) text.textContent = row.line;
}

/** @param {Turn[]} turns */
function drawTurns(turns) {
  const list = document.getElementById("turns");
  const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("t-turn"));
  if (!list || !template) return;
  list.replaceChildren(
    ...turns.slice(0, MOST_TURNS).map((turn) => {
      const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
      const item = /** @type {HTMLElement} */ (copy.firstElementChild);
      item.classList.toggle("running", turn.running);
      for (const node of /** @type {NodeListOf<HTMLElement>} */ (item.querySelectorAll("[data-f]")))
        node.textContent = String(turn[/** @type {keyof Turn} */ (node.dataset.f)] ?? "");
      return item;
    }),
  );
  document.getElementById("no-turns")?.toggleAttribute("hidden", turns.length > 0);
}
const MOST_TURNS = 8;

/** @type {string} */
let step = "";
function show() {
  const now = linkStep(Date.now() - heardAt);
  const pill = document.getElementById("live");
  const stale = now === "stale" || now === "lost";
  if (pill) {
    const words = now === "live" ? t("接続中") : t("再接続中");
    put(pill, "word", words);
    put(pill, "time", hms(asOf));
    put(pill, "tail", now === "live" ? t("現在") : t("時点"));
    pill.dataset.step = now;
    const use = pill.querySelector("use");
    const shape = now === "live" ? "available" : "auto";
    use?.setAttribute("href", `${use.getAttribute("href")?.split("#")[0]}#${shape}`);
  }
  document.body.classList.toggle("is-stale", stale);
  const bar = document.getElementById("stalebar");
  const text = bar?.querySelector("[data-stale-text]");
  if (bar && text) {
    bar.hidden = !stale;
    text.textContent = t("サーバーにつながりません。{time} 時点の表示です。報告はできません。", {
      time: hms(asOf),
    });
  }
  if (step && step !== now && now === "retry") announce(t("接続が切れました。"));
  step = now;
}

/** @param {Element} pill @param {string} name @param {string} text */
function put(pill, name, text) {
  const node = pill.querySelector(`[data-live=${name}]`);
  if (node && node.textContent !== text) node.textContent = text;
}

function tick() {
  const clock = document.getElementById("clock");
  const time = hm(serverNow());
  if (clock && clock.textContent !== time) clock.textContent = time;
  for (const node of root.querySelectorAll("[data-now]"))
    if (node.textContent !== time) node.textContent = time;
  show();
}

drawTurns(first.duties ?? []);
heard(first.as_of);
tick();
void poll();
setInterval(() => void poll(), EVERY);
setInterval(tick, 1_000);
addEventListener("online", () => void poll());
document.addEventListener("visibilitychange", () => !document.hidden && void poll());
