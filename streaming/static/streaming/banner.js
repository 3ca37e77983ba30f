// One line that says when what is shown is not live, and what to do about it.

import { setText } from "./frames.js";
import { clock, span, weekday } from "./format.js";

const START = "bin/run";

/** Decides from the connection and the stream's state; shows nothing while all is well. */
export class Banner {
  constructor(root, { socket, vitals, announce }) {
    Object.assign(this, { root, socket, vitals, announce });
    this.text = root.querySelector("[data-text]");
    this.code = root.querySelector("code");
    this.button = root.querySelector("button");
    this.button.addEventListener("click", () => this.#act());
    this.opened = Date.now();
    setInterval(() => this.update(), 500);
  }

  update() {
    const what = this.#what();
    document.body.dataset.link = what?.link ?? "live";
    this.vitals.linked = what?.link !== "lost";
    const { root } = this;
    root.hidden = !what;
    if (what) {
      root.className = `banner ${what.tone}`;
      setText(this.text, what.text);
      this.code.hidden = !what.code;
      setText(this.code, what.code ?? "");
      this.button.hidden = !what.button;
      setText(this.button, what.button ?? "");
    }
    const key = what?.key ?? "";
    if (this.key !== undefined && key !== this.key) {
      if (what) this.announce(what.text);
      else this.announce("Connection restored. Prices are live.");
    }
    this.key = key;
  }

  #what() {
    const { current, lostAt, retryAt } = this.socket;
    if (current === "signed-out") {
      return { key: current, link: "lost", tone: "bad", text: "You have been signed out.", button: "Sign in" };
    }
    if (current === "refused") {
      return { key: current, link: "lost", tone: "bad", text: "The server does not let this page connect." };
    }
    if (lostAt && current !== "open") return this.#lost(lostAt, retryAt);
    if (current !== "open" || Date.now() - this.opened < 1500) return null;
    return this.#stream();
  }

  #lost(lostAt, retryAt) {
    const wait = Math.ceil(Math.max(0, retryAt - Date.now()) / 1000);
    const next = this.socket.current === "connecting" || wait === 0 ? "Reconnecting…" : `Trying again in ${wait} s.`;
    const text = `Connection lost at ${clock(lostAt)}. What you see is from then. ${next}`;
    return { key: "lost", link: "lost", tone: "bad", text, button: "Try now" };
  }

  #stream() {
    const { state, session, running, market, healthAt } = this.vitals;
    const opens = market && !market.is_open ? ` The market opens ${weekday(Date.parse(market.next_open))}.` : "";
    if (state === "unknown" && !session) {
      const text = `No session is running.${opens} Start one with`;
      return { key: "none", link: "idle", tone: "calm", text, code: START };
    }
    if (!running && state !== "healthy") {
      const end = session?.end_time ? ` at ${clock(Date.parse(session.end_time))}` : "";
      const how = session?.status === "interrupted" ? "was interrupted" : "ended";
      const text = `The session ${how}${end}; these are its last prices.${opens} Start another with`;
      return { key: "ended", link: "idle", tone: "calm", text, code: START };
    }
    if (session?.end_time && !running) {
      const text = `The session has ended; these are its last prices. The next one begins with the market.${opens}`;
      return { key: "waiting", link: "idle", tone: "calm", text };
    }
    if (state === "offline") {
      const age = span(this.vitals.now() - healthAt);
      const text = `The stream has not reported for ${age}. Prices stand still since ${clock(healthAt)}. If it does not come back by itself, run`;
      return { key: "offline", link: "stale", tone: "bad", text, code: START };
    }
    return null;
  }

  #act() {
    if (this.socket.current === "signed-out") location.assign(`/sign-in/?next=${encodeURIComponent(location.pathname)}`);
    else this.socket.retryNow();
  }
}
