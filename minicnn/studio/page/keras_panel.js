// The drawing through real Keras with the same weights: the differences, layer by layer.

import { address } from "./address.js";
import { size } from "./lesson_errors.js";
import { make } from "./lesson_parts.js";

const LEAST = 1e-8; // an empty bar
const MOST = 1e-2; // a full one

/** Fills the panel; it asks when it is opened, and when one asks it to. */
export function start(element, studio) {
  element.setAttribute("aria-label", "Beside Keras");
  const words = make("p", "keras-words", { "aria-live": "polite" });
  const button = make("button", "", { type: "button", "data-do": "ask-keras" }, "Compare this drawing");
  const result = make("div", "keras-result");
  element.append(words, button, result);

  let compared = null; // which of `studio.drawings`

  const ask = async () => {
    compared = studio.drawings;
    words.textContent = "Keras computes the same drawing. It needs some seconds to start the first time.";
    button.disabled = true;
    try {
      const answer = await studio.ask("beside_keras");
      if (answer.asked === false) words.textContent = answer.why_not;
      if (answer.asked) return;
    } catch (error) {
      words.textContent = error.message;
    }
    button.disabled = false;
  };
  studio.connection.listen("beside_keras", (answer) => {
    button.disabled = false;
    if (answer.why_not) words.textContent = answer.why_not;
    else result.replaceChildren(...comparison(answer, words, studio));
  });
  button.addEventListener("click", ask);
  const check = () => {
    if (!studio.answer || studio.drawings === compared || address.get("panel") !== "keras") return;
    if (compared === null) ask();
    else if (!button.disabled) words.textContent = "The drawing has changed since it was compared.";
  };
  studio.addEventListener("answer", check);
  address.addEventListener("change", check);
  if (studio.answer) ask();
  else words.textContent = "Draw something: the same drawing then goes through real Keras, with the same weights.";
}

function comparison({ version, class_index: digit, layers, input, missing, ties }, words, studio) {
  const all = [input, ...layers].flatMap(({ forward, backward }) => [forward, backward]).filter(Number.isFinite);
  words.textContent = `Keras ${version} with the same weights: the largest difference is ${size(Math.max(...all))} `
    + "of the layer's largest number.";
  const table = make("table", "keras-table");
  const head = make("tr");
  for (const title of ["layer", "forward", `backward, from class ${studio.className(digit)}`]) head.append(make("th", "", { scope: "col" }, title));
  table.append(head, row({ ...input, name: "drawing", class: "", forward: null }), ...layers.map(row));
  const parts = [table];
  if (ties.length) parts.push(make("p", "quiet keras-ties", {}, tied(ties)));
  if (missing.length) parts.push(make("p", "quiet", {}, `Not compared, as they are inside of others or called several times: ${missing.join(", ")}.`));
  return parts;
}

/** Which numbers tie, in words. */
function tied(ties) {
  const of = ties.map(({ layer, count, what }) => `${count} ${what}${count === 1 ? " ties" : "s tie"} in ${layer}`);
  return `${of.join(", ")}, up to rounding: the gradient goes to either of the tied numbers, and Keras chose ${ties.length === 1 && ties[0].count === 1 ? "another" : "others"}. `
    + "What depends on that choice is left out of the largest differences.";
}

function row({ name, class: kind, forward, backward, left_out: leftOut }) {
  const element = make("tr", "", { "data-layer-difference": name });
  const title = make("th", "", { scope: "row" });
  title.append(make("code", "", {}, name), make("span", "kind", {}, kind));
  const back = cell(backward);
  if (leftOut) back.append(make("span", "left-out", {}, `${leftOut.toLocaleString("en")} left out`));
  element.append(title, cell(forward), back);
  return element;
}

function cell(x) {
  const element = make("td");
  const bar = make("span", "difference");
  const part = x ? Math.log(x / LEAST) / Math.log(MOST / LEAST) : 0;
  bar.style.setProperty("--part", `${100 * Math.min(Math.max(part, 0.02), 1)}%`);
  if (x === null) bar.hidden = true;
  element.append(bar, make("span", "", {}, size(x)));
  return element;
}
