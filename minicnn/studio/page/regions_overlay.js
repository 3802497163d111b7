// The receptive field of an element, as frames on the maps of all earlier layers.

import { address } from "./address.js";

export class RegionsOverlay {
  #frames = [];
  #last = null;

  constructor(list) {
    this.list = list;
    new ResizeObserver(() => this.#last && this.show(...this.#last)).observe(list);
  }

  /**
   * `regions` names for each layer the first and the end of the rows and columns; `own` is the
   * element itself: `{ layer, channel, pixel }`.
   */
  show(regions, own) {
    this.clear();
    this.#last = [regions, own];
    for (const [layer, axes] of Object.entries(regions)) {
      if (axes.length > 2) continue;
      for (const map of this.#mapsOf(layer)) this.#frame(map, axes, "field");
    }
    const map = this.#mapsOf(own.layer)[own.channel];
    const axes = own.pixel.map((at) => [at, at + 1]);
    if (map) this.#frame(map, isOfUnits(map) ? axes.slice(1) : axes, "own");
  }

  clear() {
    for (const frame of this.#frames) frame.remove();
    this.#frames = [];
    this.#last = null;
  }

  #mapsOf(layer) {
    const row = [...this.list.children].find((item) => item.dataset.layer === layer);
    return row ? [...row.querySelectorAll(".maps > canvas")] : [];
  }

  #frame(map, axes, kind) {
    const [top, bottom, left, right] = sidesOf(axes, map);
    if (bottom > map.height || right > map.width) return;
    const frame = document.createElement("span");
    frame.className = `frame-on-map ${kind}`;
    const [x, y] = [map.offsetWidth / map.width, map.offsetHeight / map.height];
    Object.assign(frame.style, {
      left: `${map.offsetLeft + left * x}px`, top: `${map.offsetTop + top * y}px`,
      width: `${Math.max((right - left) * x, 3)}px`, height: `${Math.max((bottom - top) * y, 3)}px`,
    });
    map.parentElement.append(frame);
    this.#frames.push(frame);
  }
}

/** Where a region lies on a map. Units may stand in several rows, which are then framed whole. */
function sidesOf([[first, end], columns], map) {
  if (!isOfUnits(map)) return [first, end, ...(columns ?? [0, map.width])];
  const [top, bottom] = [Math.floor(first / map.width), Math.ceil(end / map.width)];
  const skipped = top * map.width;
  return bottom - top > 1 ? [top, bottom, 0, map.width] : [top, bottom, first - skipped, end - skipped];
}

function isOfUnits(map) {
  return map.closest(".layer").classList.contains("units");
}

/** The layer and channel that the address names, if there are maps of them; else a fallback. */
export function chosenMap(maps, fallback) {
  const layer = address.get("layer");
  if (layer !== null && maps[layer]) {
    const count = maps[layer].values.shape[0];
    return { layer, channel: Math.min(address.number("channel") ?? 0, count - 1) };
  }
  return fallback && maps[fallback] ? { layer: fallback, channel: 0 } : null;
}
