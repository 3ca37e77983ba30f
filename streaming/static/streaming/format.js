// Numbers and times as traders read them.

const locale = "en-US";
const fixed = new Map();

function digits(count) {
  if (!fixed.has(count)) {
    const options = { minimumFractionDigits: count, maximumFractionDigits: count };
    fixed.set(count, new Intl.NumberFormat(locale, options));
  }
  return fixed.get(count);
}

const compactFormat = new Intl.NumberFormat(locale, { notation: "compact", maximumSignificantDigits: 3 });

/** Decimals that a price of this size is quoted with. */
export const decimals = (price) => (Math.abs(price) >= 1 ? 2 : 4);

/** With a real minus sign, as wide as a plus; a dash for what is not known. */
export function number(value, count = 0) {
  return Number.isFinite(value) ? digits(count).format(value).replace("-", "−") : "–";
}

export const price = (value) => number(value, decimals(value));
export const compact = (value) => (Number.isFinite(value) ? compactFormat.format(value) : "–");

/** "+0.42%": the sign is always there, so that colour is never the only one. */
export function percent(value) {
  if (!Number.isFinite(value)) return "–";
  const text = digits(2).format(Math.abs(value));
  const sign = text === "0.00" ? "" : value > 0 ? "+" : "−";
  return `${sign}${text}%`;
}

/** "up", "down" or "flat", as a class. */
export function direction(value) {
  if (!Number.isFinite(value) || Math.abs(value) < 0.005) return "flat";
  return value > 0 ? "up" : "down";
}

export const ARROWS = { up: "▲", down: "▼", flat: "■", bullish: "▲", bearish: "▼", neutral: "◆" };

let zone = "America/New_York";
let formats = new Map();

/** Show every time in the market's own zone. */
export function useZone(name) {
  zone = name || "UTC";
  formats = new Map();
}

function inZone(key, options) {
  if (!formats.has(key)) {
    const all = { timeZone: zone, hourCycle: "h23", ...options };
    formats.set(key, new Intl.DateTimeFormat(locale, all));
  }
  return formats.get(key);
}

const hm = { hour: "2-digit", minute: "2-digit" };
export const clock = (ms) => inZone("clock", { ...hm, second: "2-digit" }).format(ms);
export const minute = (ms) => inZone("minute", hm).format(ms);
export const day = (ms) => inZone("day", { month: "short", day: "numeric" }).format(ms);
export const weekday = (ms) => inZone("weekday", { weekday: "short", ...hm }).format(ms);
export const full = (ms) => inZone("full", { weekday: "short", month: "short", day: "numeric", ...hm }).format(ms);

const dates = new Intl.DateTimeFormat(locale, { timeZone: "UTC", month: "short", day: "numeric" });
const fullDates = new Intl.DateTimeFormat(locale, { timeZone: "UTC", dateStyle: "medium" });

const thisYear = (ms) => new Date(ms).getUTCFullYear() === new Date().getUTCFullYear();

/** A daily bar's date: its timestamp is 00:00 UTC of the session's, wherever the market is. */
export const date = (ms) => (thisYear(ms) ? dates : fullDates).format(ms);
export const fullDate = (ms) => fullDates.format(ms);
export const isoDay = (ms) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(ms);

/** "EST", or "UTC" where a zone has no short name. */
export function zoneName() {
  const parts = inZone("zone", { timeZoneName: "short" }).formatToParts(Date.now());
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

/** "3 h 12 min", "41 s": two units at most. */
export function span(ms) {
  const secs = Math.max(0, Math.round(ms / 1000));
  if (secs < 60) return `${secs} s`;
  if (secs < 3600) return `${Math.floor(secs / 60)} min ${secs % 60} s`;
  const hours = Math.floor(secs / 3600);
  if (hours < 48) return `${hours} h ${Math.floor((secs % 3600) / 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** "morning_star" as "Morning star", and "rsi_divergence" as "RSI divergence". */
export function words(name) {
  const spaced = String(name ?? "").replaceAll("_", " ");
  const text = spaced.replace(/\b(rsi|macd|obv|vwap|nr7)\b/g, (word) => word.toUpperCase());
  return text.charAt(0).toUpperCase() + text.slice(1);
}
