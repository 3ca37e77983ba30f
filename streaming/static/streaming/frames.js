// One DOM write a frame, whatever the number of messages.

/** A function that asks for `draw` to run in the next frame, once. */
export function batched(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

/** A function that runs `work` once, `wait` ms after it is first asked for. */
export function later(work, wait) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    setTimeout(() => {
      asked = false;
      work();
    }, wait);
  };
}

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** A short flash behind a number that changed; nothing for those who want no motion. */
export function flash(element, variable) {
  if (stillness.matches || document.hidden) return;
  element.flashing?.cancel();
  const from = { backgroundColor: `var(${variable})` };
  element.flashing = element.animate([from, { backgroundColor: "transparent" }], 700);
}

/** Set text only where it differs: an unchanged node costs no layout. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element, name) {
  if (element.className !== name) element.className = name;
}

/** A colour of the theme, for canvases. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A canvas's drawing context at the screen's own resolution, cleared. */
export function sharp(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
