// The price table: any number of symbols, only the visible rows in the DOM.

import { batched, colour, flash, setClass, setText } from "./frames.js";
import { ARROWS, compact, direction, percent, price } from "./format.js";
import { sparkline } from "./sparkline.js";

const SORT_EVERY_MS = 2000;
const SPARK_EVERY_MS = 1000;
const OVERSCAN = 4;

const KEYS = {
  symbol: (row) => row.symbol,
  price: (row) => row.price,
  change: (row) => row.change,
  volume: (row) => row.volume,
};

function compare(key, down) {
  const sign = down ? -1 : 1;
  return (a, b) => {
    const x = KEYS[key](a);
    const y = KEYS[key](b);
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return a.symbol < b.symbol ? -1 : 1;
    return x < y ? -sign : sign;
  };
}

/** Emits `choose` (detail: the symbol). */
export class PriceTable extends EventTarget {
  constructor(root, market) {
    super();
    this.market = market;
    this.grid = root.querySelector("[role=grid]");
    this.body = root.querySelector(".rows");
    this.filter = root.querySelector("input[type=search]");
    this.count = root.querySelector("[data-count]");
    this.none = root.querySelector(".none");
    this.headers = [...root.querySelectorAll("[data-sort]")];
    this.pool = [];
    this.shown = new Map();
    this.order = [];
    this.chosen = null;
    this.active = null;
    this.sort = JSON.parse(localStorage.getItem("sort") ?? '{"key":"symbol","down":false}');
    this.draw = batched(() => this.#draw());
    this.#listen();
    this.#readColours();
    this.#markHeaders();
  }

  /** Something in the market changed; drawn with the next frame. */
  update() {
    if (this.market.added) {
      this.market.added = false;
      this.resort();
    }
    this.draw();
  }

  choose(symbol) {
    this.chosen = symbol;
    this.active = symbol;
    this.draw();
  }

  resort() {
    const wanted = this.filter.value.trim().toUpperCase();
    const rows = [...this.market.symbols.values()].filter(
      (row) => !wanted || row.symbol.includes(wanted) || row.name.toUpperCase().includes(wanted),
    );
    rows.sort(compare(this.sort.key, this.sort.down));
    this.order = rows;
    this.sortedAt = performance.now();
    this.body.style.height = `calc(${rows.length} * var(--row))`;
    this.grid.setAttribute("aria-rowcount", rows.length + 1);
    setText(this.count, wanted ? `${rows.length} of ${this.market.symbols.size}` : `${rows.length}`);
    this.none.hidden = rows.length > 0;
    setText(this.none, wanted ? `No symbol matches “${this.filter.value}”.` : "No prices yet.");
    this.draw();
  }

  #listen() {
    this.grid.addEventListener("scroll", this.draw, { passive: true });
    new ResizeObserver(() => {
      this.everything = true;
      this.draw();
    }).observe(this.grid);
    addEventListener("themechange", () => this.#readColours());
    this.filter.addEventListener("input", () => {
      this.active = null;
      this.grid.scrollTop = 0;
      this.resort();
    });
    this.filter.addEventListener("keydown", (event) => this.#filterKey(event));
    this.grid.addEventListener("keydown", (event) => this.#gridKey(event));
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("[data-symbol]");
      if (row) this.#emit(row.dataset.symbol);
    });
    for (const header of this.headers) {
      header.querySelector("button").addEventListener("click", () => this.#sortBy(header.dataset.sort));
    }
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, select, textarea");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        this.dispatchEvent(new Event("wanted"));
        this.filter.focus();
        this.filter.select();
      }
    });
  }

  #filterKey(event) {
    if (event.key === "Escape") {
      this.filter.value = "";
      this.resort();
      this.grid.focus();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.active = this.order[0]?.symbol ?? null;
      this.grid.focus();
      this.draw();
    } else if (event.key === "Enter" && this.order.length) {
      this.#emit(this.order[0].symbol);
    }
  }

  #gridKey(event) {
    const page = Math.max(1, Math.floor(this.grid.clientHeight / this.#height()) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 };
    if (event.key in steps) {
      event.preventDefault();
      this.#move(steps[event.key]);
    } else if ((event.key === "Enter" || event.key === " ") && this.active) {
      event.preventDefault();
      this.#emit(this.active);
    }
  }

  #move(step) {
    const at = this.order.findIndex((row) => row.symbol === this.active);
    const to = Math.min(this.order.length - 1, Math.max(0, at + step));
    if (!this.order[to]) return;
    this.active = this.order[to].symbol;
    const height = this.#height();
    const view = this.grid.clientHeight - this.#headHeight();
    if (to * height < this.grid.scrollTop) this.grid.scrollTop = to * height;
    if ((to + 1) * height > this.grid.scrollTop + view) this.grid.scrollTop = (to + 1) * height - view;
    this.draw();
  }

  #emit(symbol) {
    this.choose(symbol);
    this.dispatchEvent(new CustomEvent("choose", { detail: symbol }));
  }

  #sortBy(key) {
    const down = this.sort.key === key ? !this.sort.down : key !== "symbol";
    this.sort = { key, down };
    localStorage.setItem("sort", JSON.stringify(this.sort));
    this.#markHeaders();
    this.resort();
  }

  #markHeaders() {
    for (const header of this.headers) {
      const mine = header.dataset.sort === this.sort.key;
      header.setAttribute("aria-sort", mine ? (this.sort.down ? "descending" : "ascending") : "none");
    }
  }

  #readColours() {
    this.colours = { up: colour("--up"), down: colour("--down"), line: colour("--line-strong") };
    this.everything = true;
    this.draw();
  }

  #height() {
    this.rowHeight ??= parseFloat(getComputedStyle(this.grid).getPropertyValue("--row")) || 28;
    return this.rowHeight;
  }

  #headHeight() {
    return this.grid.firstElementChild.offsetHeight;
  }

  #draw() {
    const calm = !this.grid.matches(":hover, :focus-within");
    if (this.sort.key !== "symbol" && calm && performance.now() - this.sortedAt > SORT_EVERY_MS) this.resort();
    const height = this.#height();
    const first = Math.max(0, Math.floor(this.grid.scrollTop / height) - OVERSCAN);
    const last = Math.min(this.order.length, first + Math.ceil(this.grid.clientHeight / height) + 2 * OVERSCAN);
    const wanted = new Map();
    for (let index = first; index < last; index += 1) wanted.set(this.order[index].symbol, index);
    this.#recycle(wanted);
    const changed = this.market.takeChanged();
    for (const [symbol, index] of wanted) this.#drawRow(symbol, index, changed.has(symbol));
    this.everything = false;
    const active = this.active && this.shown.get(this.active);
    if (active) this.grid.setAttribute("aria-activedescendant", active.element.id);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  #recycle(wanted) {
    for (const [symbol, row] of this.shown) {
      if (!wanted.has(symbol)) {
        this.shown.delete(symbol);
        row.element.hidden = true;
        this.pool.push(row);
      }
    }
  }

  #drawRow(symbol, index, changed) {
    let row = this.shown.get(symbol);
    const fresh = !row;
    if (fresh) {
      row = this.pool.pop() ?? this.#makeRow();
      row.element.hidden = false;
      row.element.dataset.symbol = symbol;
      row.element.id = `row-${symbol}`;
      row.last.flashing?.cancel();
      this.shown.set(symbol, row);
    }
    if (row.index !== index) {
      row.index = index;
      row.element.style.transform = `translateY(${index * this.#height()}px)`;
      row.element.setAttribute("aria-rowindex", index + 2);
    }
    row.element.classList.toggle("chosen", symbol === this.chosen);
    row.element.classList.toggle("active", symbol === this.active);
    row.element.setAttribute("aria-selected", symbol === this.chosen);
    if (fresh || changed || this.everything) this.#fill(row, this.market.row(symbol), fresh);
  }

  #fill(row, data, fresh) {
    const way = direction(data.change);
    setText(row.symbol, data.symbol);
    row.symbol.title = data.name;
    setText(row.last, price(data.price));
    setClass(row.change, `change ${way}`);
    setText(row.arrow, Number.isFinite(data.change) ? ARROWS[way] : "");
    setText(row.percent, percent(data.change));
    setText(row.volume, compact(data.volume));
    if (!fresh && data.price !== data.before && Number.isFinite(data.before)) {
      flash(row.last, data.price > data.before ? "--up-soft" : "--down-soft");
    }
    const now = performance.now();
    if (fresh || this.everything || now - (row.drawnAt ?? 0) > SPARK_EVERY_MS) {
      row.drawnAt = now;
      sparkline(row.spark, data.spark, this.colours);
    }
  }

  #makeRow() {
    const element = document.createElement("div");
    element.className = "row";
    element.setAttribute("role", "row");
    element.innerHTML =
      '<span role="gridcell" class="symbol"></span><span role="gridcell" class="last"></span>' +
      '<span role="gridcell" class="change"><i aria-hidden="true"></i><b></b></span>' +
      '<span role="gridcell" class="spark"><canvas></canvas></span><span role="gridcell" class="volume"></span>';
    this.body.append(element);
    const find = (selector) => element.querySelector(selector);
    return {
      element,
      symbol: find(".symbol"),
      last: find(".last"),
      change: find(".change"),
      arrow: find("i"),
      percent: find("b"),
      spark: find("canvas"),
      volume: find(".volume"),
    };
  }
}
