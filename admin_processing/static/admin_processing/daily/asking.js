// The buttons: each asks the API for something, and says beside it what came of it.

import { answer, UNREACHABLE } from "./words.js";

const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
const ALONE = { import: "trigger-import", indicators: "trigger-indicators" };

async function ask(method, path, body) {
  const response = await fetch(`/api/processing/${path}`, {
    method,
    headers: { "content-type": "application/json", accept: "application/json", "x-csrftoken": token() },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json().catch(() => ({})) };
}

/** Ask, and tell; `done` says it in other words than the API does. Returns whether it was done. */
async function told(name, button, request, done) {
  const place = document.querySelector(`[data-answer="${name}"]`);
  place.textContent = "Asking…";
  place.className = "answer";
  button.setAttribute("aria-disabled", "true");
  try {
    const { status, body } = await request();
    const good = status < 300;
    place.classList.add(good ? "good" : "bad");
    place.textContent = answer(status, body, good && done ? done(body) : undefined);
    return good;
  } catch {
    place.classList.add("bad");
    place.textContent = UNREACHABLE;
    return false;
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** What a form of a run asks for: [path, body], or a reason why it can not be asked. */
function wanted(form, alone) {
  const data = new FormData(form);
  const body = { skip_market_check: data.has("skip_market_check") };
  for (const name of ["universe", "source"]) if (data.get(name)) body[name] = data.get(name);
  if (ALONE[alone]) return { path: ALONE[alone], body };
  body.phases = alone ? [alone] : data.getAll("phases");
  return { path: form.dataset.ask, body, none: !body.phases.length };
}

async function begin(form, button) {
  const { path, body, none } = wanted(form, button.value);
  const refused = async () => ({ status: 422, body: { detail: "no phase is chosen; tick at least one" } });
  return told("begin", button, none ? refused : () => ask("POST", path, body));
}

function retry(button) {
  return told("retry", button, () => ask("POST", "retry-imports", {}));
}

function saveSchedule(form, button) {
  const data = new FormData(form);
  const body = {
    name: form.dataset.schedule,
    enabled: data.has("enabled"),
    time: data.get("time"),
    days: data.getAll("days"),
  };
  const none = async () => ({ status: 422, body: { detail: "no day is chosen; tick one, or switch it off" } });
  const request = body.days.length ? () => ask("POST", "schedule", body) : none;
  return told("schedule", button, request, () => `${body.name}: saved. It counts from now on.`);
}

function cancel(button) {
  const done = () => "The run is asked to end; that takes a few seconds.";
  return told("cancel", button, () => ask("DELETE", "cancel"), done);
}

/** What was answered concerned a run that is over. */
export function forgetAnswers() {
  for (const name of ["cancel", "begin", "retry"]) {
    const place = document.querySelector(`[data-answer="${name}"]`);
    if (place.classList.contains("good")) place.textContent = "";
  }
}

/** Listen to every form and button; `changed` is called when something was done. */
export function listen(changed) {
  document.addEventListener("submit", async (event) => {
    const { target: form, submitter: button } = event;
    if (!form.matches("[data-ask], [data-schedule]")) return;
    event.preventDefault();
    if (button.getAttribute("aria-disabled")) return;
    if (form.dataset.schedule) {
      if (await saveSchedule(form, button)) delete form.dataset.dirty;
      else return;
    } else if (form.dataset.ask === "retry-imports") await retry(button);
    else await begin(form, button);
    changed();
  });
  document.addEventListener("input", ({ target }) => {
    const form = target.closest("[data-schedule]");
    if (form) form.dataset.dirty = "yes";
  });
  const dialog = document.querySelector("[data-dialog]");
  const button = document.querySelector("[data-cancel]");
  button.addEventListener("click", () => {
    dialog.returnValue = "";
    dialog.showModal();
  });
  dialog.addEventListener("close", async () => {
    if (dialog.returnValue !== "yes") return;
    await cancel(button);
    changed();
  });
}
