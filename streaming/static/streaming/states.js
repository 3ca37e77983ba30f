// How the state, the timeframe and the life of a detection are said.

import { clock, date, day, isoDay, minute } from "./format.js";

const STATES = {
  formed: ["○", "Formed"],
  confirmed: ["✓", "Confirmed"],
  target_reached: ["◎", "Target reached"],
  failed: ["✕", "Failed"],
  expired: ["–", "Expired"],
  revised: ["↻", "Revised"],
  withdrawn: ["⊘", "Withdrawn"],
};
const LENGTH_MS = { "1m": 60e3, "5m": 300e3, "15m": 900e3, "1h": 3600e3 };
const SESSION_END_MS = 21 * 3600e3;

/** The name of what it is now: a late trade may have taken it away. */
export const stateOf = ({ state, holds }) => (holds === false ? "withdrawn" : (state ?? "formed"));

/** Sign and word, so that colour is never the only one. */
export function stateText(state) {
  const [sign, word] = STATES[state] ?? ["○", state];
  return `${sign} ${word}`;
}

/** "5m", "daily", or a combo with its trigger's timeframe. */
export function frameText({ tier, timeframe }) {
  if (tier === "combo") return `combo ${timeframe}`;
  return tier === "daily" ? "daily" : timeframe;
}

/** About when its bar ended, and it could be known: a daily bar's timestamp is midnight UTC. */
export function endedMs({ bar_timestamp: start, timeframe }) {
  return Date.parse(start) + (LENGTH_MS[timeframe] ?? SESSION_END_MS);
}

/** That moment as a list shows it: a date for a daily bar, a time for one of today. */
export function endedText(pattern) {
  if (pattern.timeframe === "1d") return date(Date.parse(pattern.bar_timestamp));
  const ms = endedMs(pattern);
  return isoDay(ms) === isoDay(Date.now()) ? minute(ms) : `${day(ms)} ${minute(ms)}`;
}

/** "✓ Confirmed 10:34 → ◎ Target reached 10:41"; empty while it has only formed. */
export function lifeText({ life = [], timeframe }) {
  const when = (ms) => (timeframe === "1d" ? date(ms) : minute(ms));
  const said = ({ state, bar_timestamp: start }) => stateText(state) + (start ? ` ${when(Date.parse(start))}` : "");
  return life.map(said).join(" → ");
}

/** Its life after an event, which brings the state alone; undefined where it is not known. */
export function lived(before, event) {
  if (event.life) return event.life;
  if (event.state === "formed" || event.state === "revised") return [];
  const life = before?.life;
  if (!life || life.at(-1)?.state === event.state) return life;
  return [...life, { state: event.state }];
}

export const seenText = ({ detection_timestamp: moment }) => `Seen at ${clock(Date.parse(moment))}`;
