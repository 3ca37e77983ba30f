// The two sockets of a page, and what comes over them.

import { LiveSocket } from "./socket.js";

/**
 * Connects a page's parts to `/ws/streaming/` and `/ws/patterns/`.
 *
 * handlers: prices(quotes), bar(bar, minuteMs), indicators(object, minuteMs), session(object),
 * health(object), rates(points), detection(pattern, type), healed() after a lost connection.
 * only: symbols whose detections are wanted, all without any.
 * seq(): up to which detection the page has everything; null while it does not know.
 */
export function connect(handlers, seq, only = []) {
  const streaming = new LiveSocket("/ws/streaming/");
  const patterns = new LiveSocket("/ws/patterns/");
  let followed = [];
  let opened = false;

  const takers = {
    prices: (event) => handlers.prices(event.prices),
    bar: (event) => handlers.bar(event.bar, event.minute_ms),
    bar_revised: (event) => handlers.bar(event.bar, event.minute_ms),
    indicators: (event) => handlers.indicators(event.indicators, event.minute_ms),
    streaming_session_started: (event) => handlers.session(event.session),
    streaming_session_stopped: (event) => handlers.session(event.session),
    streaming_health: (event) => handlers.health(event.health),
    rates: (event) => handlers.rates(event.rates),
    resync: () => handlers.healed(),
    pattern_detected: (event) => handlers.detection(event.pattern, event.type),
    pattern_revised: (event) => handlers.detection(event.pattern, event.type),
    pattern_state: (event) => handlers.detection(event.pattern, event.type),
  };
  const take = ({ detail }) => takers[detail.type]?.(detail);
  streaming.addEventListener("message", take);
  patterns.addEventListener("message", take);

  streaming.addEventListener("open", () => {
    if (followed.length) streaming.send({ action: "subscribe", symbols: followed });
    if (opened) handlers.healed();
    opened = true;
  });
  patterns.addEventListener("open", () => {
    const after = seq();
    const filters = { symbols: only };
    if (after !== null) patterns.send({ action: "resume", after_seq: after, filters });
  });

  streaming.connect();
  patterns.connect();

  return {
    streaming,
    patterns,
    /** Bars and indicators of these symbols only. */
    follow(symbols) {
      const gone = followed.filter((symbol) => !symbols.includes(symbol));
      followed = symbols;
      if (gone.length) streaming.send({ action: "unsubscribe", symbols: gone });
      if (symbols.length) streaming.send({ action: "subscribe", symbols });
    },
  };
}
