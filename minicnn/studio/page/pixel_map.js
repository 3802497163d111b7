// A feature map, large, in which a pixel is chosen by a click or the arrow keys.

import { onThemeChange, paint } from "./colours.js";
import { rowsOfUnits } from "./strip.js";
import { make } from "./terms_view.js";

const SIDE = 168; // px
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export class PixelMap extends EventTarget {
  #size = [1, 1];
  #columns = 1;
  #values = [];
  #largest = 1;

  /** Events: "pick" when another pixel was chosen: its `pixel` is `[row, column]` of the map. */
  constructor(label) {
    super();
    this.pixel = [0, 0];
    this.label = label;
    this.canvas = make("canvas", { tabindex: "0", role: "img", "aria-label": label });
    this.cursor = make("span", { class: "cursor" });
    this.element = make("div", { class: "pixel-map" }, this.canvas, this.cursor);
    this.canvas.addEventListener("click", (event) => this.#choose(this.#under(event)));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    onThemeChange(() => this.#paint());
  }

  /** Shows one channel of maps as the server sends them, with a pixel chosen. */
  show({ values, largest }, channel, pixel) {
    const [, height, width] = values.shape;
    this.#size = [height, width];
    this.#values = values.data.subarray(channel * height * width, (channel + 1) * height * width);
    this.#largest = largest.data[channel] === 255 ? 255 : 127;
    this.#columns = height === 1 ? rowsOfUnits(width)[1] : width;
    this.pixel = [Math.min(pixel[0], height - 1), Math.min(pixel[1], width - 1)];
    this.#paint();
  }

  /** Goes on by one pixel, from left to right and row after row; at the end from the start. */
  step(by = 1) {
    const [height, width] = this.#size;
    const next = (this.pixel[0] * width + this.pixel[1] + by + height * width) % (height * width);
    this.#choose([Math.floor(next / width), next % width]);
  }

  /** Moves the pixel by rows and columns, inside the map. */
  move(rows, columns) {
    const [y, x] = this.#shownAt(this.pixel);
    this.#choose(this.#ofShown([y + rows, x + columns]));
  }

  #key(event) {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    this.move(...move);
  }

  #choose(pixel) {
    this.pixel = pixel;
    this.#place();
    this.dispatchEvent(new Event("pick"));
  }

  /** Rows and columns of the canvas, in which a long row of units is broken into several. */
  get #shownSize() {
    const [height, width] = this.#size;
    return height === 1 ? [Math.ceil(width / this.#columns), this.#columns] : [height, width];
  }

  #shownAt([row, column]) {
    return this.#size[0] === 1 ? [Math.floor(column / this.#columns), column % this.#columns] : [row, column];
  }

  #ofShown([y, x]) {
    const [height, width] = this.#shownSize;
    const [row, column] = [Math.min(Math.max(y, 0), height - 1), Math.min(Math.max(x, 0), width - 1)];
    return this.#size[0] === 1 ? [0, Math.min(row * this.#columns + column, this.#size[1] - 1)] : [row, column];
  }

  #under(event) {
    const box = this.canvas.getBoundingClientRect();
    const [height, width] = this.#shownSize;
    return this.#ofShown([
      Math.floor(((event.clientY - box.top) / box.height) * height),
      Math.floor(((event.clientX - box.left) / box.width) * width),
    ]);
  }

  #paint() {
    const [height, width] = this.#shownSize;
    paint(this.canvas, this.#values, height, width, this.#largest);
    this.element.style.width = `${Math.max(1, SIDE / Math.max(height, width)) * width}px`;
    this.#place();
  }

  #place() {
    const [height, width] = this.#shownSize;
    const [y, x] = this.#shownAt(this.pixel);
    Object.assign(this.cursor.style, {
      left: `${(100 * x) / width}%`, top: `${(100 * y) / height}%`,
      width: `${100 / width}%`, height: `${100 / height}%`,
    });
    this.canvas.setAttribute("aria-label", `${this.label}, row ${this.pixel[0]}, column ${this.pixel[1]}. Arrow keys move.`);
  }
}

/** The pixel that the address names, or the one with the largest value of a map. */
export function pixelOf(text, maps, channel) {
  const found = (text ?? "").match(/^(\d+),(\d+)$/);
  if (found) return [Number(found[1]), Number(found[2])];
  const [, height, width] = maps.values.shape;
  const values = maps.values.data.subarray(channel * height * width, (channel + 1) * height * width);
  const best = values.reduce((most, value, i) => (Math.abs(value) > Math.abs(values[most]) ? i : most), 0);
  return [Math.floor(best / width), best % width];
}
