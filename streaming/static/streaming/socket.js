// A WebSocket that comes back by itself.

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8000;
const PING_EVERY_MS = 10000;
const SILENCE_MS = 25000;
const REFUSED = { 4401: "signed-out", 4403: "refused" };

/**
 * Events: `open`, `message` (detail: the decoded object), `state`
 * (detail: {state: "connecting" | "open" | "waiting" | "signed-out" | "refused", since, retryAt}).
 */
export class LiveSocket extends EventTarget {
  constructor(path) {
    super();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.url = `${scheme}//${location.host}${path}`;
    this.attempts = 0;
    this.lostAt = null;
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.retryNow();
    });
    addEventListener("pagehide", () => this.stop());
    addEventListener("pageshow", (event) => {
      if (event.persisted) this.connect();
    });
  }

  connect() {
    clearTimeout(this.timer);
    this.stopped = false;
    this.#state("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = (event) => {
      if (this.socket === socket) this.#closed(event.code);
    };
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  retryNow() {
    if (this.current === "waiting") this.connect();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.pinger);
    this.socket?.close();
  }

  #opened() {
    this.heardAt = Date.now();
    clearInterval(this.pinger);
    this.pinger = setInterval(() => this.#ping(), PING_EVERY_MS);
  }

  #received(text) {
    this.heardAt = Date.now();
    if (this.current !== "open") {
      // A refused socket is opened and closed without a word, so the first word is what counts.
      this.attempts = 0;
      this.lostAt = null;
      this.#state("open");
      this.dispatchEvent(new Event("open"));
    }
    this.dispatchEvent(new CustomEvent("message", { detail: JSON.parse(text) }));
  }

  #ping() {
    // A connection that broke without a word looks open for minutes.
    if (Date.now() - this.heardAt > SILENCE_MS) {
      this.socket.onclose = null;
      this.socket.close();
      this.#closed(1006);
    } else {
      this.send({ action: "ping" });
    }
  }

  #closed(code) {
    clearInterval(this.pinger);
    this.socket = null;
    if (this.stopped) return;
    this.lostAt ??= Date.now();
    if (REFUSED[code]) {
      this.#state(REFUSED[code]);
      return;
    }
    const longest = Math.min(FIRST_WAIT_MS * 2 ** this.attempts, LONGEST_WAIT_MS);
    const wait = longest * (0.6 + 0.4 * Math.random());
    this.attempts += 1;
    this.retryAt = Date.now() + wait;
    this.timer = setTimeout(() => this.connect(), wait);
    this.#state("waiting");
  }

  #state(state) {
    this.current = state;
    const detail = { state, since: this.lostAt, retryAt: this.retryAt };
    this.dispatchEvent(new CustomEvent("state", { detail }));
  }
}
