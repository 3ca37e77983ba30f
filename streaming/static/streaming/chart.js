// Candles and volume of one symbol: history, the growing bar, overlays, detections.

import {
  CandlestickSeries,
  CrosshairMode,
  HistogramSeries,
  LineSeries,
  LineStyle,
  TickMarkType,
  createChart,
  createSeriesMarkers,
} from "../vendor/lightweight-charts/lightweight-charts.standalone.production.mjs";
import { colour } from "./frames.js";
import { date, day, decimals, full, fullDate, minute, words } from "./format.js";
import { Geometry } from "./geometry.js";

const STEPS = { "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400 };
const MOST_MARKERS = 120;

export const OVERLAYS = {
  sma20: { names: ["SMA_20"], colour: "--overlay-1" },
  sma50: { names: ["SMA_50"], colour: "--overlay-2" },
  vwap: { names: ["VWAP"], colour: "--overlay-3" },
  bands: { names: ["BB_UPPER", "BB_LOWER"], colour: "--overlay-4", style: LineStyle.Dashed },
};

const MARKS = {
  bullish: { position: "belowBar", shape: "arrowUp", colour: "--up" },
  bearish: { position: "aboveBar", shape: "arrowDown", colour: "--down" },
  neutral: { position: "aboveBar", shape: "circle", colour: "--neutral" },
};

/** One mark a bar and direction is enough to see; that of the chosen detection comes first. */
function distinct(marks, chosen) {
  const seen = new Map();
  for (const mark of marks) {
    const key = `${mark.time} ${mark.pattern.direction}`;
    if (!seen.has(key) || mark.pattern.detection_id === chosen) seen.set(key, mark);
  }
  return [...seen.values()];
}

const toBar = (bar) => ({
  time: Date.parse(bar.timestamp) / 1000,
  open: bar.open,
  high: bar.high,
  low: bar.low,
  close: bar.close,
  volume: bar.volume,
  factor: bar.price_factor ?? 1,
});

export class CandleChart {
  constructor(element) {
    this.element = element;
    this.chart = createChart(element, { autoSize: true, layout: { attributionLogo: false } });
    this.candles = this.chart.addSeries(CandlestickSeries, {});
    this.volume = this.chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" } });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.markers = createSeriesMarkers(this.candles, []);
    this.geometry = new Geometry(this.chart, this.candles);
    this.lines = new Map();
    this.bars = [];
    this.patterns = new Map();
    this.timeframe = "1m";
    this.paint();
    addEventListener("themechange", () => this.paint());
  }

  /** Show another symbol or timeframe from its history. */
  load({ timeframe, bars, indicators, patterns, keepView = false }) {
    const view = keepView ? this.chart.timeScale().getVisibleLogicalRange() : null;
    this.timeframe = timeframe;
    this.step = STEPS[timeframe];
    this.bars = bars.map(toBar);
    this.minutes = new Map();
    const precision = decimals(this.bars.at(-1)?.close ?? 1);
    this.candles.applyOptions({ priceFormat: { type: "price", precision, minMove: 10 ** -precision } });
    this.candles.setData(this.bars);
    this.volume.setData(this.bars.map((bar) => this.#volumeBar(bar)));
    // Bars are in the shares of today, what was computed of them in those of its own day.
    this.factors = new Map(this.bars.map((bar) => [bar.time, bar.factor]));
    this.values = new Map(indicators.map((item) => [Date.parse(item.bar_timestamp) / 1000, item.values]));
    this.#drawLines();
    const chosen = this.patterns.get(this.chosen);
    this.patterns = new Map(chosen ? [[this.chosen, chosen]] : []);
    this.mark(patterns);
    this.#drawChosen();
    if (view) this.chart.timeScale().setVisibleLogicalRange(view);
    else this.#showEnd();
  }

  clear() {
    this.load({ timeframe: this.timeframe, bars: [], indicators: [], patterns: [] });
  }

  /** A trade price: the last bar grows, or a new one begins. */
  tick(price, cumulativeVolume, timeMs) {
    const time = this.#start(timeMs / 1000);
    const last = this.bars.at(-1);
    if (last && time < last.time) return;
    if (last && last.time === time) {
      last.close = price;
      last.high = Math.max(last.high, price);
      last.low = Math.min(last.low, price);
      if (this.volumeAtStart !== undefined) last.volume = this.closedVolume + cumulativeVolume - this.volumeAtStart;
    } else {
      this.bars.push({ time, open: price, high: price, low: price, close: price, volume: 0 });
      this.closedVolume = 0;
      this.volumeAtStart = cumulativeVolume;
    }
    if (this.volumeAtStart === undefined) {
      this.volumeAtStart = cumulativeVolume;
      this.closedVolume = this.bars.at(-1).volume;
    }
    this.#drawBar(this.bars.at(-1));
  }

  /**
   * A closed, or revised, minute bar: replaces what grew from prices.
   * False if it belongs between bars that are shown: the history is to be fetched again.
   */
  minute(bar, minuteMs) {
    const time = this.#start(minuteMs / 1000);
    const at = this.bars.findLastIndex((other) => other.time === time);
    if (at < 0 && this.bars.length && time < this.bars.at(-1).time) return false;
    const fresh = { time, open: bar.open, high: bar.high, low: bar.low, close: bar.close, volume: bar.volume };
    if (at < 0) {
      this.bars.push(fresh);
      this.#drawBar(fresh);
    } else if (this.timeframe === "1m") {
      this.bars[at] = fresh;
      this.#drawBar(fresh, at < this.bars.length - 1);
    } else {
      const longer = this.bars[at];
      longer.high = Math.max(longer.high, bar.high);
      longer.low = Math.min(longer.low, bar.low);
      this.#drawBar(longer, at < this.bars.length - 1);
    }
    return true;
  }

  /** Indicator values of a closed bar of this timeframe. */
  indicate(values, startMs) {
    const time = startMs / 1000;
    this.values.set(time, values);
    const factor = this.factors.get(time) ?? 1;
    for (const [name, series] of this.lines) {
      const drawn = series.data().at(-1)?.time ?? 0;
      if (Number.isFinite(values[name])) series.update({ time, value: values[name] * factor }, time < drawn);
    }
  }

  /** Mark detections on their bars. */
  mark(patterns) {
    for (const pattern of patterns) {
      const { detection_id: id } = pattern;
      this.patterns.set(id, { ...this.patterns.get(id), ...pattern });
    }
    const all = [...this.patterns.values()]
      .map((pattern) => ({ pattern, time: this.#start(Date.parse(pattern.bar_timestamp) / 1000) }))
      .filter(({ pattern, time }) => pattern.holds !== false && time >= (this.bars[0]?.time ?? Infinity))
      .sort((a, b) => a.time - b.time);
    const marks = distinct(all, this.chosen).slice(-MOST_MARKERS);
    const crowded = marks.length > 8;
    this.markers.setMarkers(
      marks.map(({ pattern, time }) => {
        const mark = MARKS[pattern.direction] ?? MARKS.neutral;
        const chosen = pattern.detection_id === this.chosen;
        const text = chosen || !crowded ? words(pattern.pattern_type) : "";
        const size = chosen ? 2 : 1;
        return { time, position: mark.position, shape: mark.shape, color: colour(mark.colour), text, size };
      }),
    );
  }

  /** Bring one detection's bar into view, name it, and draw what it is made of. */
  show(pattern) {
    this.chosen = pattern.detection_id;
    this.mark([pattern]);
    this.#drawChosen();
    const time = this.#start(Date.parse(pattern.bar_timestamp) / 1000);
    const at = this.bars.findIndex((bar) => bar.time === time);
    if (at < 0) return;
    const scale = this.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (!range || at < range.from || at > range.to) {
      const half = range ? (range.to - range.from) / 2 : 60;
      scale.setVisibleLogicalRange({ from: at - half, to: at + half });
    }
  }

  /** Nothing is chosen any more. */
  forget() {
    this.chosen = undefined;
    this.geometry.clear();
    this.mark([]);
  }

  #drawChosen() {
    const pattern = this.patterns.get(this.chosen);
    if (pattern && pattern.holds !== false) this.geometry.show(pattern, this.bars);
    else this.geometry.clear();
  }

  /** Which overlays are drawn: a set of keys of `OVERLAYS`. */
  overlay(keys) {
    this.wanted = keys;
    this.#drawLines();
  }

  /** Take the theme's colours. */
  paint() {
    const line = colour("--line");
    this.chart.applyOptions({
      layout: {
        background: { color: colour("--panel") },
        textColor: colour("--ink-3"),
        fontFamily: getComputedStyle(document.body).fontFamily,
        fontSize: 12,
        attributionLogo: false,
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      crosshair: {
        mode: CrosshairMode.Normal,
        vertLine: { color: colour("--ink-3"), labelBackgroundColor: colour("--ink-2") },
        horzLine: { color: colour("--ink-3"), labelBackgroundColor: colour("--ink-2") },
      },
      rightPriceScale: { borderColor: line, scaleMargins: { top: 0.08, bottom: 0.2 } },
      timeScale: {
        borderColor: line,
        timeVisible: true,
        secondsVisible: false,
        rightOffset: 5,
        minBarSpacing: 1,
        tickMarkFormatter: (time, kind) => this.#mark(time * 1000, kind),
      },
      localization: {
        timeFormatter: (time) => (this.timeframe === "1d" ? fullDate(time * 1000) : full(time * 1000)),
      },
    });
    const up = colour("--up");
    const down = colour("--down");
    // Rising bars are hollow: their direction can be read without colour.
    this.candles.applyOptions({
      upColor: colour("--panel"),
      downColor: down,
      borderUpColor: up,
      borderDownColor: down,
      wickUpColor: up,
      wickDownColor: down,
      priceLineColor: colour("--accent"),
      priceLineStyle: LineStyle.Dotted,
    });
    this.volume.applyOptions({ lastValueVisible: false, priceLineVisible: false });
    if (this.bars.length) this.volume.setData(this.bars.map((bar) => this.#volumeBar(bar)));
    for (const [name, series] of this.lines) series.applyOptions({ color: this.#lineColour(name) });
    this.mark([]);
    this.#drawChosen();
  }

  /** What stands below the time axis. */
  #mark(ms, kind) {
    if (this.timeframe === "1d") return date(ms);
    return kind <= TickMarkType.DayOfMonth ? day(ms) : minute(ms);
  }

  #drawBar(bar, historical = false) {
    this.candles.update(bar, historical);
    this.volume.update(this.#volumeBar(bar), historical);
  }

  #volumeBar({ time, volume, open, close }) {
    return { time, value: volume ?? 0, color: colour(close >= open ? "--up-soft" : "--down-soft") };
  }

  #showEnd() {
    const fitting = Math.round(this.element.clientWidth / 8);
    const wanted = Math.max(40, Math.min(fitting, this.bars.length + 8));
    const to = this.bars.length + 4;
    this.chart.timeScale().setVisibleLogicalRange({ from: to - wanted, to });
  }

  /** Start of the bar that a moment belongs to, on the grid that the history shows. */
  #start(secs) {
    if (this.timeframe === "1d") return Math.floor(secs / 86400) * 86400;
    const anchor = this.bars.length ? this.bars[0].time : 0;
    return anchor + Math.floor((secs - anchor) / this.step) * this.step;
  }

  #lineColour(name) {
    return colour(Object.values(OVERLAYS).find(({ names }) => names.includes(name)).colour);
  }

  #drawLines() {
    const names = [...(this.wanted ?? [])].flatMap((key) => OVERLAYS[key].names);
    for (const [name, series] of this.lines) {
      if (!names.includes(name)) {
        this.chart.removeSeries(series);
        this.lines.delete(name);
      }
    }
    for (const name of names) this.#drawLine(name);
  }

  #drawLine(name) {
    if (!this.lines.has(name)) {
      const { style } = Object.values(OVERLAYS).find(({ names }) => names.includes(name));
      const options = { color: this.#lineColour(name), lineWidth: 1, lineStyle: style ?? LineStyle.Solid };
      Object.assign(options, { priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false });
      this.lines.set(name, this.chart.addSeries(LineSeries, options));
    }
    const points = [...(this.values ?? new Map())]
      .filter(([, values]) => Number.isFinite(values[name]))
      .map(([time, values]) => ({ time, value: values[name] * (this.factors.get(time) ?? 1) }))
      .sort((a, b) => a.time - b.time);
    this.lines.get(name).setData(points);
  }

  /** Call `tell` with the bar under the crosshair, or null. */
  onHover(tell) {
    this.chart.subscribeCrosshairMove((event) => {
      const bar = event.seriesData?.get(this.candles);
      tell(bar ? { ...bar, volume: event.seriesData.get(this.volume)?.value } : null);
    });
  }
}

