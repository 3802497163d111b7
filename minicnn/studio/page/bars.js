// The probabilities as ten bars, and the answer in words.

import { percent } from "./percent.js";

const MOST = 10;
const LEAST_SHOWN = 0.01; // smaller shares have no number above their bar

export class Bars {
  #bars = [];

  constructor(list, guess, spoken) {
    Object.assign(this, { list, guess, spoken });
  }

  /** Makes a bar for each class. */
  describe(network) {
    const count = network.classes ?? 0;
    this.#bars = Array.from({ length: Math.min(count, MOST) }, () => bar());
    this.list.replaceChildren(...this.#bars.map(({ item }) => item));
    this.names = network.class_names;
    this.list.classList.toggle("named", this.names.some((name) => name.length > 2));
    this.clear();
  }

  /** Shows probabilities; of more than ten classes the ten likeliest. */
  show(probabilities) {
    const values = Array.from(probabilities);
    const order = values.map((_, i) => i);
    const best = order.reduce((a, b) => (values[b] > values[a] ? b : a), 0);
    const shown = order.length <= MOST ? order
      : order.sort((a, b) => values[b] - values[a]).slice(0, MOST).sort((a, b) => a - b);
    shown.forEach((index, i) => this.#show(this.#bars[i], index, values[index], index === best));
    if (values.length === 1) {
      this.#say(`The output is ${values[0].toPrecision(3)}`);
      return;
    }
    this.#say(this.names[best] ?? best, values[best]);
  }

  clear() {
    this.#bars.forEach((one, i) => this.#show(one, i, null, false));
    this.guess.textContent = "No answer yet";
    this.guess.classList.add("none");
    this.spoken.textContent = "";
    this.words = "";
  }

  /** Lets screen readers say the answer: when a stroke is finished, not during it. */
  speak() {
    if (this.spoken.textContent !== this.words) this.spoken.textContent = this.words;
  }

  #show({ item, name, fill, share }, index, value, isBest) {
    item.classList.toggle("best", isBest);
    item.dataset.class = index;
    const own = this.names[index] ?? index;
    name.textContent = own;
    const part = Math.min(Math.max(value ?? 0, 0), 1);
    fill.style.setProperty("--part", part);
    share.textContent = value > LEAST_SHOWN ? percent(value) : "";
    item.setAttribute("aria-label", value === null ? `${own}: no answer` : `${own}: ${percent(value)}`);
  }

  #say(best, value = null) {
    const [what, share] = [document.createElement("strong"), document.createElement("span")];
    what.textContent = best;
    share.textContent = value === null ? "" : percent(value);
    this.guess.replaceChildren(what, share);
    this.guess.classList.remove("none");
    this.words = value === null ? best : `This looks like ${best}, ${percent(value)}`;
  }
}

function bar() {
  const item = document.createElement("li");
  const [share, track, fill, name] = ["span", "span", "span", "span"].map((tag) => document.createElement(tag));
  share.className = "share";
  track.className = "track";
  fill.className = "fill";
  name.className = "name";
  track.append(fill);
  item.append(share, track, name);
  return { item, name, fill, share };
}
