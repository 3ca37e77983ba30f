// The stream's session, health and figures, and the market's clock, in words.

import { get } from "./api.js";
import { setClass, setText } from "./frames.js";
import { compact, clock, isoDay, minute, number, span, useZone, weekday, zoneName } from "./format.js";

const ONLINE_MS = 30000;
const STATES = {
  healthy: ["●", "Healthy"],
  degraded: ["▲", "Degraded"],
  error: ["■", "Error"],
  offline: ["○", "Offline"],
  stopped: ["○", "Stopped"],
  unknown: ["○", "No stream"],
  unlinked: ["○", "No link"],
};
const SOURCES = { synthetic: "SYNTHETIC", replay: "REPLAY", massive: "LIVE" };
const NOTES = {
  SYNTHETIC: "Made-up prices of a simulated market, not quotes.",
  REPLAY: "A recorded session is being played back.",
  DELAYED: "Quotes come 15 minutes late.",
  LIVE: "Quotes as they are traded.",
};

function lag(ms) {
  if (!Number.isFinite(ms)) return "–";
  return ms < 10000 ? `${number(ms)} ms` : span(ms);
}

/** Emits `state` when the stream's health changes. */
export class Vitals extends EventTarget {
  constructor() {
    super();
    const find = (name) => document.querySelector(`[data-vital=${name}]`);
    this.parts = new Proxy({}, { get: (cache, name) => (cache[name] ??= find(name)) });
    this.skew = 0;
    this.linked = true;
    this.market = null;
    setInterval(() => this.#everySecond(), 1000);
  }

  now() {
    return Date.now() + this.skew;
  }

  takeMarket(market) {
    if (!market) return;
    this.market = market;
    this.skew = Date.parse(market.now) - Date.now();
    useZone(market.zone);
    this.#clock();
  }

  takeSession(session) {
    this.session = session;
    this.#session();
    this.#source(session?.source);
  }

  /** A health report; `at` is when it was made, by the server's clock. */
  takeHealth(health) {
    if (!health) return;
    this.health = health;
    this.healthAt = Date.parse(health.timestamp) || this.now();
    this.#source(health.source ?? this.session?.source, health);
    this.#figures(health);
    this.#health();
  }

  get running() {
    return this.session?.status === "running";
  }

  /** The session has ended, and nothing has reported since: a stream that waits goes on reporting. */
  get stopped() {
    const { session, healthAt } = this;
    return Boolean(session?.end_time) && !this.running && !(healthAt > Date.parse(session.end_time));
  }

  /** healthy, degraded, error, stopped, offline (silent for 30 s), unknown (no report), unlinked (page). */
  get state() {
    if (!this.linked) return "unlinked";
    if (this.stopped) return "stopped";
    if (!this.health) return "unknown";
    if (this.now() - this.healthAt > ONLINE_MS) return "offline";
    return this.health.status in STATES ? this.health.status : "degraded";
  }

  #everySecond() {
    this.#clock();
    this.#health();
  }

  #health() {
    const { state } = this;
    const [sign, word] = STATES[state];
    setClass(this.parts.health, `health ${state}`);
    setText(this.parts["health-sign"], sign);
    setText(this.parts["health-word"], word);
    const reasons = this.#reasons(state);
    const text = reasons.join("\n");
    if (this.reasonsShown !== text) {
      this.reasonsShown = text;
      const items = reasons.map((reason) => {
        const item = document.createElement("li");
        item.textContent = reason;
        return item;
      });
      this.parts.reasons.replaceChildren(...items);
    }
    if (this.wasState !== state) {
      this.wasState = state;
      this.dispatchEvent(new Event("state"));
    }
  }

  #reasons(state) {
    if (state === "unlinked") return ["This page has lost its connection to the server."];
    if (state === "unknown") return ["No stream has reported yet."];
    if (state === "stopped") return [`The session ended at ${clock(Date.parse(this.session.end_time))}.`];
    const age = span(this.now() - this.healthAt);
    if (state === "offline") return [`Last report ${age} ago, at ${clock(this.healthAt)}.`];
    if (state === "healthy") return ["Ticks, bars and detections are flowing.", `Reported ${age} ago.`];
    const reasons = this.health.reasons ?? [];
    return reasons.length ? reasons : ["The stream gave no reason."];
  }

  #source(source, health = {}) {
    const delayed = health.delayed || /delay/i.test(source ?? "");
    const word = delayed ? "DELAYED" : (SOURCES[source] ?? String(source ?? "").toUpperCase());
    this.parts.source.hidden = !word;
    setText(this.parts.source, word);
    setClass(this.parts.source, `badge ${word.toLowerCase()}`);
    this.parts.source.title = NOTES[word] ?? "";
  }

  #session() {
    const { session } = this;
    if (!session) return setText(this.parts.session, "No session");
    const count = session.symbol_count ? ` · ${number(session.symbol_count)} symbols` : "";
    const started = Date.parse(session.start_time);
    const today = isoDay(started) === isoDay(this.now());
    const since = today ? minute(started) : weekday(started);
    const end = session.end_time && minute(Date.parse(session.end_time));
    const when = this.running ? `since ${since}` : `${session.status}${end ? ` ${end}` : ""}`;
    setText(this.parts.session, `${session.universe || "session"}${count} · ${when}`);
  }

  #figures(health) {
    const put = (name, text) => this.parts[name] && setText(this.parts[name], text);
    const total = this.session?.symbol_count;
    put("active", number(health.active_symbols) + (total ? ` / ${number(total)}` : ""));
    put("bars", compact(health.bars_written));
    put("patterns", compact(health.patterns_detected));
    put("indicators", compact(health.indicators_calculated));
    put("lag", lag(health.feed_lag_ms));
    put("late", `${compact(health.late_ticks)} / ${compact(health.dropped_ticks)}`);
    put("memory", Number.isFinite(health.memory_mb) ? `${number(health.memory_mb)} MB` : "–");
    put("cpu", Number.isFinite(health.cpu_percent) ? `${number(health.cpu_percent)} %` : "–");
  }

  #clock() {
    const { market } = this;
    if (!market) return;
    const now = this.now();
    setText(this.parts.time, `${clock(now)} ${zoneName()}`);
    const next = this.#nextChange(now);
    if (next === null) {
      this.#refresh();
      return;
    }
    setClass(this.parts.market, `market ${market.is_open ? "open" : "closed"}`);
    setText(this.parts["market-word"], this.#phaseWord(market));
    setText(this.parts["market-next"], next);
  }

  #phaseWord({ is_open, phase }) {
    if (is_open) return "Open";
    return { pre: "Pre-market", post: "After hours" }[phase] ?? "Closed";
  }

  /** "closes in …" or "opens Mon 09:30 (in …)"; null when that moment has passed. */
  #nextChange(now) {
    const { market } = this;
    if (market.calendar === "24/7") return "never closes";
    const end = Date.parse(market.is_open ? market.closes_at : market.next_open);
    if (end <= now) return null;
    return market.is_open ? `closes in ${span(end - now)}` : `opens ${weekday(end)}, in ${span(end - now)}`;
  }

  async #refresh() {
    if (this.refreshing) return;
    this.refreshing = true;
    try {
      this.takeMarket((await get("/streaming/api/status")).market);
    } catch {
      // Asked again in ten seconds; the page says by itself that the connection is lost.
    } finally {
      setTimeout(() => (this.refreshing = false), 10000);
    }
  }
}

