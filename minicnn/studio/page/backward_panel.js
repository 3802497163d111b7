// Look backwards: gradients of the score of a class, at every layer; and one weight's training step.

import { address } from "./address.js";
import { classChooser } from "./class_chooser.js";
import { legend, onThemeChange, paint } from "./colours.js";
import { PixelMap, pixelOf } from "./pixel_map.js";
import { chosenMap } from "./regions_overlay.js";
import { Strip } from "./strip.js";
import { explanationView, make, short, stepsView } from "./terms_view.js";

/** Starts the panel; `studio` is what `main.js` makes. */
export function start(element, studio) {
  const classes = classChooser(studio, "The class whose score is looked at");
  const saliency = picture("Saliency");
  const camera = picture("Grad-CAM");
  const map = new PixelMap("Gradient");
  const title = make("p", { class: "number-title", role: "status", "aria-live": "polite" });
  const result = make("div", { class: "explained" });
  const list = make("ol", { class: "strip", "data-gradients": "" });
  const key = make("div", { class: "legend" });
  const strip = new Strip(list);
  const step = weightStep(studio, classes);
  legend(key);
  element.append(
    make("div", { class: "choosing" }, make("span", {}, "How the score of the class"), classes.element, make("span", {}, "would change with each number")),
    make("div", { class: "pictures" }, saliency.element, camera.element),
    make("div", { class: "looking" },
      make("div", { class: "chooser" }, make("h3", {}, "One number of the gradient"), map.element,
        make("p", { class: "why" }, "Choose a map of the gradients below, then a pixel.")),
      make("div", { class: "made" }, title, result)),
    make("div", { class: "strip-head" }, make("h2", {}, "Gradients, layer by layer"), key), list,
    step.element);
  let asked = 0;
  let maps = {};

  const isOpen = () => address.get("panel") === "backward" && address.get("view") === "live";
  const showMaps = () => studio.answer && strip.showMaps(maps);
  const describe = () => studio.network && strip.describe(studio.network);

  async function update() {
    if (!isOpen()) return;
    classes.show();
    if (!studio.answer) {
      title.replaceChildren("Draw something first.");
      result.replaceChildren();
      return;
    }
    const mine = ++asked;
    try {
      const found = await studio.ask("backward", { class_index: classes.value() });
      if (mine !== asked || found.skipped) return;
      maps = { ...found.maps, ...(found.saliency && { [studio.network.input_name]: found.saliency }) };
      showMaps();
      saliency.show(found.saliency, `The gradient to each pixel: more ink there raises (orange) or lowers (blue) the score ${short(found.score)}.`);
      camera.heat(found.grad_cam, studio.answer.seen);
      await updateNumber(mine);
      await step.update();
    } catch (error) {
      if (mine === asked) studio.notice(error.message);
    }
  }

  async function updateNumber(mine) {
    const first = studio.network.layers.find(({ name, shape }) => maps[name] && shape.length === 3);
    const chosen = chosenMap(maps, first?.name ?? Object.keys(maps)[0]);
    if (!chosen) return;
    const { layer, channel } = chosen;
    map.label = `Gradient to ${layer}, channel ${channel}`;
    map.show(maps[layer], channel, pixelOf(address.get("pixel"), maps[layer], channel));
    const [row, column] = map.pixel;
    const found = await studio.ask("gradient_number", { class_index: classes.value(), layer, channel, row, column });
    if (mine !== asked || found.skipped) return;
    title.replaceChildren(make("strong", {}, short(found.value, 5)), ` the gradient to ${layer} at ${found.index.join(", ")}`);
    result.replaceChildren(explanationView(found));
  }

  map.addEventListener("pick", () => {
    const first = studio.network.layers.find(({ name, shape }) => maps[name] && shape.length === 3);
    const chosen = chosenMap(maps, first?.name ?? Object.keys(maps)[0]);
    if (chosen) address.set({ ...chosen, pixel: map.pixel.join(",") });
  });
  strip.addEventListener("visible", showMaps);
  address.addEventListener("change", update);
  studio.addEventListener("network", describe);
  studio.addEventListener("answer", update);
  describe();
  update();
}

/** A picture with a caption. */
function picture(name) {
  const canvas = make("canvas", { role: "img", "aria-label": name, width: 28, height: 28 });
  const words = make("p", { class: "why" });
  const element = make("figure", { class: "small-picture", "data-picture": name }, canvas,
    make("figcaption", {}, make("strong", {}, name), words));
  let draw = () => {};
  onThemeChange(() => draw());
  return {
    element,
    show(found, text) {
      element.hidden = !found;
      if (!found) return;
      const [, height, width] = found.values.shape;
      draw = () => paint(canvas, found.values.data, height, width);
      words.textContent = text;
      draw();
    },
    heat(found, seen) {
      element.hidden = !found;
      if (!found) return;
      const [height, width] = found.heat.shape;
      const most = Math.max(...found.heat.data, 1e-30);
      draw = () => paint(canvas, Array.from(found.heat.data, (heat, i) => heat / most - 0.25 * (seen.data[i] ?? 0) / 255), height, width, 1);
      words.textContent = `Where ${found.layer} sees the class (orange); the ink is blue.`;
      draw();
    },
  };
}

/** The training step of one weight: the sum of its gradient, and the optimizer's lines. */
function weightStep(studio, classes) {
  const weights = make("select", { "aria-label": "Weights" });
  const index = make("div", { class: "choosing" });
  const title = make("p", { class: "number-title", role: "status" });
  const gradient = make("div", {});
  const lines = make("div", {});
  const element = make("section", { class: "weight-step" }, make("h2", {}, "A training step for one weight"),
    make("p", { class: "why" }, "If this drawing were a batch of its own and the class above the right answer."),
    make("div", { class: "choosing" }, weights, index), title,
    make("div", { class: "two" }, make("div", {}, make("h3", {}, "Its gradient"), gradient), make("div", {}, make("h3", {}, "The step"), lines)));
  /** The weight and the element of it that the address names. */
  const wanted = () => {
    const [weight, at] = [address.get("weight"), address.get("at")];
    if (weight === null) return {};
    return /^\d{1,6}(,\d{1,6}){0,7}$/.test(at ?? "") ? { weight, index: at.split(",").map(Number) } : { weight };
  };
  let asked = 0;

  async function update() {
    const mine = ++asked;
    try {
      const found = await studio.ask("weight_step", { class_index: classes.value(), ...wanted() });
      if (mine !== asked || found.skipped) return;
      show(found);
    } catch (error) {
      if (mine !== asked) return;
      title.replaceChildren(error.message);
      gradient.replaceChildren();
      lines.replaceChildren();
    }
  }

  function show(found) {
    weights.replaceChildren(...found.weights.map(({ path }) => new Option(path, path, false, path === found.weight)));
    const { shape } = found.weights.find(({ path }) => path === found.weight);
    if (!index.contains(document.activeElement)) {
      index.replaceChildren(...found.at.map((i, axis) => {
        const input = make("input", { type: "number", min: 0, max: shape[axis] - 1, value: i, "aria-label": `Index ${axis}` });
        input.addEventListener("change", () => {
          const all = [...index.children].map((one) => Math.min(Math.max(Math.trunc(Number(one.value)) || 0, 0), Number(one.max)));
          address.quietly({ weight: found.weight, at: all.join(",") });
          update();
        });
        return input;
      }));
    }
    title.replaceChildren(make("strong", {}, short(found.gradient.value, 5)), ` the gradient of ${found.weight}[${found.at.join(", ")}]; loss ${short(found.loss, 4)}`);
    gradient.replaceChildren(explanationView(found.gradient));
    const rate = found.update?.steps.find(({ name }) => name === "learning rate");
    const ended = rate?.value === 0 ? [make("p", { class: "why" }, "The learning rate is 0: its schedule has come to the end.")] : [];
    lines.replaceChildren(...ended, found.update ? stepsView(found.update.steps) : make("p", { class: "why" }, found.why));
  }

  weights.addEventListener("change", () => {
    address.quietly({ weight: weights.value, at: null });
    update();
  });
  return { element, update };
}
