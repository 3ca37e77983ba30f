// The parts of the page that change: put in anew as the server draws them, or corrected in place.

import { counts, here, pace, span, until } from "./words.js";

const NOW = "/admin/daily-processing/now";
export const PATIENCE_MS = 20000;
const shown = new Map();

export class SignedOut extends Error {}

/** Put in those parts that differ; gives the run's status. Rejects where the server can not say. */
export async function refresh() {
  const response = await fetch(NOW, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.redirected) throw new SignedOut();
  if (!response.ok) throw new Error(`${response.status}`);
  const sent = new DOMParser().parseFromString(await response.text(), "text/html");
  const { state } = sent.querySelector("[data-state]").dataset; // before it is taken from there
  for (const part of sent.querySelectorAll("[data-part]")) put(part.dataset.part, part);
  tick();
  return state;
}

function put(name, sent) {
  const place = document.querySelector(`[data-part="${name}"]`);
  const markup = sent.innerHTML;
  if (shown.get(name) === markup) return;
  shown.set(name, markup);
  if (name === "schedules" && sameForms(place, sent)) correctForms(place, sent);
  else place.replaceChildren(...sent.childNodes);
}

// Forms stay where they are: somebody may be at one of them.

const forms = (root) => [...root.querySelectorAll("[data-schedule]")];
const names = (root) => forms(root).map((form) => form.dataset.schedule).join("\n");
const sameForms = (place, sent) => names(place) === names(sent);

function correctForms(place, sent) {
  const now = forms(sent);
  for (const [index, form] of forms(place).entries()) {
    form.querySelector(".quiet").textContent = now[index].querySelector(".quiet").textContent;
    if (form.dataset.dirty) continue;
    const inputs = now[index].querySelectorAll("input");
    for (const [at, input] of form.querySelectorAll("input").entries()) {
      if (input.type === "checkbox") input.checked = inputs[at].checked;
      else input.value = inputs[at].value;
    }
  }
}

/** A phase's figures, from an event or from the status. */
export function showPhase(name, figures) {
  const phase = document.querySelector(`[data-phase="${name}"]`);
  if (!phase || !figures.total) return;
  const worked = figures.done + figures.failed;
  const bar = phase.querySelector("progress");
  const percent = Math.min(100, Math.round((100 * worked) / figures.total));
  if (percent < bar.value) return; // older than what is shown
  bar.value = percent;
  bar.textContent = `${percent} %`;
  phase.querySelector(".percent").textContent = `${percent} %`;
  phase.querySelector("[data-counts]").textContent = counts(figures);
  phase.querySelector("[data-pace]").textContent = pace(figures);
}

/** How far the whole run is. */
export function showOverall(percent) {
  const bar = document.querySelector("[data-overall]");
  if (!bar || !Number.isFinite(percent)) return;
  bar.value = percent;
  bar.textContent = `${percent} %`;
  document.querySelector("[data-percent]").textContent = `${Math.round(percent)} %`;
}

/** What the clock changes. */
export function tick() {
  for (const place of document.querySelectorAll("[data-since]")) {
    const secs = Math.floor((Date.now() - Date.parse(place.dataset.since)) / 1000);
    place.textContent = `, ${span(secs).replace(".0 s", " s")} so far`;
  }
  for (const place of document.querySelectorAll("[data-until]")) {
    place.textContent = until(Date.parse(place.dataset.until) - Date.now());
  }
  for (const place of document.querySelectorAll("[data-local]")) {
    place.textContent = here(place.dataset.local);
  }
}

export const headline = () => document.querySelector('[data-part="status"] .headline')?.textContent ?? "";
