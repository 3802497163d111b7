// Small parts of the Learn pages: elements, formulas, words with code in them, numbers.

/** An element with a class, attributes and a text. */
export function make(tag, name = "", attributes = {}, text = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

/** A formula that the server sent as MathML. */
export function math(mathml, text) {
  const box = make("div", "formula", { tabindex: "0" });
  box.append(parsed(mathml, text));
  return box;
}

function parsed(mathml, text) {
  const xml = mathml.replace("<math", '<math xmlns="http://www.w3.org/1998/Math/MathML"');
  const root = new DOMParser().parseFromString(xml, "application/xml").documentElement;
  const formula = document.importNode(root, true);
  formula.setAttribute("aria-label", text);
  return formula;
}

/** Adds the words and formulas of a sentence, in a line. */
export function sentence(element, parts) {
  for (const { words, mathml, text } of parts) {
    if (words === undefined) element.append(parsed(mathml.replace(' display="block"', ""), text));
    else inline(element, words);
  }
  return element;
}

/** Words and formulas, each in lines of its own. */
export function lines(parts) {
  return parts.map(({ words, mathml, text }) => (
    words === undefined ? math(mathml, text) : inline(make("p", "formula-words"), words)));
}

/** Adds words, those between backquotes as code. */
export function inline(element, text) {
  text.split("`").forEach((part, i) => element.append(i % 2 ? make("code", "", {}, part) : part));
  return element;
}

/** A number as short as it can be read. */
export function short(x) {
  if (x === null || x === undefined) return "–";
  if (Number.isInteger(x) && Math.abs(x) < 1e5) return String(x).replace("-", "−");
  const size = Math.abs(x);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? x.toExponential(1) : String(Number(x.toPrecision(3)));
  return text.replaceAll("-", "−");
}
