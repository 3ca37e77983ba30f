// The parts of the page that change: put in anew as the server draws them, or corrected in place.

import { counts, here, pace, span, until } from "./words.js";

const NOW = "/admin/daily-processing/now";
const shown = new Map();

export class SignedOut extends Error {}

/** Ask for all parts anew and put in those that differ. Rejects where the server can not say. */
export async function refresh() {
  const response = await fetch(NOW, { headers: { accept: "text/html" } });
  if (response.redirected) throw new SignedOut();
  if (!response.ok) throw new Error(`${response.status}`);
  const sent = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of sent.querySelectorAll("[data-part]")) put(part.dataset.part, part);
  const now = sent.querySelector("[data-state]")?.dataset ?? {};
  tick();
  return now;
}

function put(name, sent) {
  const place = document.querySelector(`[data-part="${name}"]`);
  const markup = sent.innerHTML;
  if (shown.get(name) === markup || isBeingEdited(place)) return;
  shown.set(name, markup);
  place.replaceChildren(...sent.childNodes);
}

const isBeingEdited = (place) =>
  place.querySelector("[data-dirty]") !== null || (place.dataset.part === "schedules" && place.contains(document.activeElement));

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
