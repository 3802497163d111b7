// The chosen feature map, large, below the maps of its layer: its exact values, pixel by pixel.

import { address } from "./address.js";
import { onThemeChange, paint } from "./colours.js";

const SIDE = 264; // px
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** Shows the map that `#layer=…&channel=…` names; `#pixel=row,column` is the pixel in it. */
export class ChosenMap {
  #map = null;
  #asked = 0;

  constructor(studio, strip) {
    Object.assign(this, { studio, strip });
    this.figure = document.createElement("figure");
    this.figure.className = "chosen-map";
    this.frame = document.createElement("div");
    this.frame.className = "frame";
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.cursor = document.createElement("span");
    this.cursor.className = "pixel";
    this.caption = document.createElement("figcaption");
    this.close = document.createElement("button");
    this.close.type = "button";
    this.close.textContent = "Close";
    this.follow = document.createElement("button");
    this.follow.type = "button";
    this.follow.textContent = "How it came about";
    this.frame.append(this.canvas, this.cursor);
    const words = document.createElement("div");
    words.append(this.caption, this.follow, " ", this.close);
    this.figure.append(this.frame, words);
    this.close.addEventListener("click", () => address.set({ layer: null, channel: null, pixel: null }));
    this.follow.addEventListener("click", () => {
      address.set({ panel: "number" });
      document.querySelector("[data-panels]").scrollIntoView();
    });
    this.canvas.addEventListener("pointermove", (event) => this.#say(this.#under(event)));
    this.canvas.addEventListener("pointerleave", () => this.#say(this.#chosen()));
    this.canvas.addEventListener("click", (event) => this.#choose(this.#under(event)));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    address.addEventListener("change", () => this.update());
    studio.addEventListener("answer", () => this.update());
    onThemeChange(() => this.#paint());
  }

  /** Asks for the map that the address names, and shows it. */
  async update() {
    const [layer, channel] = [address.get("layer"), address.number("channel")];
    const row = layer === null || channel === null ? null : this.strip.cardOf(layer);
    if (!row || !this.studio.answer) {
      this.figure.remove();
      this.#map = null;
      return;
    }
    const asked = ++this.#asked;
    try {
      const map = await this.studio.ask("map", { layer, channel });
      if (asked !== this.#asked || map.skipped || map.empty) return;
      this.#map = map;
      if (this.figure.parentElement !== row) row.append(this.figure);
      this.#paint();
    } catch (error) {
      if (asked === this.#asked) this.figure.remove();
    }
  }

  #paint() {
    if (!this.#map) return;
    const { values, largest } = this.#map;
    const [height, width] = values.shape;
    paint(this.canvas, values.data, height, width, largest);
    const zoom = Math.max(1, Math.floor(SIDE / Math.max(height, width)));
    this.frame.style.width = `${width * zoom}px`;
    this.#say(this.#chosen());
  }

  #chosen() {
    const found = (address.get("pixel") ?? "").match(/^(\d+),(\d+)$/);
    if (!found || !this.#map) return null;
    const [height, width] = this.#map.values.shape;
    const [y, x] = [Number(found[1]), Number(found[2])];
    return y < height && x < width ? [y, x] : null;
  }

  #under(event) {
    const [height, width] = this.#map.values.shape;
    const box = this.canvas.getBoundingClientRect();
    const part = (value, size, count) => Math.min(Math.max(Math.floor((value / size) * count), 0), count - 1);
    return [part(event.clientY - box.top, box.height, height), part(event.clientX - box.left, box.width, width)];
  }

  #choose([y, x]) {
    address.set({ pixel: `${y},${x}` });
  }

  #key(event) {
    const move = MOVES[event.key];
    if (!move || !this.#map) return;
    event.preventDefault();
    const [height, width] = this.#map.values.shape;
    const [y, x] = this.#chosen() ?? [Math.floor(height / 2), Math.floor(width / 2)];
    this.#choose([Math.min(Math.max(y + move[0], 0), height - 1), Math.min(Math.max(x + move[1], 0), width - 1)]);
  }

  #say(pixel) {
    if (!this.#map) return;
    const { values, layer, channel } = this.#map;
    const [height, width] = values.shape;
    const what = `${layer}, channel ${channel}`;
    const value = pixel && values.data[pixel[0] * width + pixel[1]];
    const words = pixel
      ? `row ${pixel[0]}, column ${pixel[1]}: ${Number(value.toPrecision(6))}`
      : "Point at a pixel for its value; click to keep it.";
    const [name, place] = [document.createElement("strong"), document.createElement("span")];
    name.textContent = what;
    place.textContent = words;
    this.caption.replaceChildren(name, place);
    this.canvas.setAttribute("aria-label", `${what}. ${words} Arrow keys move the pixel.`);
    this.cursor.hidden = !pixel;
    if (!pixel) return;
    this.cursor.style.left = `${(100 * pixel[1]) / width}%`;
    this.cursor.style.top = `${(100 * pixel[0]) / height}%`;
    this.cursor.style.width = `${100 / width}%`;
    this.cursor.style.height = `${100 / height}%`;
  }
}
