// Follow one number: how one pixel of a feature map came about, step by step as the window slides.

import { address } from "./address.js";
import { PixelMap, pixelOf } from "./pixel_map.js";
import { RegionsOverlay, chosenMap } from "./regions_overlay.js";
import { explanationView, make, short } from "./terms_view.js";

const PAUSE = 350; // ms for each step of the sliding window

/** Starts the panel; `studio` is what `main.js` makes. */
export function start(element, studio) {
  const map = new PixelMap("Feature map");
  const overlay = new RegionsOverlay(document.querySelector("[data-strip]"));
  const layers = make("select", { "aria-label": "Layer" });
  const channels = make("select", { "aria-label": "Channel" });
  const slide = make("button", { type: "button", "data-do": "slide" }, "Slide");
  const title = make("p", { class: "number-title", role: "status", "aria-live": "polite" });
  const hint = make("p", { class: "why" }, "Choose a pixel or a unit with a click or the arrow keys, or another map below. Frames on the maps show what the number depends on.");
  const result = make("div", { class: "explained" });
  element.append(make("div", { class: "looking" },
    make("div", { class: "chooser" }, make("div", { class: "choosing" }, layers, channels, slide), map.element, hint),
    make("div", { class: "made" }, title, result)));
  let asked = 0;
  let isSliding = false;
  let timer = null;
  let more = null;

  const isOpen = () => address.get("panel") === "number" && address.get("view") === "live";

  async function update() {
    if (!isOpen() || !studio.answer) {
      overlay.clear();
      stop();
      if (isOpen()) title.replaceChildren("Draw something, then choose one of its numbers.");
      result.hidden = !studio.answer;
      return;
    }
    const maps = { ...studio.answer.maps, ...more };
    const wanted = wantedLayer();
    if (!maps[wanted]) {
      await fetchMaps(wanted);
      return;
    }
    const chosen = chosenMap(maps, wanted);
    const { layer, channel } = chosen;
    fill(layer, channel, maps);
    const pixel = pixelOf(address.get("pixel"), maps[layer], channel);
    map.label = `${layer}, channel ${channel}`;
    map.show(maps[layer], channel, pixel);
    const mine = ++asked;
    clearTimeout(timer);
    try {
      const [row, column] = map.pixel;
      const found = await studio.ask("number", { layer, channel, row, column });
      if (mine !== asked || found.skipped || !isOpen()) return;
      title.replaceChildren(make("strong", {}, short(found.value, 5)), ` ${layer}, ${place(found)} (${found.kind})`);
      result.hidden = false;
      result.replaceChildren(explanationView(found));
      if (isSliding) timer = setTimeout(() => map.step(), PAUSE);
      overlay.show(found.regions, { layer, channel, pixel: map.pixel });
    } catch (error) {
      if (mine !== asked) return;
      stop();
      overlay.clear();
      title.replaceChildren(error.message);
      result.replaceChildren();
    }
  }

  /** The maps of a layer that is not in sight, which the answer does not hold. */
  async function fetchMaps(layer) {
    const drawn = studio.answer;
    const answer = await studio.ask("maps", { layers: [layer] });
    if (studio.answer !== drawn || !answer.maps?.[layer]) return;
    more = { ...more, ...answer.maps };
    update();
  }

  /** The layer that the address names, if there is one; else the first with maps and weights. */
  function wantedLayer() {
    const named = address.get("layer");
    return studio.network.layers.some(({ name }) => name === named) ? named : firstWithWeights();
  }

  function firstWithWeights() {
    return studio.network?.layers.find(({ parameters, shape }) => parameters > 0 && shape.length === 3)?.name
      ?? (studio.network?.layers.find(({ parameters }) => parameters > 0) ?? studio.network?.layers[0])?.name;
  }

  function fill(layer, channel, maps) {
    layers.replaceChildren(...studio.network.layers.map(({ name }) => new Option(name, name, false, name === layer)));
    const count = maps[layer].values.shape[0];
    channels.hidden = count < 2;
    channels.replaceChildren(...Array.from({ length: count }, (_, i) => new Option(`channel ${i}`, i, false, i === channel)));
  }

  function stop() {
    clearTimeout(timer);
    isSliding = false;
    slide.textContent = "Slide";
  }

  layers.addEventListener("change", () => address.set({ layer: layers.value, channel: 0, pixel: null }));
  channels.addEventListener("change", () => address.set({ layer: layers.value, channel: channels.value }));
  slide.addEventListener("click", () => {
    if (isSliding) {
      stop();
      return;
    }
    if (!studio.answer) return;
    slide.textContent = "Stop";
    isSliding = true;
    map.step();
  });
  map.addEventListener("pick", () => {
    const chosen = chosenMap({ ...studio.answer?.maps, ...more }, wantedLayer());
    if (chosen) address.set({ ...chosen, pixel: map.pixel.join(",") });
  });
  address.addEventListener("change", update);
  studio.addEventListener("answer", () => {
    more = null;
    update();
  });
  update();
}

function place({ index }) {
  return index.length === 1 ? `unit ${index[0]}` : `at ${index.join(", ")}`;
}
