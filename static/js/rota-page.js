// The week as one has it open: the part of the page the server draws, and changes to it. One renderer: the server's.
import { ApiError, askToSignIn, get, post } from "./api.js";
import { resolveClash } from "./rota-clash.js";
import { t } from "./text.js";
import { announce, toast } from "./toast.js";
import { retitle } from "./title.js";

/** @typedef {import("./rota-types.js").WeekData} WeekData */
/** @typedef {import("./rota-types.js").Change} Change */

export class RotaPage {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.data = readData(root);
    /** @type {Promise<void> | null} */
    this.reloading = null;
    /** @type {Promise<void> | null} */
    this.next = null;
    /** @type {Promise<void>} */
    this.tail = Promise.resolve();
    /** @type {(() => void)[]} */
    this.listeners = [];
  }

  /** Called after every drawing. @param {() => void} listener */
  drawn(listener) {
    this.listeners.push(listener);
    listener();
  }

  /** @param {string} [action] "/edit", "/undo" … */
  url(action = "") {
    const { unit, week, kind } = this.data;
    const query = kind === "week" ? "" : `?kind=${kind}`;
    return `/api/v1/units/${encodeURIComponent(unit)}/rotas/${week}${action}${query}`;
  }

  /** @param {string} path */
  unitUrl(path) {
    return `/api/v1/units/${encodeURIComponent(this.data.unit)}${path}`;
  }

  /** The part again, not older than this call; callers who come while one is under way share the next.
   * @returns {Promise<void>} */
  reload() {
    if (!this.reloading) {
      this.reloading = this.fetchPart().finally(() => (this.reloading = null));
      return this.reloading;
    }
    this.next ??= this.reloading
      .catch(() => {})
      .then(() => {
        this.next = null;
        return this.reload();
      });
    return this.next;
  }

  /** Keys are faster than the server: each deed begins when the one before is on the page.
   * @param {() => Promise<unknown>} work */
  inTurn(work) {
    this.tail = this.tail.then(() => this.safely(work));
    return this.tail;
  }

  /** @returns {Promise<void>} */
  async fetchPart() {
    const address = `${this.root.dataset.part}${location.search}`;
    const answer = await fetch(address, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (answer.status === 401 || answer.redirected) {
      if (await askToSignIn()) return this.fetchPart();
      return;
    }
    if (!answer.ok) throw new ApiError(answer.status, "", t("当番表を読みなおせませんでした。"));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = page.querySelector(".rota-part");
    if (part) this.draw(/** @type {HTMLElement} */ (part));
  }

  /** Focus, scroll and the shown day stay where they are. @param {HTMLElement} part */
  draw(part) {
    const focus = focusKey(this.root);
    const scroll = this.root.querySelector("[data-scroll]");
    const at = { left: scroll?.scrollLeft ?? 0, top: scroll?.scrollTop ?? 0 };
    const shown = this.root.querySelector("#grid")?.getAttribute("data-show");
    const unfolded = new Set(
      [...this.root.querySelectorAll("details[data-keep][open]")].map((one) =>
        one.getAttribute("data-keep"),
      ),
    );
    this.root.replaceChildren(document.importNode(part, true));
    for (const one of this.root.querySelectorAll("details[data-keep]"))
      one.toggleAttribute("open", unfolded.has(one.getAttribute("data-keep")));
    this.data = readData(this.root);
    if (part.dataset.title) retitle(part.dataset.title);
    if (shown) this.root.querySelector("#grid")?.setAttribute("data-show", shown);
    const fresh = this.root.querySelector("[data-scroll]");
    if (fresh) [fresh.scrollLeft, fresh.scrollTop] = [at.left, at.top];
    for (const listener of this.listeners) listener();
    giveBack(this.root, focus);
  }

  /**
   * One change of the draft. A clash opens both versions; nothing is lost. Other refusals are thrown.
   * @param {Change} change @param {WeekData} base what the person had before their eyes @param {string} done what to say
   */
  async edit(change, base, done) {
    const body = { revision: base.revision, put: [], remove: [], pin: [], unpin: [], ...change };
    try {
      await this.busy(() => post(this.url("/edit"), body));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      return resolveClash(this, change, base, done);
    }
    await this.reload();
    this.say(done, true);
    return true;
  }

  /** A step that says itself what it does: undo, copy, apply … @param {string} path @param {object} body @param {string} done */
  async step(path, body, done) {
    let answer;
    try {
      answer = await this.busy(() => post(path, { revision: this.data.revision, ...body }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) {
        await this.reload();
        throw new ApiError(
          409,
          error.code,
          t("ほかの人が先に変えたので、まだ行っていません。いまの案を見て、もう一度どうぞ。"),
        );
      }
      throw error;
    }
    await this.reload();
    this.say(done, !/\/(undo|redo)\b/.test(path));
    return answer;
  }

  /** @param {string} done @param {boolean} undoable */
  say(done, undoable) {
    if (!done) return;
    toast(done, undoable ? { undo: () => this.undo() } : {});
  }

  undo() {
    return this.inTurn(async () => {
      if (!this.data.undo) return announce(t("元に戻すものはありません"));
      return this.step(this.url("/undo"), {}, t("元に戻しました"));
    });
  }

  redo() {
    return this.inTurn(async () => {
      if (!this.data.redo) return announce(t("やり直すものはありません"));
      return this.step(this.url("/redo"), {}, t("やり直しました"));
    });
  }

  /** A refusal is shown at the foot of the page. @param {() => Promise<unknown>} work */
  async safely(work) {
    try {
      await work();
    } catch (error) {
      toast(wordsOf(error), { bad: true });
    }
  }

  /** @template T @param {() => Promise<T>} work */
  async busy(work) {
    this.root.setAttribute("aria-busy", "true");
    try {
      return await work();
    } finally {
      this.root.removeAttribute("aria-busy");
    }
  }

  fresh() {
    return get(this.url());
  }
}

/** What to tell the person. @param {unknown} error */
export function wordsOf(error) {
  if (!(error instanceof ApiError)) return t("うまくいきませんでした。もう一度お試しください。");
  return [error.message, ...Object.values(error.fields)].join(" ");
}

/** @param {ParentNode} root @param {string} text empty = nothing wrong */
export function showFault(root, text) {
  const place = /** @type {HTMLElement | null} */ (root.querySelector('[data-f="fault"]'));
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
}

/** @param {HTMLElement} root @returns {WeekData} */
function readData(root) {
  return JSON.parse(root.querySelector("#rota-data")?.textContent ?? "{}");
}

/** @param {HTMLElement} root */
function focusKey(root) {
  const node = document.activeElement;
  if (!node || !root.contains(node)) return null;
  const slot = node.closest("[data-slot]");
  if (slot) return { slot: { .../** @type {HTMLElement} */ (slot).dataset } };
  const act = node.closest("[data-act]")?.getAttribute("data-act");
  return act ? { act } : null;
}

/** @param {HTMLElement} root @param {{slot?: DOMStringMap, act?: string} | null} focus */
function giveBack(root, focus) {
  if (!focus) return;
  if (focus.act) {
    const press = /** @type {HTMLButtonElement | null} */ (
      root.querySelector(`[data-act="${focus.act}"]`)
    );
    (press && !press.disabled ? press : document.getElementById("main"))?.focus();
  } else if (focus.slot) slotLike(root, focus.slot)?.focus({ preventScroll: true });
}

/** The button of the same duty, else of the same place and time: names come and go under the focus.
 * @param {ParentNode} root @param {DOMStringMap} like @returns {HTMLElement | null} */
export function slotLike(root, like) {
  const all = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("button[data-slot]")]);
  const here = all.filter(
    ({ dataset }) =>
      dataset.position === like.position &&
      dataset.date === like.date &&
      Number(dataset.from) < Number(like.to) &&
      Number(like.from) < Number(dataset.to),
  );
  return all.find(({ dataset }) => dataset.key === like.key) ?? here[0] ?? null;
}
