// The panel of one person at a shared terminal: it opens on a tap, acts once, and goes away by itself.
import { renewToken } from "./api.js";
import { t } from "./text.js";

const LEFT_S = 5; // without a touch
const CHOOSING_S = 30; // while a number is typed or a choice is open
const PATIENCE = 10_000;
const NARROW = "(max-width: 48rem)";

class Fault extends Error {}

export class KioskPanel {
  /** @param {HTMLElement} root @param {string} base @param {() => void} acted */
  constructor(root, base, acted) {
    this.root = root;
    this.base = base;
    this.acted = acted;
    this.asksPin = "pin" in root.dataset;
    this.panel = /** @type {HTMLElement} */ (document.getElementById("panel"));
    this.back = /** @type {HTMLElement} */ (document.getElementById("back"));
    /** @type {HTMLElement | null} */
    this.tile = null;
    this.busy = false;
    this.turn = 0; // an answer that comes after another name was tapped is nobody's
    this.until = 0;
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("submit", (event) => this.submitted(event));
    document.addEventListener("keydown", (event) => this.pressed(event));
    document.addEventListener("pointerdown", () => this.touched());
    setInterval(() => this.tick(), 200);
  }

  get isOpen() {
    return this.tile !== null;
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("button");
    if (!button) return;
    if (button.classList.contains("tile")) this.open(/** @type {HTMLElement} */ (button));
    else if ("close" in button.dataset) this.close();
    else if (button.dataset.go) this.go(button.dataset.go);
    else if (button.dataset.key) this.typed(button.dataset.key);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (!this.isOpen) return;
    this.touched();
    if (event.key === "Escape") this.close();
  }

  // --- open and close -----------------------------------------------------------------------

  /** @param {HTMLElement} tile */
  open(tile) {
    this.tile?.setAttribute("aria-pressed", "false");
    this.tile = tile;
    this.turn++;
    this.busy = false;
    tile.setAttribute("aria-pressed", "true");
    this.root.classList.add("open");
    document.getElementById("idle")?.toggleAttribute("hidden", true);
    this.panel.hidden = this.back.hidden = false;
    document.getElementById("names")?.toggleAttribute("inert", matchMedia(NARROW).matches);
    if (this.asksPin) this.askPin(this.name, (pin) => this.load(pin));
    else {
      this.show(this.from("t-wait"));
      this.write("name", this.name);
      void this.load("");
    }
  }

  close() {
    const tile = this.tile;
    if (!tile) return;
    const inside = document.getElementById("acts")?.contains(document.activeElement);
    this.tile = null;
    this.turn++;
    tile.setAttribute("aria-pressed", "false");
    this.root.classList.remove("open");
    document.getElementById("names")?.toggleAttribute("inert", false);
    this.panel.replaceChildren();
    this.panel.hidden = this.back.hidden = true;
    document.getElementById("idle")?.toggleAttribute("hidden", false);
    if (inside || document.activeElement === document.body) tile.focus();
  }

  get name() {
    return this.tile?.querySelector(".n")?.textContent ?? "";
  }

  /** @param {string} pin */
  load(pin) {
    return this.send(`${this.base}/open`, { staff: this.tile?.dataset.staff ?? "", pin });
  }

  // --- what stands in the panel -------------------------------------------------------------

  /** @param {string} id @returns {HTMLElement} */
  from(id) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
    return /** @type {HTMLElement} */ (
      /** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild
    );
  }

  /** @param {HTMLElement} content */
  show(content) {
    this.panel.replaceChildren(content);
    this.touched();
    this.focus();
  }

  focus() {
    const box = this.box;
    const field = /** @type {HTMLElement | null} */ (
      box?.querySelector("input:not([type=hidden])")
    );
    (field ?? /** @type {HTMLElement | null} */ (box?.querySelector("h2")))?.focus();
  }

  /** The step that is shown. */
  get box() {
    return this.panel.querySelector(".stepbox:not([hidden])");
  }

  /** @param {string} step */
  go(step) {
    for (const box of /** @type {NodeListOf<HTMLElement>} */ (
      this.panel.querySelectorAll(".stepbox")
    ))
      box.hidden = box.dataset.step !== step;
    this.touched();
    this.focus();
  }

  /** @param {string} field @param {string} text */
  write(field, text) {
    for (const node of this.panel.querySelectorAll(`[data-f=${field}]`)) node.textContent = text;
  }

  /** @param {string} text */
  fault(text) {
    const place = this.box?.querySelector("[data-fault]");
    if (!place) return;
    place.toggleAttribute("hidden", !text);
    place.textContent = text;
  }

  // --- 暗証番号 -----------------------------------------------------------------------------

  /** @param {string} name @param {(pin: string) => Promise<void>} then */
  askPin(name, then) {
    const form = this.from("t-pin");
    this.withPin = then;
    this.show(form);
    this.write("name", name);
  }

  get field() {
    return /** @type {HTMLInputElement | null} */ (this.panel.querySelector("#pin"));
  }

  /** @param {string} key */
  typed(key) {
    const field = this.field;
    if (!field) return;
    this.fault("");
    field.value = key === "clear" ? "" : (field.value + key).slice(0, field.maxLength);
  }

  // --- sending ------------------------------------------------------------------------------

  /** @param {SubmitEvent} event */
  submitted(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (this.busy || !this.isOpen) return;
    if (form.classList.contains("pinpad")) {
      const pin = this.field?.value ?? "";
      if (pin) void this.withPin?.(pin);
      else this.fault(t("暗証番号を入れてください。"));
      return;
    }
    /** @type {Record<string, string>} */
    const data = {};
    new FormData(form).forEach((value, name) => (data[name] = String(value)));
    const taker = form.dataset.asksPin;
    if (taker) this.askPin(taker, (pin) => this.send(form.action, { ...data, pin }));
    else void this.send(form.action, data);
  }

  /** Send, and show what comes back; without an answer nothing is said to be done.
   * @param {string} path @param {Record<string, string>} data */
  async send(path, data) {
    if (this.busy) return;
    const turn = this.turn;
    this.busy = true;
    this.panel.setAttribute("aria-busy", "true");
    this.fault("");
    try {
      const content = await post(path, data);
      if (turn === this.turn) this.show(content);
      if (!path.endsWith("/open")) this.acted();
    } catch (error) {
      if (turn === this.turn) this.failed(/** @type {Error} */ (error));
    } finally {
      if (turn === this.turn) this.busy = false;
      this.panel.removeAttribute("aria-busy");
      this.touched();
    }
  }

  /** @param {Error} error */
  failed(error) {
    this.fault(
      error instanceof Fault
        ? error.message
        : t(
            "サーバーにつながりません。まだ何も報告されていません。つながってから、もう一度押してください。",
          ),
    );
    const field = this.field;
    if (field) {
      field.value = "";
      field.focus();
    }
    if (!(error instanceof Fault)) return;
    this.acted();
  }

  // --- back to the list ---------------------------------------------------------------------

  touched() {
    const step = /** @type {HTMLElement | null} */ (this.box)?.dataset.step ?? "main";
    const short = ["main", "done", "wait"].includes(step);
    this.until = performance.now() + (short ? LEFT_S : CHOOSING_S) * 1_000;
    this.showLeft();
  }

  showLeft() {
    const left = Math.max(0, Math.ceil((this.until - performance.now()) / 1_000));
    const place = this.back.querySelector("[data-left]");
    if (place && place.textContent !== String(left)) place.textContent = String(left);
    return left;
  }

  tick() {
    if (!this.isOpen) return;
    if (this.busy) this.touched();
    if (this.showLeft() === 0) this.close();
  }
}

/** The next content of the panel. Fault: refused, in words; anything else: not reached.
 * @param {string} path @param {Record<string, string>} data @returns {Promise<HTMLElement>} */
async function post(path, data) {
  let answer = await attempt(path, data);
  if (answer.status === 400 && (await codeOf(answer.clone())) === "csrf") {
    await renewToken(location.pathname);
    answer = await attempt(path, data);
  }
  if (answer.status === 404) {
    location.reload(); // no longer a terminal: the page says so
    throw new Fault("");
  }
  if (!answer.ok) throw new Fault(await messageOf(answer));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = page.querySelector("[data-panel]");
  if (!content) throw new Error("no panel");
  return /** @type {HTMLElement} */ (document.adoptNode(content));
}

/** @param {string} path @param {Record<string, string>} data */
function attempt(path, data) {
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
  return fetch(path, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": token },
    body: new URLSearchParams(data),
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE),
  });
}

/** @param {Response} answer */
async function codeOf(answer) {
  return (await answer.json().catch(() => null))?.error?.code ?? "";
}

/** @param {Response} answer */
async function messageOf(answer) {
  const error = (await answer.json().catch(() => null))?.error;
  const fields = Object.values(error?.fields ?? {});
  return String(fields[0] ?? error?.message ?? t("サーバーがうまく応答できませんでした。"));
}
