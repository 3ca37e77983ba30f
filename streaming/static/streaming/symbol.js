// One symbol: its chart, and all its detections.

import { get } from "./api.js";
import { Banner } from "./banner.js";
import { batched, later, setText } from "./frames.js";
import { DetectionFeed } from "./feed.js";
import { connect } from "./live.js";
import { Market } from "./market.js";
import { Stage } from "./stage.js";
import { Vitals } from "./vitals.js";

const byId = (id) => document.getElementById(id);
const { symbol } = document.body.dataset;

const market = new Market();
const vitals = new Vitals();
const feed = new DetectionFeed(byId("feed"));
const stage = new Stage(byId("stage"));
const showQuote = batched(() => stage.quote(market.symbols.get(symbol)));

const handlers = {
  prices(quotes) {
    if (!quotes[symbol]) return;
    market.apply({ [symbol]: quotes[symbol] });
    showQuote();
  },
  bar: (bar, minuteMs) => stage.bar(bar, minuteMs),
  indicators: (indicators, minuteMs) => stage.indicate(indicators, minuteMs),
  session: (session) => vitals.takeSession(session),
  health: (health) => vitals.takeHealth(health),
  rates() {},
  detection(pattern) {
    if (pattern.symbol !== symbol) return;
    feed.add(pattern);
    stage.detect(pattern);
  },
  healed: () => stage.reload(true),
};

let cursor = null;
async function loadDetections() {
  const parameters = cursor ? { limit: 200, cursor } : { limit: 200 };
  const page = await get(`/patterns/${encodeURIComponent(symbol)}`, parameters);
  cursor = page.next_cursor;
  byId("more").hidden = !cursor;
  feed.append(page.patterns);
  return page.patterns;
}

stage.addEventListener("hole", later(handlers.healed, 3000));
feed.addEventListener("choose", ({ detail }) => stage.showDetection(detail));
byId("more").addEventListener("click", loadDetections);

const [state] = await Promise.all([get("/streaming/api/status"), loadDetections()]);
vitals.takeMarket(state.market);
if (state.session) vitals.takeSession(state.session);
vitals.takeHealth(state.health);
const live = connect(handlers, () => feed.seq, [symbol]);
live.follow([symbol]);
new Banner(byId("banner"), {
  socket: live.streaming,
  vitals,
  announce: (text) => setText(byId("announcer"), text),
});
await stage.choose(symbol);
document.body.dataset.ready = "true";
