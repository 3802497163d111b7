// The settings of a training. They stand in the address: `#optimizer=adam&layers=conv 8,max pooling`.

import { address } from "./address.js";

const USUAL = {
  dataset: "mnist", optimizer: "adam", rate: "0.003", batch: "64", epochs: "5", images: "10000",
  stack: "conv 8,max pooling,conv 16,max pooling",
};
const NAMES = {
  mnist: "MNIST", "fashion-mnist": "Fashion-MNIST",
  sgd: "SGD", momentum: "Momentum 0.9", rmsprop: "RMSprop", adam: "Adam",
};

export class TrainingForm {
  #layers = [];

  /** `start(settings)` is called when the form is sent. */
  constructor(form, choices, start) {
    Object.assign(this, { form, choices });
    form.innerHTML = `
      <label>Images <select name="dataset"></select></label>
      <fieldset><legend>Layers</legend>
        <ol class="stack"></ol>
        <label class="for-readers" for="add-layer">Add a layer</label>
        <select id="add-layer" data-add></select>
        <p class="quiet">Then one dense layer for the ten classes.</p></fieldset>
      <label>Optimizer <select name="optimizer"></select></label>
      <label>Learning rate <input name="rate" type="number" min="0.000001" max="10" step="any" required></label>
      <label>Batch size <input name="batch" type="number" min="1" max="${choices.largest_batch}" required></label>
      <label>Epochs <input name="epochs" type="number" min="1" max="${choices.most_epochs}" required></label>
      <label>Training images <input name="images" type="number" min="100" max="${choices.most_images}" required></label>
      <button type="submit" class="main">Start</button>`;
    fill(form.elements.dataset, choices.datasets);
    fill(form.elements.optimizer, choices.optimizers);
    const add = form.querySelector("[data-add]");
    add.append(new Option("+ add a layer", ""));
    fill(add, choices.layers);
    add.addEventListener("change", () => {
      if (add.value && this.#layers.length < choices.most_layers) this.#setLayers([...this.#layers, add.value]);
      add.value = "";
    });
    form.addEventListener("change", () => this.#remember());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      start(this.settings());
    });
    this.#read();
    address.addEventListener("change", () => this.#read());
  }

  /** What `run_start` takes. */
  settings() {
    const { dataset, optimizer, rate, batch, epochs, images } = this.form.elements;
    return {
      dataset: dataset.value, layers: this.#layers, optimizer: optimizer.value, learning_rate: Number(rate.value),
      batch_size: Number(batch.value), epochs: Number(epochs.value), images: Number(images.value),
    };
  }

  #read() {
    for (const name of Object.keys(USUAL)) {
      const field = this.form.elements[name];
      if (field) field.value = address.get(name) ?? USUAL[name];
    }
    for (const name of ["dataset", "optimizer"]) {
      if (!this.form.elements[name].value) this.form.elements[name].value = USUAL[name];
    }
    const layers = (address.get("stack") ?? USUAL.stack).split(",").filter((name) => this.choices.layers.includes(name));
    if (layers.join() !== this.#layers.join()) this.#setLayers(layers.slice(0, this.choices.most_layers));
  }

  #remember() {
    const values = { stack: this.#layers.join(",") };
    for (const name of Object.keys(USUAL)) if (name !== "stack") values[name] = this.form.elements[name].value;
    for (const name of Object.keys(values)) if (values[name] === USUAL[name]) values[name] = null;
    address.quietly(values);
  }

  #setLayers(layers) {
    this.#layers = layers;
    this.form.querySelector(".stack").replaceChildren(...layers.map((name, i) => {
      const item = document.createElement("li");
      const remove = document.createElement("button");
      remove.type = "button";
      remove.textContent = "×";
      remove.setAttribute("aria-label", `Remove layer ${i + 1}, ${name}`);
      remove.addEventListener("click", () => {
        this.#setLayers(this.#layers.filter((_, k) => k !== i));
        this.#remember();
      });
      item.append(name, remove);
      return item;
    }));
    this.form.querySelector("[data-add]").disabled = layers.length >= this.choices.most_layers;
  }
}

function fill(select, names) {
  select.append(...names.map((name) => new Option(NAMES[name] ?? name, name)));
}
