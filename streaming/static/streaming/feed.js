// The live feed of detections: newest first, filtered here, bounded.

import { batched, setText } from "./frames.js";
import { ARROWS, clock, day, isoDay, number, price, words } from "./format.js";

const KEPT = 500;
const SHOWN = 150;

/** What a late trade did to a detection. */
function note({ state, holds }) {
  if (holds === false) return " (withdrawn)";
  return state === "revised" ? " (revised)" : "";
}

/** Emits `choose` (detail: the pattern object). */
export class DetectionFeed extends EventTarget {
  constructor(root) {
    super();
    this.list = root.querySelector("ol");
    this.none = root.querySelector(".none");
    this.types = root.querySelector("select");
    this.directions = [...root.querySelectorAll("[data-direction]")];
    this.only = root.querySelector("[data-only]");
    this.patterns = [];
    this.byId = new Map();
    this.known = new Set();
    this.seq = null;
    this.kept = KEPT;
    this.shown = SHOWN;
    this.symbol = null;
    this.draw = batched(() => this.#draw());
    for (const input of [...this.directions, this.types, this.only]) {
      input?.addEventListener("change", () => this.#redraw());
    }
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("[data-id]");
      const pattern = item && this.byId.get(item.dataset.id);
      if (pattern) this.dispatchEvent(new CustomEvent("choose", { detail: pattern }));
    });
  }

  /** Take detections from history, newest first. */
  load(patterns) {
    this.seq ??= 0;
    for (const pattern of [...patterns].reverse()) this.#take(pattern);
    this.#redraw();
  }

  /** Take older detections, newest first. */
  append(patterns) {
    this.seq ??= 0;
    this.kept = Math.max(this.kept, this.patterns.length + patterns.length);
    this.shown = this.kept;
    for (const pattern of patterns) this.#take(pattern, true);
    this.#redraw();
  }

  /** Take one live event; true if it is new here. */
  add(pattern) {
    const fresh = this.#take(pattern);
    this.fresh ??= new Set();
    if (fresh) this.fresh.add(pattern.detection_id);
    this.draw();
    return fresh;
  }

  choose(symbol) {
    this.symbol = symbol;
    if (this.only?.checked) this.#redraw();
  }

  #take(pattern, older = false) {
    this.seq = Math.max(this.seq, pattern.seq ?? 0);
    this.#know(pattern.pattern_type);
    const before = this.byId.get(pattern.detection_id);
    if (before) {
      Object.assign(before, pattern);
      before.element = null;
      this.stale = true;
      return false;
    }
    const kept = { ...pattern };
    this.byId.set(pattern.detection_id, kept);
    if (older) this.patterns.push(kept);
    else this.patterns.unshift(kept);
    if (this.patterns.length > this.kept) this.byId.delete(this.patterns.pop().detection_id);
    return true;
  }

  #know(type) {
    if (!type || this.known.has(type)) return;
    this.known.add(type);
    const option = new Option(words(type), type);
    const after = [...this.types.options].slice(1).find((other) => other.text > option.text);
    this.types.add(option, after ?? null);
  }

  #wanted(pattern) {
    const box = this.directions.find((input) => input.dataset.direction === pattern.direction);
    if (box && !box.checked) return false;
    if (this.types.value && pattern.pattern_type !== this.types.value) return false;
    return !(this.only?.checked && pattern.symbol !== this.symbol);
  }

  #redraw() {
    this.stale = true;
    this.draw();
  }

  #draw() {
    const wanted = [];
    for (const pattern of this.patterns) {
      if (this.#wanted(pattern) && wanted.push(pattern) === this.shown) break;
    }
    const held = this.list.scrollTop > 4 ? this.list.scrollHeight - this.list.scrollTop : 0;
    const elements = wanted.map((pattern) => (pattern.element ??= this.#make(pattern)));
    if (this.stale) this.list.replaceChildren(...elements);
    else this.#insert(elements);
    this.stale = false;
    if (held) this.list.scrollTop = this.list.scrollHeight - held;
    this.none.hidden = wanted.length > 0;
    setText(this.none, this.patterns.length ? "No detection matches these filters." : "No detections yet.");
    this.fresh = null;
  }

  #insert(elements) {
    const first = this.list.firstElementChild;
    const fresh = [];
    for (const element of elements) {
      if (element === first) break;
      fresh.push(element);
    }
    this.list.prepend(...fresh);
    while (this.list.childElementCount > this.shown) this.list.lastElementChild.remove();
  }

  #make(pattern) {
    const element = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.id = pattern.detection_id;
    button.className = `detection ${pattern.direction}`;
    if (this.fresh?.has(pattern.detection_id)) element.className = "fresh";
    const add = (name, text, label) => {
      const part = document.createElement("span");
      part.className = name;
      part.textContent = text;
      if (label) part.setAttribute("aria-label", label);
      button.append(part);
      return part;
    };
    add("arrow", ARROWS[pattern.direction] ?? "◆", pattern.direction);
    add("symbol", pattern.symbol);
    add("name", words(pattern.pattern_type) + note(pattern));
    const ms = Date.parse(pattern.detection_timestamp);
    const today = isoDay(ms) === isoDay(Date.now());
    add("time", today ? clock(ms) : `${day(ms)} ${clock(ms).slice(0, 5)}`);
    add("frame", pattern.timeframe);
    add("price", price(pattern.price));
    const share = Math.round(100 * (pattern.confidence ?? 0));
    const meter = add("meter", "", `confidence ${share} %`);
    meter.title = `Confidence ${share} %`;
    const bar = document.createElement("i");
    bar.style.width = `${share}%`;
    meter.append(bar);
    add("share", `${number(share)}%`);
    element.append(button);
    return element;
  }
}
