// The live dashboard: history from the API, then everything over the sockets.

import { get } from "./api.js";
import { Banner } from "./banner.js";
import { batched, later, setText } from "./frames.js";
import { words } from "./format.js";
import { DetectionFeed } from "./feed.js";
import { connect } from "./live.js";
import { Market } from "./market.js";
import { RateChart } from "./rates.js";
import { Stage } from "./stage.js";
import { PriceTable } from "./table.js";
import { Vitals } from "./vitals.js";

const ANNOUNCE_EVERY_MS = 10000;
const byId = (id) => document.getElementById(id);

const market = new Market();
const vitals = new Vitals();
const table = new PriceTable(byId("market"), market);
const feed = new DetectionFeed(byId("feed"));
const stage = new Stage(byId("stage"));
const rates = new RateChart(byId("rates"), byId("rate"));
let live = null;

function announce(text) {
  setText(byId("announcer"), text);
}

let announcedAt = 0;
function announceDetection(pattern) {
  if (pattern.symbol !== stage.symbol || Date.now() - announcedAt < ANNOUNCE_EVERY_MS) return;
  announcedAt = Date.now();
  const { symbol, direction, timeframe } = pattern;
  announce(`${words(pattern.pattern_type)}, ${direction}, on ${symbol}, ${timeframe}.`);
}

const showQuotes = batched(() => {
  table.update();
  if (stage.symbol) stage.quote(market.symbols.get(stage.symbol));
});

function choose(symbol, view = "chart") {
  localStorage.setItem("symbol", symbol);
  table.choose(symbol);
  feed.choose(symbol);
  live?.follow([symbol]);
  setText(byId("feed-symbol"), symbol);
  if (view) showView(view);
  return stage.choose(symbol).then(showQuotes);
}

/** On a phone one of the three panels is shown at a time. */
function showView(name) {
  document.body.dataset.view = name;
  for (const button of document.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", button.dataset.show === name);
  }
}

function takeSession(session) {
  const another = vitals.session && session?.session_id !== vitals.session.session_id;
  vitals.takeSession(session);
  if (another) refresh();
}

const handlers = {
  prices(quotes) {
    market.apply(quotes);
    if (!stage.symbol) choose(Object.keys(quotes)[0], null);
    showQuotes();
  },
  bar: (bar, minuteMs) => stage.bar(bar, minuteMs),
  indicators: (indicators, minuteMs) => stage.indicate(indicators, minuteMs),
  session: takeSession,
  health(health) {
    vitals.takeHealth(health);
    rates.add(vitals.healthAt, health.ticks_per_second);
  },
  rates: (points) => rates.load(points),
  detection(pattern) {
    if (feed.add(pattern)) announceDetection(pattern);
    stage.detect(pattern);
  },
  healed() {
    refresh();
    stage.reload(true);
  },
};

/** Everything that is not live, in one request; asked again after a gap. */
async function refresh() {
  try {
    const state = await get("/streaming/api/dashboard");
    vitals.takeMarket(state.market);
    market.clear();
    market.load(state);
    table.resort();
    feed.load(state.detections, state.newest_seq);
    rates.load(state.rates);
    if (state.session) vitals.takeSession(state.session);
    vitals.takeHealth(state.health);
    showQuotes();
    return state;
  } catch (error) {
    if (error.status === 401) location.reload();
    return { symbols: [], detections: [] };
  }
}

stage.addEventListener("hole", later(handlers.healed, 3000));
table.addEventListener("choose", ({ detail }) => choose(detail));
table.addEventListener("wanted", () => showView("market"));
feed.addEventListener("choose", ({ detail }) => {
  choose(detail.symbol).then(() => stage.showDetection(detail));
});
for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => showView(button.dataset.show));
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const details of document.querySelectorAll("details[open]")) details.open = false;
});
document.addEventListener("click", (event) => {
  for (const details of document.querySelectorAll("details[open]")) {
    if (!details.contains(event.target)) details.open = false;
  }
});

const state = await refresh();
live = connect(handlers, () => feed.seq);
new Banner(byId("banner"), { socket: live.streaming, vitals, announce });
const kept = localStorage.getItem("symbol");
const first = market.symbols.has(kept) ? kept : (table.order[0]?.symbol ?? state.detections[0]?.symbol);
if (first) choose(first, null);
document.body.dataset.ready = "true";
