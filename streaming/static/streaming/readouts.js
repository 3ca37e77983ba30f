// Indicator values of the chosen symbol's newest closed bar.

import { setText } from "./frames.js";
import { date, minute, number, price } from "./format.js";

const AS_PRICE = (value) => price(value);
const AS_NUMBER = (value) => number(value, 2);
const SHOWN = [
  ["RSI_14", "RSI 14", AS_NUMBER],
  ["MACD", "MACD", (value) => number(value, 3)],
  ["MACD_SIGNAL", "Signal", (value) => number(value, 3)],
  ["MACD_HIST", "Histogram", (value) => number(value, 3)],
  ["ATR_14", "ATR 14", (value) => number(value, 3)],
  ["VWAP", "VWAP", AS_PRICE],
  ["SMA_20", "SMA 20", AS_PRICE],
  ["SMA_50", "SMA 50", AS_PRICE],
  ["EMA_12", "EMA 12", AS_PRICE],
  ["EMA_26", "EMA 26", AS_PRICE],
  ["BB_UPPER", "BB upper", AS_PRICE],
  ["BB_LOWER", "BB lower", AS_PRICE],
];

function rsiWord(value) {
  if (value >= 70) return "overbought";
  return value <= 30 ? "oversold" : "";
}

export class Readouts {
  constructor(root) {
    this.cells = new Map();
    this.when = root.querySelector("[data-when]");
    const list = root.querySelector("dl");
    for (const [name, label, format] of SHOWN) {
      const cell = document.createElement("div");
      const term = document.createElement("dt");
      term.textContent = label;
      const value = document.createElement("dd");
      value.textContent = "–";
      cell.append(term, value);
      list.append(cell);
      this.cells.set(name, { value, format });
    }
  }

  /** Values by name, of the bar that began at `startMs`; what is missing is still warming up. */
  show(values, startMs, timeframe) {
    for (const [name, { value, format }] of this.cells) {
      const number = values[name];
      const known = typeof number === "number";
      const word = name === "RSI_14" && known ? rsiWord(number) : "";
      setText(value, known ? `${format(number)}${word && ` ${word}`}` : "–");
    }
    const when = timeframe === "1d" ? date(startMs) : minute(startMs);
    setText(this.when, `· ${when} bar${timeframe === "1m" ? "" : ` of ${timeframe}`}`);
  }

  clear() {
    for (const { value } of this.cells.values()) setText(value, "–");
    setText(this.when, "");
  }
}
