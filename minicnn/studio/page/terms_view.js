// Products and steps of an explanation: windows times kernels, the largest products, the lines.

const MOST_CHANNELS = 4; // of a window, beside which the others are one sum
const MOST_ROWS = 8;
const LARGEST_WINDOW = 7;

/** An explanation as the server sends it: its groups of products, then its steps. */
export function explanationView(found) {
  const groups = found.groups.map(groupView);
  return make("div", { class: "explanation" }, ...groups, stepsView(found.steps));
}

/** The lines of a calculation. */
export function stepsView(steps) {
  const rows = steps.map(({ name, formula, value }, i) => make("tr", i === steps.length - 1 ? { class: "result" } : {},
    make("th", { scope: "row" }, ...breakable(name.trim())), make("td", { class: "formula" }, ...onPaper(formula)), make("td", { class: "number" }, ...onPaper(short(value, 5)))));
  return make("table", { class: "steps" }, make("tbody", {}, ...rows));
}

function groupView(group) {
  const window = windowShape(group);
  const title = make("h4", {}, group.title,
    make("span", {}, `${group.source && group.source !== group.title ? ` in ${group.source}` : ""}, ${group.count.toLocaleString("en")} ${group.count === 1 ? "number" : "numbers"}`));
  return make("section", { class: "group" }, title, window ? windowView(group, window) : rankedView(group));
}

/** `[height, width, channels]` of a window that can be drawn as grids, or null. */
function windowShape({ names, products: { shape } }) {
  const known = names[0] === "input" && (names.length === 1 || names[1] === "kernel");
  if (!known || shape.length < 2 || shape.length > 3) return null;
  const [height, width, channels] = shape.length === 3 ? shape : [1, ...shape];
  return Math.max(height, width) <= LARGEST_WINDOW && height * width > 1 ? [height, width, channels] : null;
}

function windowView(group, [height, width, channels]) {
  const { names, factors, products, places, chosen } = group;
  const at = (data, c) => Array.from({ length: height * width }, (_, i) => data[i * channels + c]);
  const isPadding = (i) => {
    const axes = places.shape.at(-1);
    return places.data.subarray(i * axes, (i + 1) * axes).some((position) => position < 0);
  };
  const sums = Array.from({ length: channels }, (_, c) => at(products.data, c).reduce((a, b) => a + b, 0));
  const order = sums.map((_, c) => c).sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]));
  const shown = order.slice(0, MOST_CHANNELS).sort((a, b) => a - b);
  const largest = factors.map(({ data }) => Math.max(...data.map(Math.abs)));
  const most = Math.max(...products.data.map(Math.abs));
  const rows = shown.map((c) => {
    const winner = chosen && channels === 1 ? chosen.at(-3) * width + chosen.at(-2) : -1;
    const padding = Array.from({ length: height * width }, (_, i) => isPadding(i * channels + c));
    const grids = factors.map(({ data }, k) =>
      numbersGrid(at(data, c), width, largest[k], { label: names[k], winner, padding: k === 0 ? padding : [] }));
    const own = at(products.data, c);
    const productGrid = () => numbersGrid(own, width, most, { label: "products", winner: -1, padding: [] });
    const parts = names.length === 2
      ? [grids[0], sign("×"), grids[1], make("div", { class: "equals" }, sign("="), productGrid())] : grids;
    return make("div", { class: "window" },
      channels > 1 ? make("span", { class: "channel" }, `channel ${c}, sum `, make("b", {}, short(sums[c]))) : "", ...parts);
  });
  const rest = order.slice(MOST_CHANNELS).reduce((sum, c) => sum + sums[c], 0);
  if (channels > MOST_CHANNELS) {
    rows.push(make("p", { class: "rest" }, `and ${channels - MOST_CHANNELS} more channels: ${short(rest)}`));
  }
  return make("div", { class: "windows" }, ...rows);
}

/** A grid of numbers, each on its colour. */
function numbersGrid(values, width, largest, { label, winner, padding }) {
  const rows = [];
  for (let start = 0; start < values.length; start += width) {
    rows.push(make("tr", {}, ...values.slice(start, start + width).map((value, j) => {
      const i = start + j;
      const cell = make("td", {}, padding[i] ? "·" : short(value, 2));
      if (padding[i]) cell.title = "padding";
      cell.style.background = colour(value, largest);
      cell.classList.toggle("strong", Math.abs(value) > 0.55 * largest);
      cell.classList.toggle("winner", i === winner);
      return cell;
    })));
  }
  return make("table", { class: "numbers" }, make("caption", {}, label), make("tbody", {}, ...rows));
}

function rankedView({ title, names, factors, products, places, chosen, count, total }) {
  const all = Array.from(products.data);
  const isWhole = title === "exponentials";
  const order = all.map((_, i) => i).sort((a, b) => Math.abs(all[b]) - Math.abs(all[a]));
  const shown = isWhole ? all.map((_, i) => i).slice(0, 12) : order.slice(0, MOST_ROWS);
  const largest = Math.max(...all.map(Math.abs), 1e-30);
  const rows = shown.map((i) => {
    const bar = make("span", { class: "amount" });
    bar.style.width = `${(100 * Math.abs(all[i])) / largest}%`;
    bar.style.background = all[i] < 0 ? "var(--negative)" : "var(--positive)";
    const formula = factors.length > 1 ? factors.map(({ data }) => short(data[i])).join(" · ") : "";
    return make("tr", {}, make("th", { scope: "row" }, placeOf(places, i)), make("td", { class: "formula" }, ...onPaper(formula)),
      make("td", { class: "track-cell" }, bar), make("td", { class: "number" }, ...onPaper(short(all[i]))));
  });
  const rest = total - shown.reduce((sum, i) => sum + all[i], 0);
  if (count > shown.length && !chosen) {
    rows.push(make("tr", { class: "rest" }, make("th", { scope: "row" }, `${(count - shown.length).toLocaleString("en")} more`),
      make("td", { class: "formula" }, "their sum"), make("td"), make("td", { class: "number" }, ...onPaper(short(rest)))));
  }
  const caption = names.length > 1 ? names.join(" · ") : "";
  return make("table", { class: "ranked" }, make("caption", {}, caption), make("tbody", {}, ...rows));
}

function placeOf(places, i) {
  if (!places) return String(i);
  const axes = places.shape.at(-1);
  const place = Array.from(places.data.subarray(i * axes, (i + 1) * axes));
  return place.some((position) => position < 0) ? "padding" : place.join(", ");
}

function sign(text) {
  return make("span", { class: "sign", "aria-hidden": "true" }, text);
}

function colour(value, largest) {
  const part = largest > 0 ? Math.round(100 * (Math.abs(value) / largest) ** 0.8) : 0;
  return `color-mix(in srgb, var(${value < 0 ? "--negative" : "--positive"}) ${part}%, var(--zero))`;
}

/** A number in few digits, with a real minus. */
export function short(value, digits = 3) {
  if (value === null || !Number.isFinite(value)) return "not finite";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(Math.max(digits - 2, 0)) : String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", "−").replace(/^(−?)0\./, digits <= 2 ? "$1." : "$10.");
}

const RAISED = /(?<![\p{L}\d.])([\d.]+)e([-+−]?)0*(\d+)|\^([-−]?)\(([^()]*)\)|\^([-−]?[\d.]+)/gu; // 1.2e-07, e^(…), e^−(…), 0.9^627

/** A formula in plain text as it is written on paper: powers raised, with a real minus. */
export function onPaper(text) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(RAISED)) {
    const [all, factor, sign, digits, minus, group, number] = match;
    found.push(withMinus(text.slice(end, match.index)));
    if (factor) found.push(factor === "1" ? "10" : `${factor}×10`);
    const raised = factor ? sign.replace("+", "") + digits : minus ? `−(${group})` : group ?? number;
    found.push(make("sup", {}, withMinus(raised)));
    end = match.index + all.length;
  }
  return [...found, withMinus(text.slice(end))];
}

/** A name that may be broken behind each "_". */
function breakable(name) {
  return name.split(/(?<=_)/).flatMap((part) => [make("wbr"), part]);
}

function withMinus(text) {
  return text.replace(/(?<=[·−+/] )-([\d.]+)/g, "(−$1)").replace(/(?<![\p{L}\d])-(?=[\d.]|$)/gu, "−");
}

/** An element with attributes and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
