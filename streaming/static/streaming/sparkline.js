// The last hour of a symbol, in the height of a table row.

import { sharp } from "./frames.js";

/** Draw `values` over a dotted line at the first of them, in the row's own colour. */
export function sparkline(canvas, values, colours) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (!width || !height) return;
  const context = sharp(canvas, width, height);
  if (values.length < 2) return;
  const low = Math.min(...values);
  const range = Math.max(...values) - low || 1;
  const x = (index) => 1 + (index / (values.length - 1)) * (width - 4);
  const y = (value) => height - 3 - ((value - low) / range) * (height - 6);

  context.strokeStyle = colours.line;
  context.setLineDash([1, 3]);
  context.beginPath();
  context.moveTo(0, y(values[0]));
  context.lineTo(width, y(values[0]));
  context.stroke();

  context.setLineDash([]);
  context.strokeStyle = context.fillStyle = values.at(-1) >= values[0] ? colours.up : colours.down;
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  context.beginPath();
  values.forEach((value, index) => context.lineTo(x(index), y(value)));
  context.stroke();
  context.beginPath();
  context.arc(x(values.length - 1), y(values.at(-1)), 1.7, 0, 7);
  context.fill();
}
