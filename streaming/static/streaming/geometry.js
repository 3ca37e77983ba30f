// What a detection is made of, drawn over the candles: lines, turning points and levels.

import {
  LineSeries,
  LineStyle,
  createSeriesMarkers,
} from "../vendor/lightweight-charts/lightweight-charts.standalone.production.mjs";
import { colour } from "./frames.js";
import { words } from "./format.js";

const LEVELS = { trigger: "--accent", stop: "--down", target: "--up" };
const QUIET = { priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false };

/** The part of a line from `firstMs` on; null where nothing of it is left. */
function clipped([[startMs, start], [endMs, end]], firstMs) {
  if (endMs <= firstMs || endMs <= startMs) return null;
  if (startMs >= firstMs) return [[startMs, start], [endMs, end]];
  const share = (firstMs - startMs) / (endMs - startMs);
  return [[firstMs, start + share * (end - start)], [endMs, end]];
}

const mapped = (object, change) =>
  Object.fromEntries(Object.entries(object ?? {}).map(([name, value]) => [name, change(value)]));

/** What is drawn of a detection, its prices brought from the shares of its day to those of the bars. */
function adjusted({ geometry = {}, levels }, factor) {
  const point = ([ms, price]) => [ms, price * factor];
  return {
    lines: mapped(geometry.lines, (line) => line.map(point)),
    pivots: mapped(geometry.pivots, point),
    levels: mapped(levels, (price) => price * factor),
  };
}

export class Geometry {
  constructor(chart, candles) {
    this.chart = chart;
    this.candles = candles;
    this.series = [];
    this.levels = [];
  }

  clear() {
    for (const series of this.series) this.chart.removeSeries(series);
    for (const level of this.levels) this.candles.removePriceLine(level);
    this.series = [];
    this.levels = [];
  }

  /** Draw one detection over these bars, and nothing else. */
  show(pattern, bars) {
    this.clear();
    if (!bars.length) return;
    /** The bar that holds a moment. */
    const snap = (ms) => bars.findLast((bar) => bar.time * 1000 <= ms);
    const { lines, pivots, levels } = adjusted(pattern, snap(Date.parse(pattern.bar_timestamp))?.factor ?? 1);
    for (const line of Object.values(lines)) this.#line(line, bars[0].time * 1000, snap);
    this.#points(pivots, { ...pattern, levels }, snap);
    for (const [name, price] of Object.entries(levels)) this.#level(name, price);
  }

  #line(line, firstMs, snap) {
    const ends = clipped(line, firstMs)?.map(([ms, value]) => ({ time: snap(ms).time, value }));
    if (!ends || ends[0].time === ends[1].time) return;
    const series = this.chart.addSeries(LineSeries, { ...QUIET, color: colour("--ink"), lineWidth: 2 });
    series.setData(ends);
    this.series.push(series);
  }

  /** Turning points with their names; their series also makes room for the levels. */
  #points(pivots, pattern, snap) {
    const own = snap(Date.parse(pattern.bar_timestamp));
    if (!own) return;
    const points = new Map([[own.time, { value: own.close, name: "" }]]);
    for (const [name, [ms, value]] of Object.entries(pivots)) {
      const bar = snap(ms);
      if (bar) points.set(bar.time, { value, name });
    }
    const named = [...points].sort(([a], [b]) => a - b);
    const prices = Object.entries(pattern.levels ?? {}).flatMap(([name, price]) => (name in LEVELS ? price : []));
    const series = this.chart.addSeries(LineSeries, {
      ...QUIET,
      lineVisible: false,
      autoscaleInfoProvider: (original) => {
        const range = original()?.priceRange;
        const all = range ? [...prices, range.minValue, range.maxValue] : prices;
        return all.length ? { priceRange: { minValue: Math.min(...all), maxValue: Math.max(...all) } } : null;
      },
    });
    series.setData(named.map(([time, { value }]) => ({ time, value })));
    const values = named.map(([, { value }]) => value);
    const middle = (Math.min(...values) + Math.max(...values)) / 2;
    const marks = named.filter(([, { name }]) => name).map(([time, { value, name }]) => ({
      time,
      position: value >= middle ? "aboveBar" : "belowBar",
      shape: "circle",
      color: colour("--ink"),
      size: 0.6,
      text: words(name),
    }));
    createSeriesMarkers(series, marks);
    this.series.push(series);
  }

  #level(name, price) {
    if (!(name in LEVELS)) return;
    const options = { price, color: colour(LEVELS[name]), lineWidth: 1, lineStyle: LineStyle.Dashed };
    this.levels.push(this.candles.createPriceLine({ ...options, axisLabelVisible: true, title: name }));
  }
}
