// Where it fails: which digits of the test images are taken for which, and their pictures.

import { address } from "./address.js";
import { percent } from "./percent.js";
import { onThemeChange, paint } from "./colours.js";
import { loadTestImage } from "./live.js";
import { Lost } from "./socket.js";

const DIGITS = Array.from({ length: 10 }, (_, i) => i);
const FULL = Math.log1p(1000); // the count of full colour; a digit has about 1,000 test images
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const IS_STRONG = 0.6; // from here on, text stands on the colour in the colour of the paper
const READABLE = [0.5, 0.75]; // parts of the colour between which neither text can be read

/** Starts the view. `#cell=4,9` is the chosen cell: a 4 that is taken for a 9. */
export function start(element, studio) {
  element.classList.add("mistakes");
  element.innerHTML = `
    <header><h1>Where it fails</h1>
      <p class="mistakes-words" role="status">Counting needs a network.</p>
      <progress max="1" value="0" aria-label="Counted test images"></progress></header>
    <div class="mistakes-columns">
      <div>
        <table role="grid" aria-label="Digits by what they are and what they are taken for"></table>
        <div class="mistakes-legend"></div>
        <button type="button" data-again disabled>Count again</button>
      </div>
      <section aria-live="polite"><h2></h2><p class="mistakes-hint"></p><ol></ol></section>
    </div>`;
  const find = (selector) => element.querySelector(selector);
  const matrix = new Matrix(find("table"), studio, (cell) => address.set({ cell: cell.join(",") }));
  const pictures = new Pictures(find("section"), studio);
  legend(find(".mistakes-legend"));
  let round = 0;

  async function count() {
    const own = ++round;
    const isOld = () => own !== round;
    matrix.clear();
    find("[data-again]").disabled = true;
    try {
      for (let next = 0, images = 1; next < images && !isOld();) {
        const answer = await studio.ask("count_mistakes", { start: next });
        if (isOld()) return;
        [next, images] = [answer.counted, answer.images];
        matrix.show(answer.matrix.data);
        say(answer);
      }
      showPictures();
    } catch (error) {
      if (isOld() || error instanceof Lost) return;
      find(".mistakes-words").textContent = error.message;
      find("progress").hidden = true;
    }
    find("[data-again]").disabled = false;
  }

  function say({ counted, images, right }) {
    const wrong = (counted - right).toLocaleString("en");
    const part = percent(right / counted, 2);
    const isDone = counted === images;
    find(".mistakes-words").textContent = isDone
      ? `Of ${images.toLocaleString("en")} test images ${part} are right, ${wrong} wrong.`
      : `${counted.toLocaleString("en")} of ${images.toLocaleString("en")} test images: ${part} are right.`;
    find("progress").hidden = isDone;
    find("progress").value = counted / images;
  }

  function showPictures() {
    const cell = chosenCell();
    matrix.choose(cell);
    pictures.show(cell);
  }

  find("[data-again]").addEventListener("click", count);
  address.addEventListener("change", showPictures);
  studio.addEventListener("network", count);
  if (studio.network) count();
}

function chosenCell() {
  const found = (address.get("cell") ?? "").match(/^(\d),(\d)$/);
  return found ? [Number(found[1]), Number(found[2])] : null;
}

/** The share of full colour for a count, so that one mistake is seen beside 1,000 right answers. */
function strength(count) {
  return Math.min(Math.log1p(count) / FULL, 1);
}

function colour(element, part) {
  const [least, most] = READABLE;
  const shown = part <= IS_STRONG ? least * part / IS_STRONG
    : most + (1 - most) * (part - IS_STRONG) / (1 - IS_STRONG);
  element.style.setProperty("--part", `${Math.round(100 * shown)}%`);
  element.classList.toggle("strong", part > IS_STRONG);
}

/** The table of counts: rows are what the digits are, columns what they are taken for. */
class Matrix {
  constructor(table, studio, pick) {
    Object.assign(this, { table, studio });
    this.cells = DIGITS.map(() => []);
    const head = row(table, cell("th", ""), ...DIGITS.map((digit) => header(digit, "col")));
    head.firstChild.innerHTML = '<span class="for-readers">is, taken for</span>';
    for (const y of DIGITS) {
      const line = row(table, header(y, "row"));
      for (const x of DIGITS) {
        const button = document.createElement("button");
        button.type = "button";
        button.tabIndex = x + y === 0 ? 0 : -1;
        button.dataset.cell = `${y},${x}`;
        button.addEventListener("click", () => pick([y, x]));
        this.cells[y].push(button);
        line.append(cell("td", button));
      }
    }
    const caption = table.createCaption();
    caption.innerHTML = "<span>Rows: what it is</span><span>Columns: what it is taken for</span>";
    table.addEventListener("keydown", (event) => this.#key(event));
    this.clear();
  }

  clear() {
    for (const name of this.table.querySelectorAll("th[data-of]")) name.firstChild.textContent = this.studio.className(Number(name.dataset.of));
    this.table.classList.toggle("named", this.studio.className(0).length > 2);
    this.show(new Array(100).fill(0));
  }

  show(counts) {
    for (const y of DIGITS) for (const x of DIGITS) {
      const button = this.cells[y][x];
      const count = counts[10 * y + x];
      button.textContent = count || "";
      button.setAttribute("aria-label", this.#words(y, x, count));
      colour(button, strength(count));
    }
  }

  #words(y, x, count) {
    const [is, taken] = [this.studio.className(y), this.studio.className(x)];
    return x === y ? `${is}, recognised: ${count}` : `${is} taken for ${taken}: ${count}`;
  }

  choose(place) {
    for (const button of this.cells.flat()) {
      const isChosen = button.dataset.cell === place?.join(",");
      button.setAttribute("aria-pressed", String(isChosen));
      if (place) button.tabIndex = isChosen ? 0 : -1;
    }
  }

  #key(event) {
    const move = MOVES[event.key];
    const now = event.target.dataset?.cell?.split(",").map(Number);
    if (!move || !now) return;
    event.preventDefault();
    const [y, x] = now.map((value, i) => Math.min(Math.max(value + move[i], 0), 9));
    event.target.tabIndex = -1;
    this.cells[y][x].tabIndex = 0;
    this.cells[y][x].focus();
  }
}

/** The pictures in the chosen cell. */
class Pictures {
  #asked = 0;
  #painters = [];

  constructor(section, studio) {
    Object.assign(this, { section, studio });
    [this.title, this.hint, this.list] = section.children;
    onThemeChange(() => this.#painters.forEach((draw) => draw()));
    this.show(null);
  }

  async show(place) {
    const asked = ++this.#asked;
    if (!place) {
      this.#write("Choose a cell", "Click a cell of the table, or move with the arrow keys and press Enter.");
      return;
    }
    const [isDigit, taken] = place;
    try {
      const answer = await this.studio.ask("mistaken_pictures", { true: isDigit, predicted: taken });
      if (asked === this.#asked && !answer.skipped) this.#show(answer);
    } catch (error) {
      if (asked === this.#asked) this.#write("", "");
    }
  }

  #show({ true: isDigit, predicted, count, indices, probabilities, pixels }) {
    const isRight = isDigit === predicted;
    const [is, taken] = [this.studio.className(isDigit), this.studio.className(predicted)];
    const order = isRight ? "those it was least sure of first" : "the surest mistakes first";
    const part = count > indices.data.length ? ` Here are ${indices.data.length}.` : "";
    this.#write(
      isRight ? `${is}, recognised: ${count}` : `${is} taken for ${taken}: ${count}`,
      count ? `With the network's probability for ${taken}, ${order}.${part} Click one to load it on the canvas.`
        : "There is no such picture.",
    );
    const size = 28 * 28;
    this.#painters = Array.from(indices.data, (index, i) => {
      const picture = pixels.data.subarray(i * size, (i + 1) * size);
      const canvas = document.createElement("canvas");
      const words = document.createElement("span");
      words.textContent = percent(probabilities.data[i]);
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.image = index;
      button.setAttribute("aria-label", `Test image ${index}, a ${is}; ${taken} with ${words.textContent}`);
      button.title = `Test image ${index}`;
      button.append(canvas, words);
      button.addEventListener("click", () => this.#load(index));
      const item = document.createElement("li");
      item.append(button);
      this.list.append(item);
      const draw = () => paint(canvas, picture, 28, 28, 255);
      draw();
      return draw;
    });
  }

  #write(title, hint) {
    this.title.textContent = title;
    this.hint.textContent = hint;
    this.list.replaceChildren();
    this.#painters = [];
  }

  async #load(index) {
    try {
      await loadTestImage(this.studio, this.studio.canvas, index);
      address.set({ view: "live" });
      scrollTo(0, 0);
    } catch (error) {
      this.studio.notice(error.message);
    }
  }
}

/** The colours of the counts. */
function legend(element) {
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", "The more pictures, the stronger the colour: 0, 1, 10, 100, 1,000");
  element.append(...[0, 1, 10, 100, 1000].map((count) => {
    const box = document.createElement("span");
    box.textContent = count.toLocaleString("en");
    colour(box, strength(count));
    return box;
  }), "pictures");
}

function row(table, ...cells) {
  const line = table.insertRow();
  line.append(...cells);
  return line;
}

function cell(tag, content) {
  const element = document.createElement(tag);
  element.append(content);
  return element;
}

function header(digit, scope) {
  const words = document.createElement("span");
  words.textContent = digit;
  const element = cell("th", words);
  element.scope = scope;
  element.dataset.of = digit;
  return element;
}
