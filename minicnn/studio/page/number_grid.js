// A tensor as small grids of numbers: cells that one changes, or cells that one chooses.

import { make, short } from "./lesson_parts.js";

/** The grids of a shape: rows, columns, and for each grid the flat index of each cell. */
export function grids(shape, kind) {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const rank = shape.length;
  if (rank < 3) {
    const [rows, columns] = rank === 2 ? shape : [1, shape[0] ?? 1];
    return [{ title: "", rows, columns, at: (r, c) => r * columns + c }];
  }
  // Images (batch, …, height, width, channels); kernels (height, width, channels, filters).
  const [first, second] = kind === "kernel" ? [0, rank === 3 ? null : 1] : rank === 3 ? [1, 2] : [rank - 3, rank - 2];
  const others = shape.map((_, i) => i).filter((i) => i !== first && i !== second);
  let all = [[]];
  for (const axis of others) all = all.flatMap((one) => Array.from({ length: shape[axis] }, (_, i) => [...one, i]));
  return all.map((index) => {
    const start = others.reduce((sum, axis, i) => sum + index[i] * strides[axis], 0);
    const named = others.map((axis, i) => [axis, index[i]]).filter(([axis]) => shape[axis] > 1);
    const words = named.map(([axis, i]) => `${axisName(axis, rank, kind)} ${i}`).join(", ");
    const vertical = second !== null;
    return {
      title: words,
      rows: vertical ? shape[first] : 1,
      columns: vertical ? shape[second] : shape[first],
      at: (r, c) => start + (vertical ? r * strides[first] + c * strides[second] : c * strides[first]),
    };
  });
}

function axisName(axis, rank, kind) {
  if (kind === "kernel") return axis === rank - 1 ? "last axis" : "channel";
  return axis === rank - 1 ? "channel" : axis === 0 ? "sample" : "slice";
}

/**
 * A tensor with its title. `edit(index, value)` makes its cells fields, `choose(index)` buttons.
 * `mark(indices, chosen)` lights cells up.
 */
export class NumberGrid {
  constructor({ title, tensor, kind, edit, choose }) {
    this.element = make("figure", `tensor ${edit ? "given" : "computed"}`);
    this.element.dataset.tensor = title;
    this.cells = [];
    const caption = make("figcaption", "", {}, title);
    caption.append(make("span", "shape", {}, `(${tensor.shape.join(", ")})`));
    const values = Array.from(tensor.data);
    const largest = Math.max(...values.map(Math.abs), 1e-12);
    const boxes = make("div", "grids");
    for (const { title: name, rows, columns, at } of grids(tensor.shape, kind)) {
      const box = make("div", "grid-box");
      const grid = make("div", "number-grid", { role: "group", "aria-label": `${title} ${name}`.trim() });
      grid.style.setProperty("--columns", columns);
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          const i = at(r, c);
          const place = rows > 1 ? `row ${r}, column ${c}` : `place ${c}`;
          grid.append(this.#cell(i, values[i], largest, `${title}, ${place}`, edit, choose));
        }
      }
      if (name) box.append(make("span", "grid-name", {}, name));
      box.append(grid);
      boxes.append(box);
    }
    this.element.append(caption, boxes);
  }

  #cell(i, value, largest, label, edit, choose) {
    const long = short(value);
    const shown = long.length > 6 && !edit ? short(Number(value.toPrecision(2))) : long;
    const cell = edit
      ? make("input", "cell", { inputmode: "decimal", "aria-label": label, value: shown, autocomplete: "off" })
      : make("button", "cell", { type: "button", "aria-label": `${label}: ${shown}` }, shown);
    cell.style.setProperty("--part", `${Math.round(50 * Math.abs(value) / largest)}%`);
    if (shown.length > 4) cell.classList.add("long");
    cell.classList.add(value < 0 ? "below" : "above");
    if (edit) {
      cell.addEventListener("focus", () => cell.select());
      cell.addEventListener("change", () => {
        const number = Number(cell.value.replace(",", ".").replace("−", "-"));
        if (cell.value.trim() !== "" && Number.isFinite(number) && Math.abs(number) <= 1e6) edit(i, number);
        else cell.value = shown;
      });
    } else if (choose) cell.addEventListener("click", () => choose(i));
    else cell.disabled = true;
    cell.dataset.cell = label;
    this.cells[i] = cell;
    return cell;
  }

  /** Lights up cells; `chosen` among them more. */
  mark(indices, chosen = null) {
    const lit = new Set(indices);
    this.cells.forEach((cell, i) => {
      cell.classList.toggle("lit", lit.has(i));
      cell.classList.toggle("chosen", i === chosen);
    });
  }
}
