// The live feed of detections: newest bar first, filtered here, bounded; a row changes in place.

import { batched, setClass, setText } from "./frames.js";
import { ARROWS, number, price, words } from "./format.js";
import { endedMs, endedText, frameText, lifeText, lived, seenText, stateOf, stateText } from "./states.js";

// Each tier has its own room: a busy minute must not push out the day's few.
const KEPT = { intraday: 500, daily: 150, combo: 150 };
const SHOWN = 150;

const roomOf = ({ tier }) => (tier in KEPT ? tier : "intraday");

/** Emits `choose` (detail: the pattern object). */
export class DetectionFeed extends EventTarget {
  constructor(root) {
    super();
    this.list = root.querySelector("ol");
    this.none = root.querySelector(".none");
    this.types = root.querySelector("[data-types]");
    this.frames = root.querySelector("[data-frames]");
    this.directions = [...root.querySelectorAll("[data-direction]")];
    this.only = root.querySelector("[data-only]");
    this.patterns = [];
    this.byId = new Map();
    this.known = new Set();
    this.fresh = new Set();
    this.seq = null;
    this.room = { ...KEPT };
    this.count = { intraday: 0, daily: 0, combo: 0 };
    this.shown = SHOWN;
    this.symbol = null;
    this.draw = batched(() => this.#draw());
    for (const input of [...this.directions, this.types, this.frames, this.only]) {
      input?.addEventListener("change", () => this.draw());
    }
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("[data-id]");
      const pattern = item && this.byId.get(item.dataset.id);
      if (pattern) this.dispatchEvent(new CustomEvent("choose", { detail: pattern }));
    });
  }

  /** Take detections from history. `newestSeq`: up to there the server has told everything. */
  load(patterns, newestSeq = 0) {
    this.seq = Math.max(this.seq ?? 0, newestSeq);
    for (const pattern of patterns) this.#take(pattern);
    this.draw();
  }

  /** Take older detections, for which there is to be room. */
  append(patterns) {
    this.seq ??= 0;
    for (const pattern of patterns) this.room[roomOf(pattern)] += 1;
    this.shown += patterns.length;
    this.load(patterns);
  }

  /** Take one live event; true if it is a detection that is new here. */
  add(pattern) {
    const fresh = this.#take(pattern) && stateOf(pattern) === "formed";
    if (fresh) this.fresh.add(pattern.detection_id);
    this.draw();
    return fresh;
  }

  choose(symbol) {
    this.symbol = symbol;
    if (this.only?.checked) this.draw();
  }

  #take(pattern) {
    this.seq = Math.max(this.seq, pattern.seq ?? 0);
    const before = this.byId.get(pattern.detection_id);
    if (before) {
      if ((pattern.seq ?? 0) < (before.seq ?? 0)) return false;
      Object.assign(before, pattern, { life: lived(before, pattern) });
      if (before.element) this.#fill(before);
      return false;
    }
    this.#know(pattern.pattern_type);
    this.#insert({ ...pattern, life: lived(null, pattern), ended: endedMs(pattern) });
    return this.byId.has(pattern.detection_id);
  }

  #insert(pattern) {
    const room = roomOf(pattern);
    let low = 0;
    for (let high = this.patterns.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.patterns[middle].ended > pattern.ended) low = middle + 1;
      else high = middle;
    }
    this.patterns.splice(low, 0, pattern);
    this.byId.set(pattern.detection_id, pattern);
    this.count[room] += 1;
    if (this.count[room] > this.room[room]) this.#drop(this.patterns.findLastIndex((other) => roomOf(other) === room));
  }

  #drop(at) {
    const [gone] = this.patterns.splice(at, 1);
    this.byId.delete(gone.detection_id);
    this.count[roomOf(gone)] -= 1;
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
    if (this.frames.value && !this.#framed(pattern)) return false;
    return !(this.only?.checked && pattern.symbol !== this.symbol);
  }

  /** A combo has its trigger's timeframe, and is none of it. */
  #framed({ tier, timeframe }) {
    const { value } = this.frames;
    return value === tier || (value === timeframe && tier !== "combo");
  }

  #draw() {
    const wanted = [];
    for (const pattern of this.patterns) {
      if (this.#wanted(pattern) && wanted.push(pattern) === this.shown) break;
    }
    const held = this.list.scrollTop > 4 ? this.list.scrollHeight - this.list.scrollTop : 0;
    this.#place(wanted.map((pattern) => (pattern.element ??= this.#make(pattern))));
    if (held) this.list.scrollTop = this.list.scrollHeight - held;
    this.none.hidden = wanted.length > 0;
    setText(this.none, this.patterns.length ? "No detection matches these filters." : "No detections yet.");
    this.fresh.clear();
  }

  /** Those that stay are not touched, so that one that has the focus keeps it. */
  #place(elements) {
    const wanted = new Set(elements);
    for (const child of [...this.list.children]) if (!wanted.has(child)) child.remove();
    let next = this.list.firstElementChild;
    for (const element of elements) {
      if (element === next) next = next.nextElementSibling;
      else this.list.insertBefore(element, next);
    }
  }

  #make(pattern) {
    const element = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.id = pattern.detection_id;
    if (this.fresh.has(pattern.detection_id)) element.className = "fresh";
    const names = ["arrow", "symbol", "name", "time", "frame", "state", "meter", "share", "price", "life"];
    for (const name of names) {
      const part = document.createElement("span");
      part.className = name;
      button.append(part);
    }
    button.querySelector(".meter").append(document.createElement("i"));
    element.append(button);
    pattern.element = element;
    this.#fill(pattern);
    return element;
  }

  /** Say what it is now. */
  #fill(pattern) {
    const button = pattern.element.firstElementChild;
    const part = (name) => button.querySelector(`.${name}`);
    setClass(button, `detection ${pattern.direction} ${stateOf(pattern)}`);
    setText(part("arrow"), ARROWS[pattern.direction] ?? "◆");
    part("arrow").setAttribute("aria-label", pattern.direction);
    setText(part("symbol"), pattern.symbol);
    setText(part("name"), pattern.title || words(pattern.pattern_type));
    setText(part("time"), endedText(pattern));
    part("time").title = seenText(pattern);
    setText(part("frame"), frameText(pattern));
    setText(part("state"), stateText(stateOf(pattern)));
    setText(part("price"), price(pattern.price));
    const share = Math.round(100 * (pattern.confidence ?? 0));
    part("meter").title = `Confidence ${share} %`;
    part("meter").setAttribute("aria-label", `confidence ${share} %`);
    part("meter").firstElementChild.style.width = `${share}%`;
    setText(part("share"), `${number(share)}%`);
    const life = lifeText(pattern);
    setText(part("life"), life);
    part("life").hidden = !life;
  }
}
