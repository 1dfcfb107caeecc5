// 朝会・夕会, to be read aloud: one person large, the others in a calm list, live while people write.
import { get, put } from "./api.js";
import { Live } from "./live.js";
import { colour, fromTemplate, part, shape, write } from "./render.js";
import { noteForm, read, showFault } from "./standup-form.js";
import { label, t } from "./text.js";
import { announce, toast } from "./toast.js";

/**
 * @typedef {{lines: string[], carried_over: string[], links: string[], updated_at: string}} Note
 * @typedef {Object} Person
 * @property {string} staff
 * @property {string} name
 * @property {string} title
 * @property {string} unit
 * @property {string} unit_name
 * @property {string | null} place
 * @property {boolean} absent
 * @property {boolean} owes
 * @property {Note | null} note
 * @property {string[]} planned  the morning's lines, on the evening sheet
 *
 * @typedef {Object} Sheet
 * @property {string} unit
 * @property {string} date
 * @property {"morning" | "evening"} half
 * @property {string} as_of
 * @property {string | null} me
 * @property {string[]} carried  持越し that pre-fills one's own morning
 * @property {boolean} required
 * @property {string | null} host
 * @property {Person[]} people
 */

const SETTLE_MS = 300; // several notes written at once are one fetch

class Meeting {
  /** @param {Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    this.evening = sheet.half === "evening";
    this.at = this.firstToSpeak();
    /** @type {string | null} the number of the person whose note is being written */
    this.writing = null;
    this.timer = 0;
  }

  start() {
    this.wire();
    this.draw();
    this.live = new Live({
      units: [this.sheet.unit],
      fetch: () => this.fetch(),
      other: (event, data) => {
        if (event !== "standup") return;
        if (data.date !== this.sheet.date || data.half !== this.sheet.half) return;
        clearTimeout(this.timer);
        this.timer = setTimeout(() => void this.fetch().catch(() => {}), SETTLE_MS);
      },
    });
  }

  firstToSpeak() {
    const { people } = this.sheet;
    const asked = people.findIndex((person) => `#${person.staff}` === location.hash);
    if (asked >= 0) return asked;
    return Math.max(
      people.findIndex((person) => !skipped(person)),
      0,
    );
  }

  async fetch() {
    const { unit, date, half } = this.sheet;
    const query = `date=${date}&half=${half}`;
    const fresh = /** @type {Sheet} */ (
      await get(`/standup/${encodeURIComponent(unit)}.json?${query}`, { quiet: true })
    );
    const here = this.current?.staff;
    this.sheet = fresh;
    this.live?.fetched(fresh.as_of);
    const again = fresh.people.findIndex((person) => person.staff === here);
    if (again >= 0) this.at = again;
    this.draw();
  }

  /** @returns {Person | undefined} */
  get current() {
    return this.sheet.people[this.at];
  }

  /** @param {number} step */
  move(step) {
    const { people } = this.sheet;
    let next = this.at + step;
    while (people[next] && skipped(people[next])) next += step;
    if (people[next]) this.show(next);
    else announce(step > 0 ? t("最後の人です") : t("最初の人です"));
  }

  /** @param {number} at */
  show(at) {
    if (this.writing && this.writing !== this.sheet.people[at]?.staff && !this.leaveForm()) return;
    this.at = at;
    history.replaceState(null, "", `#${this.current?.staff ?? ""}`);
    this.draw();
    this.bringIntoView();
    const person = this.current;
    if (person) announce(`${person.name} ${this.sentence(person)}`);
  }

  /** Beside the list the name in it, above the list (phones) the person. */
  bringIntoView() {
    const wide = matchMedia("(min-width: 62.01rem)").matches;
    const target = wide ? "#people [aria-current]" : "#now";
    document.querySelector(target)?.scrollIntoView({ block: "nearest" });
  }

  /** A half-written note is not thrown away by an arrow key. */
  leaveForm() {
    const form = document.querySelector("#now-note form");
    const typed = form instanceof HTMLFormElement && form.dataset.typed === "yes";
    if (typed) {
      toast(t("書きかけです。書きこむか、やめるを選んでください。"), { bad: true });
      return false;
    }
    this.writing = null;
    return true;
  }

  draw() {
    this.drawList();
    this.drawCurrent();
  }

  drawList() {
    const { people, required, host } = this.sheet;
    const list = /** @type {HTMLElement} */ (document.getElementById("people"));
    const focused = list.contains(document.activeElement);
    let unit = "";
    const nodes = people.map((person, at) => {
      const node = fromTemplate("t-person");
      const press = /** @type {HTMLElement} */ (node.querySelector("button"));
      press.dataset.at = String(at);
      press.classList.toggle("absent", skipped(person));
      if (at === this.at) press.setAttribute("aria-current", "true");
      if (person.unit !== unit && people[0].unit !== people.at(-1)?.unit) {
        unit = person.unit;
        node.dataset.unit = person.unit_name;
      }
      write(node, "name", person.name);
      write(node, "what", this.sentence(person));
      shape(node, "mark", person.note ? "check" : person.owes ? "unknown" : "");
      colour(node.querySelector("svg"), person.owes ? "c-unknown" : "c-available");
      part(node, "what")?.classList.toggle("c-unknown", person.owes);
      return node;
    });
    list.replaceChildren(...nodes);
    const here = /** @type {HTMLElement | null} */ (list.querySelector("[aria-current]"));
    if (focused) here?.focus({ preventScroll: true });
    const written = people.filter((person) => person.note).length;
    const owing = people.filter((person) => person.owes).length;
    text(
      "written",
      required && owing
        ? t("{n}人が書きました・未記入 {owing}人", { n: written, owing })
        : t("{n}人が書きました", { n: written }),
    );
    const leads = people.find((person) => person.staff === host);
    text("host", leads ? t("司会 {name}", { name: leads.name }) : "");
  }

  /** One short line of a person for the list. @param {Person} person */
  sentence(person) {
    const { note } = person;
    if (note) return [...note.lines, ...note.carried_over].join("、");
    if (person.absent) return label("place", person.place ?? "leave");
    return person.owes ? t("未記入") : "";
  }

  drawCurrent() {
    const person = this.current;
    const box = document.getElementById("now");
    if (!person || !box) return;
    write(box, "name", person.name);
    write(box, "title", person.title);
    write(box, "unit", person.unit_name);
    write(box, "place", label("place", person.place));
    shape(box, "place-icon", person.place ?? "");
    text("of", t("{n} / {all}", { n: this.at + 1, all: this.sheet.people.length }));
    if (this.writing === person.staff) return; // what is being typed is never drawn over
    document.getElementById("now-note")?.replaceChildren(...this.note(person));
    document.getElementById("now-acts")?.replaceChildren(...this.acts(person));
  }

  /** @param {Person} person @returns {HTMLElement[]} */
  note(person) {
    const { note } = person;
    if (!note) {
      const none = document.createElement("p");
      none.className = "none";
      none.textContent = person.absent
        ? t("きょうは休みです")
        : this.evening
          ? t("夕の実績はまだありません")
          : t("朝の予定はまだありません");
      return this.evening && person.planned.length > 0
        ? [this.lines(person.planned, "", "", t("朝の予定")), none]
        : [none];
    }
    const parts = [
      this.evening
        ? this.lines(note.lines, "check", t("済み"))
        : this.lines(note.lines, "", "", ""),
    ];
    if (note.carried_over.length > 0)
      parts.push(this.lines(note.carried_over, "right", t("持越し")));
    if (note.links.length > 0) parts.push(links(note.links));
    return parts;
  }

  /** @param {string[]} lines @param {string} mark @param {string} how @param {string} [title] */
  lines(lines, mark, how, title = "") {
    const list = document.createElement("ul");
    list.className = title ? "lines before" : "lines";
    if (title) list.setAttribute("aria-label", title);
    list.append(
      ...lines.map((line) => {
        const node = fromTemplate("t-line");
        write(node, "text", line);
        write(node, "how", how);
        shape(node, "mark", mark);
        return node;
      }),
    );
    return list;
  }

  /** @param {Person} person @returns {HTMLElement[]} */
  acts(person) {
    const mine = person.staff === this.sheet.me;
    const press = document.createElement("button");
    press.type = "button";
    press.className = mine ? "btn btn-line" : "btn";
    press.dataset.write = person.staff;
    press.textContent = mine
      ? person.note
        ? t("直す")
        : t("書く")
      : t("代わりに書く（代行入力）");
    return [press];
  }

  /** @param {Person} person */
  openForm(person) {
    this.writing = person.staff;
    const mine = person.staff === this.sheet.me;
    const form = noteForm(person, this.evening, mine ? this.sheet.carried : []);
    form.addEventListener("submit", (event) => void this.send(event, person));
    form.querySelector("[data-cancel]")?.addEventListener("click", () => this.closeForm());
    document.getElementById("now-note")?.replaceChildren(form);
    document.getElementById("now-acts")?.replaceChildren();
    const first = /** @type {HTMLElement | null} */ (
      form.querySelector(".done input:checked") ?? form.querySelector("textarea")
    );
    first?.focus();
  }

  closeForm() {
    this.writing = null;
    this.drawCurrent();
    /** @type {HTMLElement | null} */ (document.querySelector("#now-acts button"))?.focus();
  }

  /** @param {SubmitEvent} event @param {Person} person */
  async send(event, person) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    const { date, half } = this.sheet;
    try {
      await put(`/standup/note/${encodeURIComponent(person.staff)}/${date}/${half}`, read(form));
      this.closeForm();
      await this.fetch().catch(() => {});
      toast(half === "morning" ? t("朝の予定を書きました") : t("夕の実績を書きました"));
    } catch (error) {
      showFault(form, /** @type {import("./api.js").ApiError} */ (error));
    } finally {
      form.removeAttribute("aria-busy");
    }
  }

  wire() {
    document.addEventListener("click", (event) => {
      const target = /** @type {Element} */ (event.target);
      const at = target.closest("[data-at]")?.getAttribute("data-at");
      if (at) this.show(Number(at));
      const number = target.closest("[data-write]")?.getAttribute("data-write");
      if (number && this.current?.staff === number) this.openForm(this.current);
    });
    document.getElementById("mine")?.addEventListener("click", () => this.showMine());
    document.getElementById("before")?.addEventListener("click", () => this.move(-1));
    document.getElementById("after")?.addEventListener("click", () => this.move(1));
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("hashchange", () => this.show(this.firstToSpeak()));
  }

  showMine() {
    const mine = this.sheet.people.findIndex((person) => person.staff === this.sheet.me);
    if (mine < 0) return;
    this.show(mine);
    const person = this.current;
    if (person && !person.note && person.staff === this.sheet.me) this.openForm(person);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target.closest("input, textarea, select, dialog[open], .more, .scroll")) return;
    const step = { ArrowRight: 1, ArrowDown: 1, j: 1, ArrowLeft: -1, ArrowUp: -1, k: -1 }[
      event.key
    ];
    if (step === undefined) return;
    event.preventDefault();
    this.move(step);
  }
}

/** Nobody waits for someone on leave who left no note. @param {Person} person */
function skipped(person) {
  return person.absent && !person.note;
}

/** @param {string[]} places */
function links(places) {
  const list = document.createElement("ul");
  list.className = "links";
  list.append(
    ...places.map((place) => {
      const node = fromTemplate("t-link");
      const link = /** @type {HTMLAnchorElement} */ (node.querySelector("a"));
      if (/^https?:\/\//i.test(place)) link.href = place;
      write(node, "text", place);
      return node;
    }),
  );
  return list;
}

/** @param {string} id @param {string} words */
function text(id, words) {
  const node = document.getElementById(id);
  if (node && node.textContent !== words) node.textContent = words;
}

/** Another unit is another page. */
function wireUnits() {
  const pick = /** @type {HTMLSelectElement | null} */ (document.getElementById("pick-unit"));
  pick?.addEventListener("change", () => {
    const base = pick.dataset.base ?? "/standup/";
    location.assign(`${base}${encodeURIComponent(pick.value)}${location.search}`);
  });
}

wireUnits();
const embedded = document.getElementById("sheet");
if (embedded?.textContent) {
  const sheet = /** @type {Sheet} */ (JSON.parse(embedded.textContent));
  if (sheet.people.length > 0) new Meeting(sheet).start();
}
