// The layers of the network below each other, each with its feature maps.

import { address } from "./address.js";
import { onThemeChange, paint } from "./colours.js";
import { gutter, lanesOf } from "./graph.js";

const MAP_SIDE = 52; // px that a map should have on the page
const UNIT = 16; // px that a unit of a short row should be wide
const LONG_ROW = 64; // units; more are shown in several rows
const MOVES = { ArrowLeft: -1, ArrowRight: 1 };

export class Strip extends EventTarget {
  #rows = new Map();
  #maps = {};
  #input = "input"; // what the drawing is called beside the layers
  #watcher;

  /** Events: "visible" when other layers came into sight, "pick" when a map was chosen. */
  constructor(list) {
    super();
    this.list = list;
    this.#watcher = new IntersectionObserver((entries) => this.#see(entries), { rootMargin: "300px" });
    address.addEventListener("change", () => this.#repaint());
    onThemeChange(() => this.#repaint());
  }

  /** The names of the layers in sight. */
  get visible() {
    return [...this.#rows].filter(([, row]) => row.isVisible).map(([name]) => name);
  }

  /** The card of a layer, below whose maps something may be shown, or null. */
  cardOf(name) {
    return this.#rows.get(name)?.card ?? null;
  }

  /** Makes a row for each layer. */
  describe(network) {
    this.#watcher.disconnect();
    this.#input = network.input_name;
    const input = { name: this.#input, class: "Drawing", shape: inputShape(network), sources: [], parameters: 0 };
    const layers = [input, ...network.layers];
    const { rows, count } = lanesOf(layers);
    this.#rows = new Map(layers.map((layer, i) => [layer.name, makeRow(layer, gutter(rows[i], count))]));
    for (const row of this.#rows.values()) {
      this.#watcher.observe(row.item);
      row.maps.addEventListener("click", (event) => this.#click(row, event));
      row.maps.addEventListener("keydown", (event) => this.#key(row, event));
    }
    this.list.replaceChildren(...[...this.#rows.values()].map((row) => row.item));
  }

  /** Shows an answer to "draw". */
  show({ seen, maps }) {
    const values = { data: seen.data, shape: [1, ...seen.shape] };
    this.showMaps({ ...maps, [this.#input]: { values, largest: { data: [255] }, channels: 1, isInk: true } });
  }

  /** Shows maps of layers. */
  showMaps(maps) {
    this.#maps = { ...this.#maps, ...maps };
    this.#repaint();
  }

  /** Without a drawing there are no maps. */
  clear() {
    this.#maps = {};
    for (const row of this.#rows.values()) {
      row.item.classList.add("blank");
      row.range.textContent = "";
    }
  }

  #see(entries) {
    let isNew = false;
    for (const entry of entries) {
      const row = this.#rows.get(entry.target.dataset.layer);
      if (!row) continue;
      isNew ||= entry.isIntersecting && !row.isVisible;
      row.isVisible = entry.isIntersecting;
    }
    if (isNew) this.dispatchEvent(new Event("visible"));
  }

  #repaint() {
    const byLayer = address.get("scale") === "layer";
    const chosen = address.get("layer");
    const channel = address.number("channel");
    for (const [name, row] of this.#rows) {
      if (!this.#maps[name] || !row.isVisible) continue; // what comes into sight is asked for anew
      showMaps(row, this.#maps[name], byLayer);
      markChosen(row, name === chosen ? channel : null);
    }
  }

  #click(row, event) {
    const map = event.target.closest("canvas");
    if (map && row.layer.name !== this.#input) this.#pick(row, Number(map.dataset.channel));
  }

  #key(row, event) {
    const maps = mapsOf(row);
    const now = maps.indexOf(event.target.closest("canvas"));
    if (now < 0) return;
    if (event.key === "Enter" || event.key === " ") this.#pick(row, now);
    else if (MOVES[event.key]) {
      const next = maps[Math.min(Math.max(now + MOVES[event.key], 0), maps.length - 1)];
      maps[now].tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    } else return;
    event.preventDefault();
  }

  #pick(row, channel) {
    const same = address.get("layer") === row.layer.name && address.number("channel") === channel;
    address.set(same ? { layer: null, channel: null, pixel: null }
      : { layer: row.layer.name, channel, pixel: null });
    this.dispatchEvent(new Event("pick"));
  }
}

function inputShape({ input }) {
  return input ? [input.height, input.width] : [];
}

function makeRow(layer, lines) {
  const item = document.createElement("li");
  item.className = "layer blank";
  item.classList.toggle("units", layer.shape.length < 2);
  item.dataset.layer = layer.name;
  const [head, name, kind, shape, count, range, maps] =
    ["header", "h3", "span", "span", "span", "span", "div"].map((tag) => document.createElement(tag));
  name.textContent = layer.name;
  kind.className = "kind";
  kind.textContent = layer.class;
  shape.className = "shape";
  shape.textContent = layer.shape.join(" × ");
  count.className = "parameters";
  if (layer.parameters) {
    count.textContent = `${layer.parameters.toLocaleString("en")} parameter${layer.parameters === 1 ? "" : "s"}`;
  }
  range.className = "range";
  head.append(name, kind, shape, count, range);
  maps.className = "maps";
  maps.setAttribute("role", "group");
  maps.setAttribute("aria-label", `Outputs of ${layer.name}`);
  const body = document.createElement("div");
  body.className = "card";
  body.append(head, maps);
  item.style.setProperty("--gutter", `${lines.getAttribute("width")}px`);
  item.append(lines, body);
  reserve(maps, layer);
  return { layer, item, card: body, maps, range, isVisible: false };
}

/** Makes room for the maps before there are any, so that nothing moves when they come. */
function reserve(maps, { shape, name }) {
  const [height, width] = shape.length >= 2 ? shape : rowsOfUnits(shape[0] ?? 1);
  const count = shape.length === 3 ? Math.min(shape[2], 64) : 1;
  maps.append(...Array.from({ length: count }, (_, i) => makeMap(name, i, height, width, shape.length < 2)));
}

function makeMap(layer, channel, height, width, isUnits) {
  const map = document.createElement("canvas");
  Object.assign(map, { width, height, tabIndex: channel === 0 ? 0 : -1 });
  map.dataset.channel = channel;
  map.dataset.map = layer;
  map.setAttribute("role", "img");
  map.setAttribute("aria-label", `${layer}, channel ${channel}`);
  if (height === 1) {
    map.className = "row-of-units";
    map.style.width = `${Math.min(width * UNIT, 640)}px`;
    return map;
  }
  const side = Math.max(height, width);
  const zoom = isUnits ? Math.max(1, Math.min(12, Math.floor((width > height ? 480 : 240) / width)))
    : side > MAP_SIDE ? 1.3 * MAP_SIDE / side : Math.max(1, Math.round(MAP_SIDE / side));
  map.style.width = `${width * zoom}px`;
  map.style.height = `${height * zoom}px`;
  return map;
}

/** Rows and columns in which so many units are shown: a flat square as the square that it was. */
export function rowsOfUnits(count) {
  if (count <= LONG_ROW) return [1, count];
  const side = Math.sqrt(count);
  if (Number.isInteger(side)) return [side, side];
  const rows = Math.ceil(Math.sqrt(count / 4));
  return [rows, Math.ceil(count / rows)];
}

/** The maps in a row, beside which frames may stand. */
function mapsOf(row) {
  return [...row.maps.querySelectorAll(":scope > canvas")];
}

function showMaps(row, { values, largest, channels, isInk }, byLayer) {
  const [count, height, width] = values.shape;
  const isUnits = row.item.classList.contains("units");
  const [rows, columns] = isUnits ? rowsOfUnits(width) : [height, width];
  const maps = mapsOf(row);
  while (maps.length > count) maps.pop().remove();
  while (maps.length < count) {
    maps.push(makeMap(row.layer.name, maps.length, rows, columns, isUnits));
    row.maps.append(maps.at(-1));
  }
  const most = Math.max(...largest.data, 0);
  const size = height * width;
  for (let i = 0; i < count; i++) {
    const own = largest.data[i];
    const full = isInk ? 255 : byLayer && own > 0 ? (127 * most) / own : 127;
    paint(maps[i], values.data.subarray(i * size, (i + 1) * size), rows, columns, full);
  }
  row.range.textContent = isInk ? "" : `largest ${short(most)}`;
  row.item.classList.remove("blank");
  row.item.dataset.more = channels > count ? `and ${channels - count} more channels` : "";
}

function markChosen(row, channel) {
  for (const map of mapsOf(row)) {
    map.classList.toggle("chosen", Number(map.dataset.channel) === channel);
  }
}

function short(value) {
  return value === 0 ? "0" : value.toPrecision(3);
}
