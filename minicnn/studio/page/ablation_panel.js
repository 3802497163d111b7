// Switch channels off by a click, and see what becomes of the answer and of 1,000 test images.

import { address } from "./address.js";
import { percent } from "./percent.js";
import { onThemeChange, paint } from "./colours.js";
import { make } from "./terms_view.js";

const MOST_CHANNELS = 256; // of a layer
const LARGEST_MAP = 34; // px

/** Starts the panel; `studio` is what `main.js` makes. */
export function start(element, studio) {
  const list = make("div", { class: "switches" });
  const bars = make("ol", { class: "pairs", "aria-label": "Probabilities with all switched on, and without some" });
  const accuracy = make("p", { class: "accuracy", role: "status", "aria-live": "polite" });
  const all = make("button", { type: "button" }, "Switch all on");
  element.append(
    make("div", { class: "choosing" }, make("span", { class: "why" }, "Click a channel, or a unit of a dense layer, to set it to zero."), all),
    make("div", { class: "looking switching" }, list, make("div", { class: "made" }, bars, accuracy)));
  let asked = 0;
  let maps = {};
  let drawn = null;

  const isOpen = () => address.get("panel") === "ablation" && address.get("view") === "live";

  function off() {
    const found = {};
    for (const part of (address.get("off") ?? "").split(";")) {
      const [, layer, channels] = part.match(/^(.+):([\d,]+)$/) ?? [];
      if (layer) found[decodeURIComponent(layer)] = channels.split(",").filter(Boolean).map(Number);
    }
    return found;
  }

  function toggle(layer, channel) {
    const now = off();
    const own = new Set(now[layer] ?? []);
    if (!own.delete(channel)) own.add(channel);
    now[layer] = [...own].sort((a, b) => a - b);
    const text = Object.entries(now).filter(([, found]) => found.length).map(([name, found]) => `${encodeURIComponent(name)}:${found.join(",")}`).join(";");
    address.set({ off: text || null });
  }

  async function update() {
    if (!isOpen()) return;
    const channels = off();
    all.disabled = Object.keys(channels).length === 0;
    if (!studio.answer) {
      accuracy.textContent = "Draw something first.";
      return;
    }
    const mine = ++asked;
    try {
      if (drawn !== studio.drawings) {
        const own = studio.drawings;
        const names = studio.network.layers.filter(isSwitchable).map(({ name }) => name);
        const answer = await studio.ask("maps", { layers: names, channels: MOST_CHANNELS });
        if (answer.skipped || answer.empty || mine !== asked) return;
        [maps, drawn] = [answer.maps, own];
      }
      showSwitches(channels);
      const found = await studio.ask("ablation", { channels });
      if (mine !== asked || found.skipped) return;
      showBars(found);
      const tested = await studio.ask("ablated_accuracy", { channels });
      if (mine !== asked || tested.skipped) return;
      showAccuracy(tested);
    } catch (error) {
      if (mine === asked) accuracy.textContent = error.message;
    }
  }

  function isSwitchable({ name, shape, parameters }) {
    return parameters > 0 && name !== studio.network.layers.at(-1).name && (shape.length === 3 || shape.length === 1);
  }

  function showSwitches(channels) {
    const focus = document.activeElement?.dataset?.switch;
    list.replaceChildren(...studio.network.layers.filter(isSwitchable).map((layer) => switchesOf(layer, channels[layer.name] ?? [])));
    if (focus) list.querySelector(`[data-switch="${CSS.escape(focus)}"]`)?.focus();
  }

  function switchesOf({ name, shape, channels_first: first }, without) {
    const isUnits = shape.length === 1;
    const all = isUnits ? shape[0] : shape[first ? 0 : 2];
    const count = Math.min(all, MOST_CHANNELS);
    const kind = isUnits ? "unit" : "channel";
    const buttons = Array.from({ length: count }, (_, c) => {
      const isOff = without.includes(c);
      const canvas = make("canvas", { "aria-hidden": "true" });
      const button = make("button", {
        type: "button", "aria-pressed": String(isOff), "data-switch": `${name}:${c}`,
        title: `${name}, ${kind} ${c}`, "aria-label": `Switch ${name}, ${kind} ${c} off`,
      }, canvas);
      paintChannel(canvas, maps[name], isUnits, c);
      button.addEventListener("click", () => toggle(name, c));
      return button;
    });
    const rest = all > count ? make("span", { class: "why" }, ` the first ${count} of ${all.toLocaleString("en")} ${kind}s`) : "";
    return make("section", {}, make("h3", {}, name), rest, make("div", { class: "channels" }, ...buttons));
  }

  function paintChannel(canvas, found, isUnits, c) {
    if (!found) return;
    const [, height, width] = found.values.shape;
    const [rows, columns] = isUnits ? [1, 1] : [height, width];
    const start = isUnits ? c : c * height * width;
    paint(canvas, found.values.data.subarray(start, start + rows * columns), rows, columns);
    canvas.style.width = canvas.style.height = `${isUnits ? 14 : LARGEST_MAP}px`;
  }

  function showBars({ before, after }) {
    bars.classList.toggle("named", studio.className(0).length > 2);
    bars.replaceChildren(...Array.from(before.data, (value, c) => {
      const [full, part] = [make("span", { class: "before" }), make("span", { class: "after" })];
      full.style.width = `${100 * value}%`;
      part.style.width = `${100 * after.data[c]}%`;
      return make("li", { "data-class": c, "aria-label": `${studio.className(c)}: ${percent(value)}, then ${percent(after.data[c])}` },
        make("span", { class: "name" }, studio.className(c)), make("span", { class: "double" }, full, part),
        make("span", { class: "share" }, percent(after.data[c])));
    }));
  }

  function showAccuracy({ images, before, after, by_class: classes }) {
    const worst = classes.map((share, c) => [share ?? 1, c]).sort((a, b) => a[0] - b[0])[0];
    accuracy.replaceChildren(
      make("strong", {}, percent(after, 1)),
      ` of ${images.toLocaleString("en")} test images are right, with all switched on ${percent(before, 1)}. `,
      `Hardest now: ${studio.className(worst[1])}, with ${percent(worst[0], 0)} right.`);
  }

  all.addEventListener("click", () => address.set({ off: null }));
  address.addEventListener("change", update);
  studio.addEventListener("answer", () => drawn !== studio.drawings && update());
  onThemeChange(update);
  update();
}
