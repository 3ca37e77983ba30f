// What the page knows of each symbol. No DOM here.

const SPARK_STEP_MS = 120000;
const SPARK_POINTS = 31;

/** Quotes, names and sparklines; `changed` collects the symbols touched since `takeChanged`. */
export class Market {
  constructor() {
    this.symbols = new Map();
    this.changed = new Set();
  }

  /** Take what the server knows at start: names, sparklines, last prices. */
  load({ symbols = [], prices = {} }) {
    for (const { symbol, name, sector, spark } of symbols) {
      const row = this.row(symbol);
      Object.assign(row, { name, sector, spark: spark.slice(-SPARK_POINTS) });
      if (!Number.isFinite(row.price) && spark.length) row.price = spark.at(-1);
      this.changed.add(symbol);
    }
    this.apply(prices);
  }

  /** Take a `prices` event's quotes: {symbol: [price, change %, volume, time ms]}. */
  apply(prices) {
    for (const [symbol, [price, change, volume, timeMs]] of Object.entries(prices)) {
      const row = this.row(symbol);
      row.before = row.price;
      Object.assign(row, { price, change, volume, timeMs, live: true });
      this.#extend(row);
      this.changed.add(symbol);
    }
  }

  clear() {
    this.symbols.clear();
    this.changed.clear();
  }

  takeChanged() {
    const changed = this.changed;
    this.changed = new Set();
    return changed;
  }

  row(symbol) {
    let row = this.symbols.get(symbol);
    if (!row) {
      row = { symbol, name: "", sector: "", spark: [], price: NaN, change: NaN, volume: NaN, timeMs: 0 };
      this.symbols.set(symbol, row);
      this.added = true;
    }
    return row;
  }

  #extend(row) {
    const step = Math.floor(row.timeMs / SPARK_STEP_MS);
    if (row.spark.length && row.step === step) {
      row.spark[row.spark.length - 1] = row.price;
      return;
    }
    row.step = step;
    row.spark.push(row.price);
    if (row.spark.length > SPARK_POINTS) row.spark.shift();
  }
}
