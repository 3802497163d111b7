// One signed colour scale for the whole page: blue is negative, orange positive, the ground zero.

const LEVELS = 127;
let table = null;

/** The colours of the values −127 … 127, as 255 × 4 bytes. */
function colourTable() {
  if (table) return table;
  const style = getComputedStyle(document.documentElement);
  const [negative, zero, positive] = ["--negative", "--zero", "--positive"].map((name) =>
    style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/gi).map((hex) => parseInt(hex, 16)));
  table = new Uint32Array(2 * LEVELS + 1);
  const bytes = new Uint8ClampedArray(table.buffer);
  for (let value = -LEVELS; value <= LEVELS; value++) {
    const end = value < 0 ? negative : positive;
    const part = (Math.abs(value) / LEVELS) ** 0.8;
    const colour = zero.map((from, i) => from + (end[i] - from) * part);
    bytes.set([...colour, 255], 4 * (value + LEVELS));
  }
  return table;
}

const darkness = matchMedia("(prefers-color-scheme: dark)");

/** Calls a function when the page becomes light or dark, with the new colours in force. */
export function onThemeChange(tell) {
  darkness.addEventListener("change", () => {
    table = null;
    tell();
  });
}

/**
 * Draws values (int8, or numbers) into a canvas of that size.
 * `largest` is the value of full colour.
 */
export function paint(canvas, values, height, width, largest = LEVELS) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const colours = colourTable();
  const pixels = new ImageData(width, height);
  const words = new Uint32Array(pixels.data.buffer);
  const factor = largest > 0 ? LEVELS / largest : 0;
  for (let i = 0; i < words.length; i++) {
    const level = i < values.length ? Math.round(values[i] * factor) : 0;
    words[i] = colours[Math.min(Math.max(level, -LEVELS), LEVELS) + LEVELS];
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

/** The legend of the scale. */
export function legend(element) {
  const ramp = document.createElement("canvas");
  ramp.setAttribute("aria-hidden", "true");
  const draw = () => paint(ramp, Array.from({ length: 101 }, (_, i) => i - 50), 1, 101, 50);
  element.replaceChildren(label("negative"), ramp, label("positive"));
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", "Colours: blue is negative, the background zero, orange positive");
  draw();
  onThemeChange(draw);
}

function label(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}
