// Two curves over the steps of a training, with axes: while it learns, and on test images.

const [WIDTH, HEIGHT] = [460, 240];
const MARGIN = { left: 52, right: 12, top: 12, bottom: 40 };
const NAMES = "http://www.w3.org/2000/svg";

export class Curves {
  /** `column` of the rows of a training's curves is drawn; `most` is the end of the axis, or null. */
  constructor(element, { title, column, most, format }) {
    Object.assign(this, { column, most, format, title });
    this.svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
    const heading = document.createElement("h3");
    heading.textContent = title;
    element.append(heading, this.svg);
    this.show(null, null);
  }

  /** Shows a training as `run_start` describes it; `epoch` is marked. */
  show(run, epoch) {
    const learning = rows(run?.learning, this.column);
    const measured = rows(run?.measured, this.column);
    const steps = run?.steps ?? 1;
    const values = [...learning, ...measured].map(([, value]) => value).filter(Number.isFinite);
    const ticks = ticksTo(this.most ?? Math.max(...values, 0.1));
    const top = ticks.at(-1);
    const x = (step) => MARGIN.left + (WIDTH - MARGIN.left - MARGIN.right) * (step / steps);
    const y = (value) => HEIGHT - MARGIN.bottom - (HEIGHT - MARGIN.top - MARGIN.bottom) * Math.min(value / top, 1);
    const parts = [];
    for (const tick of ticks) {
      parts.push(make("line", { class: "grid", x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: y(tick), y2: y(tick) }));
      parts.push(text(MARGIN.left - 7, y(tick) + 4, this.format(tick), "end"));
    }
    const epochs = run?.epochs ?? 1;
    const each = Math.ceil(epochs / 10);
    for (let i = 0; i <= epochs; i += each) {
      parts.push(text(x((i * steps) / epochs), HEIGHT - MARGIN.bottom + 17, i, "middle"));
    }
    parts.push(text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 5, "epochs", "middle"));
    if (run && epoch !== null) {
      const place = x((epoch * steps) / epochs);
      parts.push(make("line", { class: "now", x1: place, x2: place, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }));
    }
    const line = (points) => points.filter(([, value]) => Number.isFinite(value))
      .map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    parts.push(make("polyline", { class: "learning-line", points: line(learning) }));
    parts.push(make("polyline", { class: "measured-line", points: line(measured) }));
    for (const [step, value] of measured) {
      if (Number.isFinite(value)) parts.push(make("circle", { class: "measured-dot", cx: x(step), cy: y(value), r: 3.5 }));
    }
    this.svg.replaceChildren(...parts);
    const last = measured.at(-1);
    this.svg.setAttribute("aria-label", last
      ? `${this.title}: on test images ${this.format(measured[0][1])} at the start, ${this.format(last[1])} now`
      : `${this.title}: nothing is learnt yet`);
  }
}

/** The pairs (step, value) of a column; what is not finite breaks off the line. */
function rows(curve, column) {
  if (!curve) return [];
  return Array.from({ length: curve.shape[0] }, (_, i) => [curve.data[3 * i], curve.data[3 * i + column]]);
}

/** Round numbers from 0 to at least a value. */
function ticksTo(value) {
  const rough = value / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999);
  return Array.from({ length: Math.ceil(value / step - 0.001) + 1 }, (_, i) => i * step);
}

function make(tag, attributes) {
  const element = document.createElementNS(NAMES, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function text(x, y, content, anchor) {
  const element = make("text", { x, y, "text-anchor": anchor });
  element.textContent = content;
  return element;
}
