// Ticks a second over the last hour, live.

import { batched, colour, setText, sharp } from "./frames.js";
import { compact, number } from "./format.js";

const SPAN_MS = 3600000;

/** Where the scale ends: what catches up in a burst is cut off, so that the rest can be read. */
function scaleEnd(rates) {
  const sorted = [...rates].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const most = sorted.at(-1) ?? 1;
  return Math.max(1, median > 0 ? Math.min(most, 3 * median) : most);
}

/** A stepless area: minutes from the bars' own trade counts, then every health report. */
export class RateChart {
  constructor(canvas, figure) {
    this.canvas = canvas;
    this.figure = figure;
    this.points = [];
    this.draw = batched(() => this.#draw());
    new ResizeObserver(this.draw).observe(canvas);
    addEventListener("themechange", this.draw);
  }

  /** Older points may come after newer ones; a moment counts once. */
  load(points) {
    const all = new Map(this.points);
    for (const [ms, rate] of points) all.set(ms, rate);
    this.points = [...all].sort((a, b) => a[0] - b[0]);
    this.#trim();
  }

  add(ms, rate) {
    if (!Number.isFinite(rate)) return;
    setText(this.figure, rate < 100 ? number(rate, 1) : number(rate));
    if (this.points.length && this.points.at(-1)[0] >= ms) return;
    this.points.push([ms, rate]);
    this.#trim();
  }

  #trim() {
    const from = (this.points.at(-1)?.[0] ?? 0) - SPAN_MS;
    while (this.points.length && this.points[0][0] < from) this.points.shift();
    this.draw();
  }

  /** The highest of the points that are cut off, if any are. */
  #burst(top) {
    const over = this.points.filter((point) => point[1] > top);
    return over.length ? over.reduce((most, point) => (point[1] > most[1] ? point : most)) : null;
  }

  #describe(burst) {
    const now = number(this.points.at(-1)[1], 1);
    const peak = burst ? `; a burst of ${number(burst[1])} is cut off` : "";
    this.canvas.setAttribute("aria-label", `Ticks a second over the last hour: now ${now}${peak}`);
  }

  #label(context, [ms, rate], x, width) {
    const text = `▲ ${compact(rate)}/s`;
    const half = context.measureText(text).width / 2 + 2;
    const at = Math.max(half, Math.min(width - half, x(ms)));
    context.textAlign = "center";
    context.fillStyle = colour("--panel");
    context.fillRect(at - half, 16, 2 * half, 13);
    context.fillStyle = colour("--ink-2");
    context.fillText(text, at, 26);
  }

  #draw() {
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    if (!width || !height) return;
    const context = sharp(this.canvas, width, height);
    const top = 14;
    const most = scaleEnd(this.points.map((point) => point[1]));
    const burst = this.#burst(most);
    context.strokeStyle = colour("--line");
    context.beginPath();
    context.moveTo(0, top + 0.5);
    context.lineTo(width, top + 0.5);
    context.moveTo(0, height - 0.5);
    context.lineTo(width, height - 0.5);
    context.stroke();
    context.fillStyle = colour("--ink-3");
    context.font = `11px ${getComputedStyle(this.canvas).fontFamily}`;
    context.textAlign = "left";
    context.fillText(`${compact(most)}/s`, 0, 9);
    context.textAlign = "right";
    context.fillText("last hour", width, 9);
    if (this.points.length < 2) return;
    this.#describe(burst);

    const end = this.points.at(-1)[0];
    const start = Math.min(this.points[0][0], end - 600000);
    const x = (ms) => ((ms - start) / (end - start)) * (width - 2);
    const y = (rate) => height - 1 - (Math.min(rate, most) / most) * (height - top - 2);
    const line = new Path2D();
    this.points.forEach(([ms, rate]) => line.lineTo(x(ms), y(rate)));
    const area = new Path2D(line);
    area.lineTo(x(end), height);
    area.lineTo(x(this.points[0][0]), height);
    context.fillStyle = context.strokeStyle = colour("--accent");
    context.globalAlpha = 0.16;
    context.fill(area);
    context.globalAlpha = 1;
    context.lineWidth = 1.4;
    context.lineJoin = "round";
    context.stroke(line);
    context.beginPath();
    context.arc(x(end), y(this.points.at(-1)[1]), 2, 0, 7);
    context.fill();
    if (burst) this.#label(context, burst, x, width);
  }
}
