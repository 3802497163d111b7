// Watch it learn: a training from its random start, with curves, filters, maps and gradients.

import { address } from "./address.js";
import { percent } from "./percent.js";
import { legend, onThemeChange, paint } from "./colours.js";
import { Curves } from "./curves.js";
import { Lost } from "./socket.js";
import { TrainingForm } from "./training_form.js";

const SECOND = 1000;
const STATES = { loading: "Loading the images …", running: "Learning", paused: "Paused", done: "Done", stopped: "Stopped" };

/** Starts the view. */
export function start(element, studio) {
  element.classList.add("watching");
  element.innerHTML = `
    <aside><h1>Watch it learn</h1>
      <p class="quiet">Choose a network and start. It begins with random weights.</p>
      <form></form></aside>
    <div class="watched">
      <div class="controls" role="toolbar" aria-label="Training">
        <button type="button" data-run="pause">Pause</button>
        <button type="button" data-run="step" title="One batch">Step</button>
        <button type="button" data-run="stop">Stop</button>
        <p role="status" class="run-words">Nothing is learning yet.</p>
      </div>
      <p class="run-key"><b><span class="key-learning"></span>while learning</b> <b><span class="key-measured"></span>on 1,000 test images</b></p>
      <div class="curves"><figure></figure><figure></figure></div>
      <div class="run-looks" hidden>
        <div class="rewind"><label for="epoch">Look at</label>
          <input id="epoch" type="range" min="0" max="1" value="1">
          <output for="epoch"></output>
          <button type="button" data-use>Draw with it</button></div>
        <div class="strip-head"><h2 class="run-answer"></h2><div class="legend"></div></div>
        <section class="run-gradients"><h3>Gradient norms</h3><ol></ol></section>
        <section class="run-filters"><h3></h3><div class="maps"></div></section>
        <section class="run-maps"></section>
      </div>
    </div>`;
  legend(element.querySelector(".legend"));
  const view = new TrainingView(element, studio);
  studio.ask("run_choices").then((choices) => view.begin(choices)).catch((error) => studio.notice(error.message));
}

class TrainingView {
  #run = null;
  #shown = null;
  #isAsking = false;
  #followsNow = true;

  constructor(element, studio) {
    Object.assign(this, { element, studio });
    this.find = (selector) => element.querySelector(selector);
    const [loss, accuracy] = element.querySelectorAll("figure");
    this.curves = [
      new Curves(loss, { title: "Loss", column: 1, most: null, format: (value) => String(Number(value.toPrecision(3))) }),
      new Curves(accuracy, { title: "Accuracy", column: 2, most: 1, format: (value) => percent(value, 0) }),
    ];
    this.find(".controls").addEventListener("click", ({ target }) => this.#control(target.dataset.run));
    this.find("#epoch").addEventListener("input", () => this.#slide());
    this.find("[data-use]").addEventListener("click", () => this.#use());
    studio.connection.listen("run", (run) => this.show(run));
    studio.connection.addEventListener("lost", () => this.#forget());
    studio.addEventListener("answer", () => this.#look());
    onThemeChange(() => this.#paint());
    setInterval(() => { if (this.#run?.state === "running" && this.#followsNow) this.#look(); }, SECOND);
    this.#buttons();
  }

  /** Makes the form, and shows a training that runs already. */
  begin(choices) {
    this.form = new TrainingForm(this.find("form"), choices, (settings) => this.#start(settings));
    if (choices.run) this.show(choices.run);
  }

  /** Shows how far the training is. */
  show(run) {
    const before = this.#run;
    this.#run = run;
    const share = run.measured.shape[0] ? run.measured.data.at(-1) : null;
    this.find(".run-words").textContent = run.problem ?? [
      STATES[run.state], `step ${run.step} of ${run.steps}`,
      share === null ? "" : `${percent(share)} of the test images right`,
    ].filter(Boolean).join(" · ");
    const slider = this.find("#epoch");
    slider.max = run.kept + 1; // the last place is "now"
    if (this.#followsNow) slider.value = slider.max;
    this.#buttons();
    this.#drawCurves();
    this.find(".run-looks").hidden = run.state === "loading";
    if (before?.state !== run.state || before?.kept !== run.kept || run.state === "paused") this.#look();
  }

  get #epoch() {
    return this.#followsNow ? null : Number(this.find("#epoch").value);
  }

  #forget() {
    if (this.#run) this.show({ ...this.#run, state: "stopped" });
  }

  #drawCurves() {
    for (const curve of this.curves) curve.show(this.#run, this.#epoch);
  }

  #buttons() {
    const { state } = this.#run ?? {};
    const isOver = !state || state === "done" || state === "stopped";
    for (const button of this.element.querySelectorAll("[data-run]")) button.disabled = isOver;
    const pause = this.element.querySelector("[data-run=pause], [data-run=go]");
    pause.dataset.run = state === "paused" ? "go" : "pause";
    pause.textContent = state === "paused" ? "Go on" : "Pause";
  }

  async #start(settings) {
    try {
      this.#followsNow = true;
      this.#shown = null;
      this.show(await this.studio.ask("run_start", settings));
      if (innerWidth < 900) this.find(".watched").scrollIntoView();
    } catch (error) {
      this.studio.notice(error.message);
    }
  }

  async #control(wanted) {
    if (!wanted) return;
    try {
      await this.studio.ask("run_control", { do: wanted });
    } catch (error) {
      this.studio.notice(error.message);
    }
  }

  #slide() {
    const slider = this.find("#epoch");
    this.#followsNow = slider.value === slider.max;
    this.#drawCurves();
    this.#look();
  }

  async #use() {
    try {
      this.studio.look(await this.studio.ask("run_use", this.#asked()));
      address.set({ view: "live", layer: null, channel: null, pixel: null });
      scrollTo(0, 0);
    } catch (error) {
      this.studio.notice(error.message);
    }
  }

  #asked() {
    return this.#epoch === null ? {} : { epoch: this.#epoch };
  }

  /** Asks for what the network looks like, unless the view is hidden or an answer is awaited. */
  async #look() {
    if (!this.#run || this.element.hidden || this.#run.state === "loading") return;
    if (this.#isAsking) { this.isStale = true; return; }
    this.#isAsking = true;
    try {
      const answer = await this.studio.ask("run_view", this.#asked());
      if (!answer.loading && !answer.skipped) {
        this.#shown = answer;
        this.#paint();
      }
    } catch (error) {
      if (!(error instanceof Lost)) this.studio.notice(error.message);
    }
    this.#isAsking = false;
    if (this.isStale) {
      this.isStale = false;
      this.#look();
    }
  }

  #paint() {
    if (!this.#shown) return;
    const { epoch, step, filters, maps, gradients, probabilities, picture_is: what, class_names: names } = this.#shown;
    const when = epoch === null ? `now (step ${step})` : epoch === 0 ? "the random start" : `after epoch ${epoch}`;
    this.find("output").textContent = when;
    this.find("#epoch").setAttribute("aria-valuetext", when);
    const values = Array.from(probabilities.data);
    const best = values.indexOf(Math.max(...values));
    this.find(".run-answer").textContent = `For ${what} it says ${names[best]}, ${percent(values[best])}`;
    this.find(".run-filters h3").textContent = `Weights of ${filters.layer}${partOf(filters)}`;
    showMaps(this.find(".run-filters .maps"), filters, filters.layer, 40);
    const section = this.find(".run-maps");
    section.replaceChildren(...maps.map((layer) => {
      const row = document.createElement("div");
      const title = document.createElement("h3");
      title.textContent = `${layer.name} · ${layer.class}${partOf(layer)}`;
      const list = document.createElement("div");
      list.className = "maps";
      showMaps(list, layer, layer.name, 44);
      row.append(title, list);
      return row;
    }));
    this.#paintGradients(gradients);
  }

  #paintGradients(gradients) {
    const largest = Math.max(...Object.values(gradients).filter(Number.isFinite), 1e-12);
    this.find(".run-gradients ol").replaceChildren(...Object.entries(gradients).map(([name, norm]) => {
      const item = document.createElement("li");
      const [words, bar, number] = ["span", "meter", "span"].map((tag) => document.createElement(tag));
      words.textContent = name;
      Object.assign(bar, { min: 0, max: largest, value: norm ?? 0 });
      bar.setAttribute("aria-label", `Gradient norm of ${name}`);
      number.textContent = norm === null ? "not finite" : norm.toPrecision(3);
      item.append(words, bar, number);
      return item;
    }));
  }
}

/** Says so where not all maps are shown. */
function partOf({ values, channels }) {
  return channels > values.shape[0] ? `, ${values.shape[0]} of ${channels}` : "";
}

/** Draws maps of 127 steps into canvases, which are used again. */
function showMaps(list, { values }, name, side) {
  const [count, height, width] = values.shape;
  while (list.children.length > count) list.lastChild.remove();
  while (list.children.length < count) {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    list.append(canvas);
  }
  Array.from(list.children).forEach((canvas, i) => {
    canvas.setAttribute("aria-label", `${name}, channel ${i}`);
    paint(canvas, values.data.subarray(i * height * width, (i + 1) * height * width), height, width);
    canvas.style.width = `${height === 1 ? Math.min(20 * width, 300) : side}px`;
    canvas.style.height = `${height === 1 ? 20 : side}px`;
  });
}
