// The first view: from the canvas to the server, and from its answer to the bars and the layers.

import { address } from "./address.js";
import { Bars } from "./bars.js";
import { ChosenMap } from "./chosen_map.js";
import { DrawingCanvas, SMALL_SIDE, strokesAsText, strokesFromText } from "./canvas.js";
import { legend, onThemeChange, paint } from "./colours.js";
import { drawWithKeys } from "./pen_keys.js";
import { pictureOfText, shortPicture } from "./ink_text.js";
import { inkOfPhoto } from "./photo.js";
import { base64, Lost } from "./socket.js";
import { Strip } from "./strip.js";

const LONGEST_LINK = 6000; // characters of strokes in the address

/** Starts the view; `studio` is what `main.js` makes. */
export function startLive(root, studio) {
  const find = (selector) => root.querySelector(selector);
  const canvas = new DrawingCanvas(find("[data-drawing]"));
  const bars = new Bars(find("[data-bars]"), find("[data-guess]"), find("[data-spoken]"));
  const strip = new Strip(find("[data-strip]"));
  const chosen = new ChosenMap(studio, strip);
  studio.canvas = canvas;
  legend(find("[data-legend]"));
  drawWithKeys(canvas, addMarker(canvas.element));
  const seen = seenPicture(find("[data-seen]"));
  const sender = new Sender(studio, canvas, strip, show);

  function show(answer) {
    root.classList.toggle("empty", Boolean(answer.empty));
    find("[data-logits]").hidden = !answer.are_logits;
    if (answer.empty) {
      bars.clear();
      strip.clear();
      seen.clear();
    } else {
      bars.show(answer.probabilities.data);
      seen.show(answer.seen);
      requestAnimationFrame(() => strip.show(answer));
    }
    if (answer.empty || !studio.answer || !isSame(answer, studio.answer)) studio.drawings++;
    studio.answer = answer.empty ? null : answer;
    studio.dispatchEvent(new Event("answer"));
  }

  studio.addEventListener("network", () => chosen.update());
  canvas.addEventListener("change", () => {
    find("[data-hint]").hidden = !canvas.isEmpty;
    sender.send();
  });
  canvas.addEventListener("finish", () => {
    describe(canvas, studio);
    find("[data-do=undo]").disabled = !canvas.canUndo;
    find("[data-do=clear]").disabled = canvas.isEmpty;
    remember(canvas);
    sender.settled().then(() => bars.speak());
  });
  strip.addEventListener("visible", () => sender.send());
  let dataset = null;
  studio.addEventListener("network", () => {
    const before = dataset;
    dataset = studio.network.dataset;
    const { testImage: shown } = canvas;
    if (before && shown && before !== dataset) {
      loadTestImage(studio, canvas, shown.image).catch((error) => studio.notice(error.message));
    }
    bars.describe(studio.network);
    strip.describe(studio.network);
    canvas.element.toggleAttribute("inert", Boolean(studio.network.problem));
    sender.send();
  });
  studio.connection.listen("learning", () => sender.send());

  startTools(root, studio, canvas);
  startChoices(root, sender, studio);
  restore(studio, canvas);
}

/** Sends the drawing: one at a time, and when it is answered the newest one. */
class Sender {
  #isWaiting = false;
  #isStale = false;
  #done = Promise.resolve();

  constructor(studio, canvas, strip, show) {
    Object.assign(this, { studio, canvas, strip, show });
  }

  send() {
    this.#isStale = true;
    if (!this.#isWaiting) this.#done = this.#sendAll();
  }

  /** Resolves when the newest drawing is answered. */
  settled() {
    return this.#done;
  }

  /** What is drawn. A test image is as it should be already, so it stays as it is. */
  #picture() {
    const { testImage: image } = this.canvas;
    if (image) return { picture: { side: [image.side, image.side], ink: base64(image.ink) }, treatment: false };
    return {
      picture: { side: [SMALL_SIDE, SMALL_SIDE], ink: base64(this.canvas.ink()) },
      treatment: isTreated(this.studio),
    };
  }

  async #sendAll() {
    this.#isWaiting = true;
    try {
      while (this.#isStale && this.studio.network && !this.studio.network.problem) {
        this.#isStale = false;
        const start = performance.now();
        const answer = await this.studio.ask("draw", {
          ...this.#picture(),
          layers: this.strip.visible,
        });
        if (answer.skipped) continue;
        this.show(answer);
        performance.measure("stroke to bars", { start });
      }
    } catch (error) {
      if (!(error instanceof Lost)) this.studio.notice(error.message);
    } finally {
      this.#isWaiting = false;
    }
  }
}

/** Whether two answers are about the same picture and the same weights. */
function isSame(one, other) {
  return ["seen", "probabilities"].every((name) => {
    const values = other[name].data;
    return one[name].data.length === values.length && one[name].data.every((value, i) => value === values[i]);
  });
}

function seenPicture(element) {
  let last = null;
  const draw = () => {
    const [height, width] = last?.shape ?? [28, 28];
    paint(element, last?.data ?? [], height, width, 255);
  };
  onThemeChange(draw);
  draw();
  return {
    show(picture) { last = picture; draw(); },
    clear() { last = null; draw(); },
  };
}

function startTools(root, studio, canvas) {
  const chooser = root.querySelector("[data-photo]");
  const actions = {
    undo: () => canvas.undo(),
    clear: () => canvas.clear(),
    "test-image": () => loadTestImage(studio, canvas, null),
    photo: () => chooser.click(),
  };
  root.querySelector(".tools").addEventListener("click", (event) => {
    const name = event.target.closest("button")?.dataset.do;
    if (name) Promise.resolve(actions[name]()).catch((error) => studio.notice(error.message));
  });
  chooser.addEventListener("change", () => {
    loadPhoto(studio, canvas, chooser.files[0]);
    chooser.value = "";
  });
  const sheet = canvas.element.parentElement;
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      sheet.classList.toggle("over", name === "dragover");
      if (name === "drop") loadPhoto(studio, canvas, event.dataTransfer.files[0]);
    });
  }
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (file) loadPhoto(studio, canvas, file);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select")) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "z") actions.undo();
    else if (event.key === "Delete" && !event.target.closest("[role=grid]")) actions.clear();
    else return;
    event.preventDefault();
  });
}

async function loadPhoto(studio, canvas, file) {
  if (!file) return;
  try {
    const { ink, side, text } = shortPicture(await inkOfPhoto(file), LONGEST_LINK);
    canvas.addPicture(ink, side, { text });
    if (ink.every((amount) => amount === 0)) studio.notice("There is no digit to be seen in this photo.");
  } catch (error) {
    studio.notice(error.message);
  }
}

/** Loads a test image on the canvas, by its index or any. */
export async function loadTestImage(studio, canvas, index) {
  const { index: found, label, pixels } = await studio.ask("test_image", index === null ? {} : { index });
  canvas.addPicture(pixels.data, pixels.shape[0], { image: found, label });
}

function startChoices(root, sender, studio) {
  const { canvas } = studio;
  const treatment = root.querySelector("[data-treatment]");
  const scales = root.querySelectorAll("[name=scale]");
  const why = root.querySelector("[data-why]");
  const show = () => {
    treatment.checked = isTreated(studio);
    for (const scale of scales) scale.checked = scale.value === address.get("scale");
    treatment.disabled = canvas.testImage !== null;
    why.textContent = treatment.disabled
      ? "A test image was made like those that were learnt from. It goes into the network as it is."
      : treatment.checked
        ? "As MNIST’s digits were made: the ink fills 20 × 20 pixels, its centre of mass in the middle, the pen about 2 pixels wide."
        : usualTreatment(studio) === "off" ? "The whole canvas, just made small, as these pictures fill theirs."
          : "The whole canvas, just made small. A small digit in a corner is unlike any that was learnt from.";
  };
  treatment.addEventListener("change", () => {
    const wanted = treatment.checked ? "on" : "off";
    address.set({ treatment: wanted === usualTreatment(studio) ? null : wanted });
    sender.send();
  });
  for (const scale of scales) scale.addEventListener("change", () => address.set({ scale: scale.value }));
  canvas.addEventListener("finish", show);
  studio.addEventListener("network", show);
  address.addEventListener("change", () => {
    show();
    sender.send();
  });
  show();
}

/** Digits were centred as MNIST says; pictures of clothes were not. */
function usualTreatment(studio) {
  return studio.network?.dataset === "fashion-mnist" ? "off" : "on";
}

function isTreated(studio) {
  return (address.get("treatment") ?? usualTreatment(studio)) === "on";
}

function describe(canvas, studio) {
  const { picture, strokes } = canvas;
  const parts = [
    picture?.label === undefined ? picture && "a photo" : `test image ${picture.image}, a ${studio.className(picture.label)}`,
    strokes.length && `${strokes.length} stroke${strokes.length === 1 ? "" : "s"}`,
  ].filter(Boolean);
  canvas.element.setAttribute("aria-label", `Drawing area, ${parts.join(" and ") || "empty"}`);
}

/** Writes the drawing into the address: strokes, or if they are too many the ink that they left. */
function remember(canvas) {
  address.quietly(asKeys(canvas));
}

function asKeys(canvas) {
  const drawing = strokesAsText(canvas.strokes);
  const { image = null, text = null } = canvas.picture ?? {};
  if (drawing.length <= LONGEST_LINK) return { image, photo: text, drawing: drawing || null };
  return { image: null, photo: shortPicture(canvas.ink(), LONGEST_LINK).text, drawing: null };
}

/** Draws what the address says, now and whenever it is changed by hand. */
function restore(studio, canvas) {
  const draw = async () => {
    const [image, text] = [address.number("image"), address.get("photo")];
    const [photo, strokes] = [pictureOfText(text), strokesFromText(address.get("drawing") ?? "")];
    canvas.reset();
    if (photo) canvas.addPicture(photo.ink, photo.side, { text });
    else if (image !== null) await loadTestImage(studio, canvas, image);
    for (const points of strokes) canvas.addStroke(points);
    canvas.finish();
  };
  const drawOrSay = () => draw().catch((error) => studio.notice(error.message));
  studio.addEventListener("network", drawOrSay, { once: true });
  window.addEventListener("hashchange", () => {
    const { image, photo, drawing } = asKeys(canvas);
    const isShown = address.get("drawing") === drawing && address.number("image") === image
      && address.get("photo") === photo;
    if (!isShown) drawOrSay();
  });
}

function addMarker(element) {
  const marker = document.createElement("span");
  marker.className = "pen";
  marker.hidden = true;
  element.after(marker);
  return marker;
}
