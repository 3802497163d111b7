// How exact a layer is: against float64, on both backends and in Keras.

import { make } from "./lesson_parts.js";

let listens = false;
let ofKeras = null; // the last event with Keras's errors; it may come before the answer
let told = () => {}; // called when there is one

/** Fills the fact "error" of a Learn page. */
export async function showErrors(article, topic, studio) {
  const box = article.querySelector("[data-fact=error]");
  if (!listens) studio.connection.listen("keras_error", (event) => { ofKeras = event; told(); });
  listens = true;
  ofKeras = null;
  told = () => {};
  let measured;
  try {
    measured = await studio.ask("lesson_error", { topic });
  } catch {
    return; // no example can be computed: the page says so already
  }
  if (measured.skipped || article.dataset.topic !== topic) return;
  if (!measured.rows.length) {
    box.hidden = false;
    box.replaceChildren(make("h2", "", {}, "Measured error"), make("p", "quiet", {}, measured.why_not));
    return;
  }
  const show = (columns, rows, words) => {
    box.hidden = false;
    box.replaceChildren(make("h2", "", {}, "Measured error"),
      make("p", "quiet", {}, `float32 against float64, in parts of the largest number; shape (${measured.shape.join(", ")})`),
      errorTable(columns, rows), make("p", "quiet", { "data-keras": "" }, words));
  };
  show(measured.columns, measured.rows, "Asking Keras, if it is installed …");
  told = () => {
    const { topic: of, errors, why_not: whyNot } = ofKeras ?? {};
    if (of !== topic || article.dataset.topic !== topic) return;
    if (whyNot) show(measured.columns, measured.rows, whyNot);
    else {
      show([...measured.columns, "Keras"], measured.rows.map(({ name, errors: own }) => (
        { name, errors: [...own, errors[name] ?? null] })), "The same numbers through real Keras, on TensorFlow.");
    }
  };
  told();
}

function errorTable(columns, rows) {
  const table = make("table", "small-table errors");
  const head = make("tr");
  head.append(make("td"), ...columns.map((name) => make("th", "", { scope: "col" }, name)));
  table.append(head, ...rows.map(({ name, errors }) => {
    const row = make("tr");
    row.append(make("th", "", { scope: "row" }, name), ...errors.map((e) => make("td", "", {}, size(e))));
    return row;
  }));
  return table;
}

/** A small number: 1.2 · 10⁻⁷. */
export function size(x) {
  if (x === null || x === undefined) return "–";
  if (x === 0) return "0";
  const [digits, power] = x.toExponential(1).split("e");
  const raised = [...String(Number(power))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)])).join("");
  return `${digits} · 10${raised}`;
}
