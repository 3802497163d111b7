// The drawing area: strokes, pictures, undo. Ink is the opacity of its pixels, whatever the colour.

export const SIDE = 336;
export const SMALL_SIDE = 112; // what is sent: the means of 3 × 3 pixels
const PEN = 24;
const BLOCK = SIDE / SMALL_SIDE;
const LEAST_STEP = 3; // points of a stroke that are closer are left out

export class DrawingCanvas extends EventTarget {
  #context;
  #actions = []; // strokes { points }, pictures { ink, side, ... } and "clear", the oldest first
  #pointer = null;

  /** Events: "change" with each piece of a stroke, "finish" when a stroke or action is whole. */
  constructor(element) {
    super();
    this.element = element;
    this.#context = element.getContext("2d", { willReadFrequently: true });
    element.addEventListener("pointerdown", (event) => this.#begin(event));
    element.addEventListener("pointermove", (event) => this.#continue(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      element.addEventListener(end, (event) => this.#end(event));
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
  }

  get isEmpty() {
    return this.#shown().length === 0;
  }

  get canUndo() {
    return this.#actions.length > 0;
  }

  /** The strokes that are shown, as lists of [x, y]. */
  get strokes() {
    return this.#shown().filter((action) => action.points).map((action) => action.points);
  }

  /** The picture below the strokes, as it was given to `addPicture`, or null. */
  get picture() {
    return this.#shown().find((action) => action.ink) ?? null;
  }

  /** Starts a stroke; `extend` goes on with it. */
  addStroke(points) {
    const stroke = { points: [points[0]] };
    this.#actions.push(stroke);
    this.#drawStroke(stroke.points, 0);
    for (const point of points.slice(1)) this.#extend(point);
    this.#changed();
  }

  /** Goes on with the last stroke to a point. */
  extend(point) {
    this.#extend(point);
    this.#changed();
  }

  /** Shows a picture instead of all that is drawn: amounts of ink from 0 to 255, side × side. */
  addPicture(ink, side, more = {}) {
    this.#actions.push("clear", { ink, side, ...more });
    this.#redraw();
    this.finish();
  }

  clear() {
    if (this.isEmpty) return;
    this.#actions.push("clear");
    this.#redraw();
    this.finish();
  }

  undo() {
    const last = this.#actions.pop();
    if (last?.ink) this.#actions.pop(); // its "clear"
    this.#redraw();
    this.finish();
  }

  /** Forgets everything, also what could be undone. */
  reset() {
    this.#actions = [];
    this.#redraw();
  }

  /** Says that a stroke or an action is whole. */
  finish() {
    this.#changed();
    this.dispatchEvent(new Event("finish"));
  }

  /** The test image that is shown, if there is nothing else; else null. */
  get testImage() {
    const shown = this.#shown();
    return shown.length === 1 && shown[0].image !== undefined ? shown[0] : null;
  }

  /** The amounts of ink, 112 × 112 bytes. */
  ink() {
    const { data } = this.#context.getImageData(0, 0, SIDE, SIDE);
    const sums = new Uint16Array(SMALL_SIDE * SMALL_SIDE);
    for (let y = 0, i = 3; y < SIDE; y++) {
      const row = Math.floor(y / BLOCK) * SMALL_SIDE;
      for (let x = 0; x < SMALL_SIDE; x++) {
        for (let k = 0; k < BLOCK; k++, i += 4) sums[row + x] += data[i];
      }
    }
    return Uint8Array.from(sums, (sum) => Math.round(sum / (BLOCK * BLOCK)));
  }

  #shown() {
    return this.#actions.slice(this.#actions.lastIndexOf("clear") + 1);
  }

  #begin(event) {
    if (this.#pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.#pointer = event.pointerId;
    this.element.setPointerCapture(event.pointerId);
    this.addStroke([this.#place(event)]);
  }

  #continue(event) {
    if (event.pointerId !== this.#pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) this.#extend(this.#place(one));
    this.#changed();
  }

  #end(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.finish();
  }

  #place(event) {
    const box = this.element.getBoundingClientRect();
    return [(event.clientX - box.left) * (SIDE / box.width), (event.clientY - box.top) * (SIDE / box.height)]
      .map((value) => Math.round(Math.min(Math.max(value, 0), SIDE))); // whole, as in the address
  }

  #extend(point) {
    const { points } = this.#actions.at(-1);
    const [x, y] = points.at(-1);
    if (Math.hypot(point[0] - x, point[1] - y) < LEAST_STEP) return;
    points.push(point);
    this.#drawStroke(points, points.length - 2);
  }

  #drawStroke(points, from) {
    const context = this.#context;
    context.strokeStyle = getComputedStyle(this.element).color;
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...points[from]);
    for (const point of points.slice(from)) context.lineTo(...point);
    context.stroke();
  }

  #drawPicture({ ink, side }) {
    const small = new OffscreenCanvas(side, side);
    const pixels = new ImageData(side, side);
    ink.forEach((amount, i) => { pixels.data[4 * i + 3] = amount; });
    const context = small.getContext("2d");
    context.putImageData(pixels, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = getComputedStyle(this.element).color;
    context.fillRect(0, 0, side, side);
    this.#context.imageSmoothingEnabled = false;
    this.#context.drawImage(small, 0, 0, SIDE, SIDE);
  }

  #redraw() {
    this.#context.clearRect(0, 0, SIDE, SIDE);
    for (const action of this.#shown()) {
      if (action.points) this.#drawStroke(action.points, 0);
      else this.#drawPicture(action);
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** Strokes as a short text for the address: two digits in base 36 for each coordinate. */
export function strokesAsText(strokes) {
  const digits = (value) => Math.round(Math.min(Math.max(value, 0), 1295)).toString(36).padStart(2, "0");
  return strokes.map((points) => points.map(([x, y]) => digits(x) + digits(y)).join("")).join(".");
}

/** The strokes of such a text; those that are damaged are left out. */
export function strokesFromText(text) {
  return text.split(".").filter((stroke) => /^([0-9a-z]{4})+$/.test(stroke)).map((stroke) =>
    stroke.match(/.{4}/g).map((point) => [parseInt(point.slice(0, 2), 36), parseInt(point.slice(2), 36)]));
}
