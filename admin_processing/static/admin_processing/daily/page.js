// The page: live over its socket, by asking where that is lost, and as of then where nobody answers.

import { LiveSocket } from "../../streaming/socket.js";
import { forgetAnswers, listen } from "./asking.js";
import { watch } from "./health.js";
import { headline, PATIENCE_MS, refresh, showOverall, showPhase, SignedOut, tick } from "./parts.js";
import { clockNow } from "./words.js";

const SOON_MS = 150;
const RUNNING_MS = 2000;
const FIRST_ASK_MS = 2000;
const LONGEST_ASK_MS = 30000;
const OPEN = ["queued", "running", "cancelling"];

const find = (selector) => document.querySelector(selector);
const socket = new LiveSocket("/ws/processing/");
let seen = "";
let said = headline();
let asOf = clockNow();
let underWay = !find("[data-cancel]").hidden;
let redisIsUp = true;
let askAfter = FIRST_ASK_MS;
let soon;
let renewing = false;
let asking;

// --- what is shown of the connection --------------------------------------------------------------

const trouble = { web: "", database: "", access: "" };

const announce = (text) => (find("[data-announce]").textContent = text);

function say() {
  const live = socket.current === "open" && !trouble.database;
  const link = find("[data-link]");
  const text = !live ? `not live, as of ${asOf} New York` : redisIsUp ? "live" : "Redis is down, so this page asks every few seconds";
  if (link.textContent !== text) link.textContent = text;
  const state = !live ? "lost" : redisIsUp ? "live" : "asked";
  // The time of the last answer changes every few seconds: only what it means is said aloud.
  if (link.dataset.state && link.dataset.state !== state) announce(live ? text : "The page is not live any more");
  link.dataset.state = state;
  const place = find("[data-trouble]");
  const told = trouble.access || trouble.web || trouble.database;
  if (place.textContent !== told) place.textContent = told;
  place.hidden = !told;
}

function lost(error) {
  const then = `What you see is from ${asOf} New York.`;
  if (error instanceof SignedOut) trouble.access = "You have been signed out. Load the page again to sign in.";
  else if (error instanceof TypeError || error.name === "TimeoutError") trouble.web = `The server does not answer. ${then} The page goes on asking.`;
  else trouble.database = `The server can not say how things are: the database does not answer. ${then}`;
}

// --- what there is to show ------------------------------------------------------------------------

/** The parts anew; the status is announced if it is another than before. */
async function renew() {
  soon = undefined;
  renewing = true;
  try {
    const wasUnderWay = underWay;
    underWay = OPEN.includes(await refresh());
    if (wasUnderWay && !underWay) forgetAnswers();
    asOf = clockNow();
    trouble.web = trouble.database = trouble.access = "";
  } catch (error) {
    lost(error);
  }
  renewing = false;
  find("[data-cancel]").hidden = !underWay;
  if (headline() !== said) announce((said = headline()));
  say();
}

/** Once, however often it is asked for meanwhile; never two at a time. */
function renewSoon() {
  soon ??= setTimeout(() => {
    if (!renewing) return renew();
    soon = undefined;
    return renewSoon();
  }, SOON_MS);
}

/** The status, as the socket sends it on connect and the API when asked. */
function take({ run, last_run: last }) {
  const known = run ?? last;
  const key = known ? `${known.run_id} ${known.status} ${known.phase} ${known.failures}` : "none";
  if (key !== seen) renewSoon();
  seen = key;
  if (!run) return;
  showOverall(run.percent);
  for (const phase of run.phases) if (!phase.finished_at) showPhase(phase.name, phase);
}

function hear(message) {
  if (message.type === "processing_state") return take(message.state);
  if (message.type === "pong") return undefined;
  if (message.type.endsWith("_progress")) {
    showOverall(message.percent);
    return showPhase(message.type.replace(/_progress$/, ""), message);
  }
  return renewSoon(); // a run or a phase has begun or ended, or a schedule was set
}

// --- asking, where the socket does not tell -------------------------------------------------------

async function ask() {
  try {
    const response = await fetch("/api/processing/status", {
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.status === 401) throw new SignedOut();
    if (!response.ok) throw new Error(`${response.status}`);
    take(await response.json());
    asOf = clockNow();
    trouble.web = trouble.database = "";
    askAfter = FIRST_ASK_MS;
  } catch (error) {
    lost(error);
    askAfter = Math.min(2 * askAfter, LONGEST_ASK_MS);
  }
  say();
  plan();
}

function plan() {
  clearTimeout(asking);
  const told = socket.current === "open" && redisIsUp;
  asking = told ? undefined : setTimeout(ask, askAfter);
}

socket.addEventListener("message", ({ detail }) => hear(detail));
socket.addEventListener("state", ({ detail: { state } }) => {
  if (state === "signed-out") lost(new SignedOut());
  if (state === "refused") trouble.access = "The server does not let this page listen: it is for staff.";
  say();
  if (state === "open" || asking === undefined) plan();
});
watch(find("[data-health]"), (components) => {
  const isUp = components === null || components.redis.status === "up";
  if (isUp !== redisIsUp) {
    redisIsUp = isUp;
    plan();
  }
  if (components?.database.status === "down") lost(new Error("down"));
  else if (components && (trouble.database || trouble.web)) renewSoon();
  say();
});
listen(renewSoon);
setInterval(tick, 1000);
setInterval(() => underWay && renewSoon(), RUNNING_MS); // its log grows without an event
tick();
say();
socket.connect();
