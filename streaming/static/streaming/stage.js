// The chosen symbol: header, chart, indicator readouts; history first, then live.

import { get } from "./api.js";
import { CandleChart, OVERLAYS } from "./chart.js";
import { flash, later, setClass, setText } from "./frames.js";
import { ARROWS, compact, direction, number, percent, price, words } from "./format.js";
import { Readouts } from "./readouts.js";
import { frameText, lifeText, lived, stateOf, stateText } from "./states.js";

const BARS = 600;

/** Emits `hole` when a bar came that belongs between those that are shown. */
export class Stage extends EventTarget {
  constructor(root) {
    super();
    this.root = root;
    const find = (name) => root.querySelector(`[data-stage=${name}]`);
    this.parts = Object.fromEntries(
      ["symbol", "name", "price", "change", "legend", "message", "page", "chosen"].map((name) => [name, find(name)]),
    );
    this.chart = new CandleChart(root.querySelector(".chart"));
    this.readouts = new Readouts(root.querySelector(".readouts"));
    this.timeframes = [...root.querySelectorAll("[data-timeframe]")];
    this.overlays = [...root.querySelectorAll("[data-overlay]")];
    this.timeframe = localStorage.getItem("timeframe") ?? "1m";
    // A day has begun: the indicators of the one before are the server's to tell.
    this.renew = later(() => this.reload(true), 1000);
    this.#listen();
    if (this.parts.page) this.parts.page.hidden = true;
    this.#say("No prices yet. The first symbol that trades is shown here.");
  }

  /** Show a symbol; resolves when its history is there. */
  async choose(symbol) {
    if (!symbol) return;
    const another = symbol !== this.symbol;
    this.symbol = symbol;
    setText(this.parts.symbol, symbol);
    this.#say("");
    if (this.parts.page) {
      this.parts.page.hidden = false;
      this.parts.page.href = `/symbols/${encodeURIComponent(symbol)}`;
    }
    if (another) {
      this.#forget();
      this.shownPrice = NaN;
      this.readouts.clear();
    }
    await this.reload(!another);
  }

  /** Fetch the history again: another timeframe, or after a gap in the connection. */
  async reload(keepView = false) {
    const { symbol, timeframe } = this;
    this.#overlay();
    if (!symbol) return;
    this.request?.abort();
    this.request = new AbortController();
    const options = { signal: this.request.signal };
    const path = encodeURIComponent(symbol);
    this.root.setAttribute("aria-busy", "true");
    try {
      const [bars, patterns, indicators] = await Promise.all([
        get(`/bars/${path}`, { timeframe, limit: BARS }, options),
        get(`/patterns/${path}`, { timeframe, limit: 200 }, options),
        get(`/indicators/${path}`, { timeframe, limit: BARS }, options),
      ]);
      if (symbol !== this.symbol || timeframe !== this.timeframe) return;
      const kept = keepView && timeframe === this.chart.timeframe;
      this.#show(bars, patterns.patterns, indicators.indicators, kept);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.chart.clear();
      this.#say(error.status === 404 ? error.message : `No history: ${error.message}`);
    } finally {
      this.root.removeAttribute("aria-busy");
    }
  }

  /** A new quote of the shown symbol. */
  quote(row) {
    if (!row || row.symbol !== this.symbol) return;
    setText(this.parts.name, row.name ?? "");
    setText(this.parts.price, price(row.price));
    if (Number.isFinite(this.shownPrice) && row.price !== this.shownPrice) {
      flash(this.parts.price, row.price > this.shownPrice ? "--up-soft" : "--down-soft");
    }
    this.shownPrice = row.price;
    const way = direction(row.change);
    setClass(this.parts.change, way);
    setText(this.parts.change, Number.isFinite(row.change) ? `${ARROWS[way]} ${percent(row.change)}` : "");
    if (row.live && this.loaded === this.symbol) this.chart.tick(row.price, row.volume, row.timeMs);
    if (row.live) this.#say("");
  }

  bar(bar, minuteMs) {
    if (bar.symbol !== this.symbol || this.loaded !== this.symbol) return;
    if (!this.chart.minute(bar, minuteMs)) this.dispatchEvent(new Event("hole"));
    else if (this.timeframe === "1d" && this.chart.bars.length > this.barsLoaded) this.renew();
  }

  /** Indicators of a closed bar of any timeframe; those of the shown one are drawn. */
  indicate(indicators, startMs) {
    if (indicators.symbol !== this.symbol || this.loaded !== this.symbol) return;
    if (indicators.timeframe !== this.timeframe || this.chart.timeframe !== this.timeframe) return;
    this.chart.indicate(indicators.values, startMs);
    this.readouts.show(indicators.values, startMs, this.timeframe);
  }

  detect(pattern) {
    if (pattern.symbol !== this.symbol || this.loaded !== this.symbol) return;
    const known = this.chart.patterns.get(pattern.detection_id);
    const chosen = pattern.detection_id === this.chart.chosen;
    if (pattern.timeframe !== this.chart.timeframe && !chosen) return;
    const now = { ...known, ...pattern, life: lived(known, pattern) };
    this.chart.mark([now]);
    if (chosen) this.#describe(now);
  }

  /** Go to a detection's symbol, timeframe and bar. */
  async showDetection(pattern) {
    const another = pattern.timeframe !== this.timeframe && this.#turnTo(pattern.timeframe);
    if (another || pattern.symbol !== this.symbol || this.loaded !== this.symbol) await this.choose(pattern.symbol);
    const drawn = await this.#drawn(pattern);
    if (pattern.symbol !== this.symbol) return;
    this.chart.show(drawn);
    this.#describe(drawn);
  }

  /** The detection with its geometry and levels, which events do not carry. */
  async #drawn(pattern) {
    const known = { ...this.chart.patterns.get(pattern.detection_id), ...pattern };
    if (known.life && (known.geometry || known.levels)) return known;
    const from = pattern.bar_timestamp;
    const to = new Date(Date.parse(from) + 1000).toISOString();
    try {
      const { patterns } = await get(`/patterns/${encodeURIComponent(pattern.symbol)}`, {
        timeframe: pattern.timeframe,
        from,
        to,
        limit: 1000,
      });
      return { ...known, ...patterns.find((other) => other.detection_id === pattern.detection_id) };
    } catch {
      return known;
    }
  }

  /** Below the chart: what is drawn, its prices, what became of it, and where to read about it. */
  #describe(pattern) {
    const { pattern_type: type, direction: way, confidence, levels = {}, tier, legs = [] } = pattern;
    const [link, text, life] = this.parts.chosen.children;
    // A combo is a rule of the administrators', which the catalogue does not hold.
    if (tier === "combo") link.removeAttribute("href");
    else link.href = `/catalogue/${encodeURIComponent(type)}`;
    setText(link, pattern.title || words(type));
    const prices = ["trigger", "target", "stop"].filter((name) => Number.isFinite(levels[name]));
    const said = prices.map((name) => `${name} ${price(levels[name])}`);
    const joined = legs.map((leg) => `${words(leg.pattern_type)} ${leg.timeframe}`).join(" + ");
    const head = [`${ARROWS[way] ?? ""} ${number(100 * confidence)}%`, frameText(pattern), joined, ...said];
    setText(text, head.filter(Boolean).join("  ·  "));
    setText(life, lifeText(pattern) || stateText(stateOf(pattern)));
    this.parts.chosen.hidden = false;
  }

  #forget() {
    this.chart.forget();
    this.parts.chosen.hidden = true;
  }

  #show(bars, patterns, indicators, keepView) {
    this.loaded = this.symbol;
    setText(this.parts.name, bars.name);
    this.chart.load({ timeframe: this.timeframe, bars: bars.bars, indicators, patterns, keepView });
    this.barsLoaded = this.chart.bars.length;
    const newest = indicators[0];
    if (!newest) this.readouts.clear();
    else this.readouts.show(newest.values, Date.parse(newest.bar_timestamp), this.timeframe);
    if (!Number.isFinite(this.shownPrice) && bars.bars.length) setText(this.parts.price, price(bars.bars.at(-1).close));
    const elsewhere = this.timeframe === "1d" ? "" : " Daily bars are under 1d.";
    this.#say(bars.bars.length ? "" : `No bars yet: the first one closes with the minute.${elsewhere}`);
  }

  #say(text) {
    setText(this.parts.message, text);
    this.parts.message.hidden = !text;
  }

  #listen() {
    for (const input of this.timeframes) {
      input.checked = input.value === this.timeframe;
      input.addEventListener("change", () => {
        localStorage.setItem("timeframe", input.value);
        this.#turnTo(input.value);
        this.reload();
      });
    }
    const kept = JSON.parse(localStorage.getItem("overlays") ?? '["sma20","vwap"]');
    for (const input of this.overlays) {
      input.checked = kept.includes(input.dataset.overlay);
      input.addEventListener("change", () => this.#overlay());
    }
    this.#overlay();
    this.parts.chosen.querySelector("button").addEventListener("click", () => this.#forget());
    this.chart.onHover((bar) => this.#legend(bar));
  }

  /** Another timeframe; its history is still to be fetched. */
  #turnTo(timeframe) {
    this.timeframe = timeframe;
    for (const input of this.timeframes) input.checked = input.value === timeframe;
    return true;
  }

  /** A session's VWAP begins anew each day, so that there is no line of it in daily bars. */
  #overlay() {
    for (const input of this.overlays) input.disabled = input.dataset.overlay === "vwap" && this.timeframe === "1d";
    const keys = this.overlays.filter((input) => input.checked).map((input) => input.dataset.overlay);
    localStorage.setItem("overlays", JSON.stringify(keys));
    const drawn = keys.filter((key) => key in OVERLAYS && !(key === "vwap" && this.timeframe === "1d"));
    this.chart.overlay(new Set(drawn));
  }

  #legend(bar) {
    this.parts.legend.hidden = !bar;
    if (!bar) return;
    const text = `O ${price(bar.open)}  H ${price(bar.high)}  L ${price(bar.low)}  C ${price(bar.close)}  `;
    const change = percent(100 * (bar.close / bar.open - 1));
    setText(this.parts.legend, `${text}${change}  Vol ${Number.isFinite(bar.volume) ? compact(bar.volume) : number(NaN)}`);
  }
}
