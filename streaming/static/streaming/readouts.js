// Indicator values of the chosen symbol's newest closed bar.

import { setText } from "./frames.js";
import { date, minute, number, percent, price } from "./format.js";

const AS_PRICE = (value) => price(value);
const AS_NUMBER = (value) => number(value, 2);
const AS_SMALL = (value) => number(value, 3);
// What INDICATORS_STORED names unless it is set otherwise: these come live.
const SHOWN = [
  ["RSI_14", "RSI 14", AS_NUMBER],
  ["MACD", "MACD", AS_SMALL],
  ["MACD_SIGNAL", "MACD signal", AS_SMALL],
  ["ADX_14", "ADX 14", AS_NUMBER],
  ["ATR_14", "ATR 14", AS_SMALL],
  ["VWAP", "VWAP", AS_PRICE],
  ["SMA_20", "SMA 20", AS_PRICE],
  ["SMA_50", "SMA 50", AS_PRICE],
  ["SMA_200", "SMA 200", AS_PRICE],
  ["EMA_9", "EMA 9", AS_PRICE],
  ["EMA_20", "EMA 20", AS_PRICE],
  ["BB_UPPER", "BB upper", AS_PRICE],
  ["BB_LOWER", "BB lower", AS_PRICE],
  ["RVOL", "Rel. volume", (value) => `${number(value, 2)}×`],
  ["GAP_PERCENT", "Opening gap", percent],
  ["RELATIVE_STRENGTH", "Rel. strength", (value) => number(value)],
];
const OF_SESSIONS = new Set(["VWAP", "RVOL"]);

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
      this.cells.set(name, { cell, value, format });
    }
  }

  /** Values by name, of the bar that began at `startMs`; what is missing is still warming up. */
  show(values, startMs, timeframe) {
    for (const [name, { cell, value, format }] of this.cells) {
      cell.hidden = timeframe === "1d" && OF_SESSIONS.has(name);
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
