// The small example of a Learn page: numbers, the sum that made one, and steps through them.

import { address } from "./address.js";
import { make, math, short } from "./lesson_parts.js";
import { NumberGrid } from "./number_grid.js";
import { onPaper } from "./terms_view.js";

const PAUSE = 900; // ms between two steps

/** Fills the example of a lesson, and the facts that depend on its numbers. */
export async function startExample(element, article, lesson, studio) {
  const example = new Example(element, article, lesson, studio);
  await example.ask();
}

class Example {
  #numbers = {};
  #settings = {};
  #playing = 0;

  constructor(element, article, lesson, studio) {
    Object.assign(this, { element, article, lesson, studio });
    this.#settings = read("set");
    this.#numbers = read("numbers");
  }

  /** Asks for the example with what the reader chose, and shows it. */
  async ask() {
    const { name: topic } = this.lesson;
    try {
      const answer = await this.studio.ask("lesson_example", { topic, settings: this.#settings, numbers: this.#numbers });
      if (answer.skipped || this.article.dataset.topic !== topic) return;
      this.answer = answer;
      this.#show();
    } catch (error) {
      if (this.answer) this.studio.notice(error.message);
      else this.element.replaceChildren(make("p", "quiet", {}, error.message));
      if (this.answer) this.#settings = { ...this.answer.settings };
    }
  }

  get #way() {
    const ways = this.#ways();
    const wanted = address.get("way");
    return ways.find(({ name }) => name === wanted) ?? ways[0];
  }

  /** What one can step through: the output, and the gradient to each tensor. */
  #ways() {
    const { kind, forward, backward = {} } = this.answer;
    const ways = forward.length ? [{ name: "forward", title: kind === "optimizer" ? "Steps" : "Forward", rows: forward }] : [];
    for (const [name, rows] of Object.entries(backward)) {
      if (rows.length) ways.push({ name: `to-${name}`, title: `Backward to ${name.replaceAll("_", " ")}`, rows, of: name });
    }
    return ways;
  }

  #show() {
    const { kind, tensors, cotangent, gradients = {} } = this.answer;
    this.grids = new Map();
    const way = this.#way;
    const stage = make("div", "stage");
    const row = make("div", "tensors");
    const add = (key, options) => {
      const grid = new NumberGrid(options);
      this.grids.set(key, grid);
      row.append(grid.element);
    };
    for (const [name, tensor] of Object.entries(tensors)) {
      if (name === "output" && way?.of && kind === "layer") continue;
      const isKernel = name.includes("kernel");
      const edit = name === "output" ? null : (i, value) => this.#edit(name, tensor, i, value);
      const choose = name === "output" && this.answer.forward.length ? (i) => this.#choose("forward", i) : null;
      add(name, { title: name, tensor, kind: isKernel ? "kernel" : "", edit, choose });
    }
    if (kind === "optimizer") add("weights", { title: "weight after each step", tensor: this.answer.weights,
      choose: (i) => this.#choose("forward", Math.max(i - 1, 0)) });
    if (cotangent && way?.of) add("cotangent", { title: "cotangent of the output", tensor: cotangent,
      edit: (i, value) => this.#edit("cotangent", cotangent, i, value) });
    if (way?.of) {
      const tensor = gradients[way.of];
      add("gradient", { title: `gradient to ${way.of}`, tensor, kind: way.of.includes("kernel") ? "kernel" : "",
        choose: (i) => this.#choose(way.name, i) });
    }
    stage.append(row);
    this.sum = make("div", "sum", { "aria-live": "polite" });
    stage.append(this.sum);
    const focused = focusIn(this.element);
    this.element.replaceChildren(this.#controls(), stage);
    if (focused) this.element.querySelector(focused)?.focus();
    this.#step(address.number("at") ?? 0);
    this.#facts();
  }

  #controls() {
    const bar = make("div", "controls");
    const settings = make("div", "settings");
    for (const [name, options] of Object.entries(this.lesson.choices)) {
      const label = make("label", "", {}, name.replaceAll("_", " "));
      const select = make("select", "", { "data-setting": name });
      [...options].sort((a, b) => (a < b ? -1 : 1)).forEach((option) =>
        select.append(make("option", "", { value: JSON.stringify(option) }, String(option))));
      select.value = JSON.stringify(this.answer.settings[name]);
      select.addEventListener("change", () => {
        this.#settings = { ...this.#settings, [name]: JSON.parse(select.value) };
        write({ set: this.#settings, at: null });
        this.ask();
      });
      label.append(select);
      settings.append(label);
    }
    const ways = this.#ways();
    const tabs = make("div", "tabs ways", { role: "group", "aria-label": "Direction" });
    for (const { name, title } of ways) {
      const button = make("button", "", { type: "button", "aria-current": String(name === this.#way.name), "data-way": name }, title);
      button.addEventListener("click", () => {
        this.#stop();
        address.quietly({ way: name, at: null });
        this.#show();
      });
      tabs.append(button);
    }
    const steps = make("div", "step-bar", { role: "group", "aria-label": "Steps" });
    this.play = make("button", "", { type: "button", "data-do": "play" }, "Play");
    this.position = make("span", "position");
    const to = (by) => () => { this.#stop(); this.#step(this.at + by); };
    const back = make("button", "", { type: "button", "data-do": "back", "aria-label": "One step back" }, "←");
    const on = make("button", "", { type: "button", "data-do": "on", "aria-label": "One step on" }, "→");
    back.addEventListener("click", to(-1));
    on.addEventListener("click", to(1));
    this.play.addEventListener("click", () => (this.#playing ? this.#stop() : this.#start()));
    steps.append(back, on, this.play, this.position);
    steps.hidden = !ways.length;
    bar.append(settings, tabs, steps);
    return bar;
  }

  #start() {
    this.play.textContent = "Stop";
    this.#playing = setInterval(() => {
      if (!this.element.isConnected || address.get("view") !== "learn") this.#stop();
      else this.#step(this.at + 1);
    }, PAUSE);
  }

  #stop() {
    clearInterval(this.#playing);
    this.#playing = 0;
    this.play.textContent = "Play";
  }

  #edit(name, tensor, i, value) {
    const numbers = Array.from(tensor.data);
    numbers[i] = value;
    this.#numbers = { ...this.#numbers, [name]: numbers };
    write({ numbers: this.#numbers });
    this.ask();
  }

  #choose(way, i) {
    this.#stop();
    const isOther = this.#way.name !== way;
    address.quietly({ way, at: i });
    if (isOther) this.#show();
    else this.#step(i);
  }

  /** Shows how one element came about. */
  #step(at) {
    const way = this.#way;
    if (!way) {
      this.sum.replaceChildren(make("p", "quiet", {}, "For this class the numbers are shown, but not the sums that made them."));
      return;
    }
    this.at = (at + way.rows.length) % way.rows.length;
    address.quietly({ way: way.name, at: this.at || null });
    const row = way.rows[this.at];
    this.position.textContent = `${this.at + 1} of ${way.rows.length}`;
    for (const grid of this.grids.values()) grid.mark([]);
    const isStep = this.answer.kind === "optimizer";
    if (isStep) {
      this.grids.get("gradients").mark([this.at], this.at);
      this.grids.get("weights").mark([this.at, this.at + 1], this.at + 1);
    } else this.grids.get(way.of ? "gradient" : "output")?.mark([], this.at);
    for (const terms of row.terms) this.#light(terms, row, way);
    const title = isStep ? `Step ${this.at + 1}: weight` : `${way.of ? `gradient to ${way.of}` : "output"}[${row.index.join(", ")}]`;
    this.sum.replaceChildren(...explained(title, row, isStep ? row.steps.at(-1)[2] : row.value));
  }

  /** Lights up where the factors of a sum stand. */
  #light(terms, row, way) {
    if (!terms.places) return;
    const key = this.grids.has(terms.source) ? terms.source : "cotangent";
    const name = key === "cotangent" ? this.answer.cotangent : this.answer.tensors[key];
    const grid = this.grids.get(key);
    if (!grid || !name) return;
    const { shape } = name;
    const places = terms.places.map((place) => (place.length < shape.length ? [row.index[0], ...place] : place));
    const flat = places.map((p) => (p.some((n) => n < 0) ? -1 : p.reduce((sum, n, i) => sum * shape[i] + n, 0)));
    grid.mark(flat.filter((i) => i >= 0), terms.chosen === null ? null : flat[terms.chosen]);
    const kernel = this.grids.get("kernel");
    if (!way.of && kernel && key === "input") this.#lightKernel(kernel, row);
  }

  #lightKernel(grid, row) {
    const { shape } = this.answer.tensors.kernel;
    const last = shape[shape.length - 1];
    const filter = row.index[row.index.length - 1];
    const outputs = this.answer.shapes.output.at(-1); // a recurrent kernel has as many columns for each gate
    if (this.lesson.class !== "layers.DepthwiseConv2D" && last > filter) {
      grid.mark(grid.cells.map((_, i) => i).filter((i) => (i % last) % outputs === filter));
    }
  }

  #facts() {
    const { shapes, places, cost, kind } = this.answer;
    const fact = (name) => this.article.querySelector(`[data-fact=${name}]`);
    const shape = fact("shape");
    shape.hidden = kind !== "layer";
    if (kind === "layer") {
      shape.replaceChildren(make("h2", "", {}, "Shape"),
        make("p", "", {}, `(${shapes.input.join(", ")}) → (${shapes.output.join(", ")})`));
      if (places) {
        shape.append(math(places.formula, "number of places"), math(places.filled, places.text));
        shape.append(make("p", "quiet", {}, "n: length, p: padding, k: window, d: dilation, s: stride, m: places"));
      }
    }
    const costs = fact("cost");
    costs.hidden = !cost;
    if (cost) costs.replaceChildren(make("h2", "", {}, "Cost of this example"), table(cost));
  }
}

/** A selector of what has the focus in an element, so that it can be given back; or null. */
function focusIn(element) {
  const { activeElement: now } = document;
  const name = element.contains(now) && ["cell", "setting", "way", "do"].find((key) => key in now.dataset);
  return name ? `[data-${name}="${CSS.escape(now.dataset[name])}"]` : null;
}

function table(rows) {
  const element = make("table", "small-table");
  for (const [name, value] of rows) {
    const row = make("tr");
    row.append(make("th", "", { scope: "row" }, name), make("td", "", {}, value === null ? "unknown" : value.toLocaleString("en")));
    element.append(row);
  }
  return element;
}

/** The products, and the calculation line by line. */
function explained(title, { terms, steps }, value) {
  const head = make("p", "sum-head");
  head.append(make("span", "", {}, title), make("strong", "", {}, `= ${short(value)}`));
  const parts = [head];
  for (const { title: of, products, factors, places, chosen } of terms) {
    const names = Object.keys(factors);
    const list = make("ul", "products", { "aria-label": names.join(" times ") });
    products.forEach((product, i) => {
      const numbers = names.map((name) => short(factors[name][i]));
      const text = numbers.length > 1 ? numbers.map((n, j) => (j && n.startsWith("−") ? `(${n})` : n)).join(" · ") : short(product);
      const item = make("li", "", {}, text);
      if (places?.[i].some((n) => n < 0)) item.classList.add("outside");
      if (chosen === i) item.classList.add("winner");
      list.append(item);
    });
    if (products.length) parts.push(make("p", "factor-names", {}, `${terms.length > 1 ? `${of}: ` : ""}${names.join(" · ")}`), list);
  }
  const lines = make("table", "calculation");
  for (const [name, formula, number] of steps) {
    const [row, made] = [make("tr"), make("td")];
    made.append(...onPaper(formula));
    row.append(make("th", "", { scope: "row" }, name), made, make("td", "", {}, short(number)));
    lines.append(row);
  }
  parts.push(lines);
  return parts;
}

/** What a reader chose, from the address: JSON; what is not JSON counts as nothing. */
function read(key) {
  try {
    const value = JSON.parse(address.get(key) ?? "{}");
    return value && typeof value === "object" && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

function write(values) {
  address.quietly(Object.fromEntries(Object.entries(values).map(([key, value]) =>
    [key, value && JSON.stringify(value)])));
}
