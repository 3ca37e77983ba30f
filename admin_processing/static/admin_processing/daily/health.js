// Tiles of what must live for a run to go on, from /health, each with what to do if it is down.

const EVERY_MS = 5000;
const DO = {
  database: ["does not answer", "bin/services start"],
  redis: ["does not answer", "bin/services start"],
  worker: ["none alive", "celery -A celery_app worker"],
  beat: ["not alive: no schedule begins", "celery -A celery_app beat"],
  stream: ["not heard of", "python manage.py stream_ticks"],
};
const GOOD = ["up", "healthy"];

function details(name, component) {
  if (component.latency_ms !== undefined) return `${component.latency_ms.toFixed(1)} ms`;
  if (name === "stream" && component.source) return component.source;
  return "";
}

function show(tile, name, component) {
  const { status } = component;
  const known = status !== "unknown";
  tile.dataset.status = GOOD.includes(status) ? "good" : known ? (status === "degraded" ? "busy" : "bad") : "unknown";
  const [is, remedy] = DO[name];
  const how = tile.querySelector(".how");
  const told = { down: is, unknown: "not known: Redis does not answer" }[status] ?? status;
  if (tile.querySelector(".is").textContent === told && status === "down") return;
  tile.querySelector(".is").textContent = told;
  how.textContent = status === "down" ? "" : details(name, component);
  if (status === "down") {
    const code = document.createElement("code");
    code.textContent = remedy;
    how.append(code);
  }
}

/** Look every few seconds; `heard(components)` gets them, or null while nobody answers. */
export function watch(root, heard) {
  async function look() {
    let components = null;
    try {
      const response = await fetch("/health", { credentials: "omit", headers: { accept: "application/json" } });
      components = (await response.json()).components;
    } catch {
      // The web process itself is away, or something between says so in HTML.
    }
    for (const tile of root.children) {
      const name = tile.dataset.component;
      if (components) show(tile, name, components[name]);
      else {
        tile.dataset.status = "unknown";
        tile.querySelector(".is").textContent = "not known";
        tile.querySelector(".how").textContent = "";
      }
    }
    heard(components);
    setTimeout(look, EVERY_MS);
  }
  look();
}
