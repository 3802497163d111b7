// Where the lines between layers run: layers stand below each other, branches in lanes beside them.

const LANE = 16; // px from lane to lane
const DOT = 22; // px from the top of a row to its dot
const BEND = 20; // px in which a line changes its lane

/**
 * The lanes of rows in the order of the network, each `{ name, sources }`.
 *
 * Each row gets `lane` (of its dot), `entering` and `leaving` (lanes of its lines above and below),
 * and `passing` (lanes of lines that go by). A line has a lane of its own from row to row.
 */
export function lanesOf(rows) {
  const position = new Map(rows.map((row, i) => [row.name, i]));
  const targets = rows.map(() => []);
  rows.forEach((row, i) => {
    for (const source of row.sources) if (position.has(source)) targets[position.get(source)].push(i);
  });
  const lanes = []; // in each lane the row that its line goes to, or null
  const free = () => {
    const found = lanes.indexOf(null);
    return found < 0 ? lanes.push(null) - 1 : found;
  };
  const result = rows.map((_, i) => {
    const entering = lanes.flatMap((target, lane) => (target === i ? [lane] : []));
    for (const lane of entering) lanes[lane] = null;
    const passing = lanes.flatMap((target, lane) => (target === null ? [] : [lane]));
    const lane = entering[0] ?? free();
    lanes[lane] ??= null;
    const leaving = targets[i].toSorted((a, b) => a - b).map((target, k) => {
      const own = k === 0 ? lane : free();
      lanes[own] = target;
      return own;
    });
    return { lane, entering, leaving, passing };
  });
  return { rows: result, count: Math.max(1, lanes.length) };
}

/** The drawing beside one row: its dot, and the lines that come, go and pass. */
export function gutter({ lane, entering, leaving, passing }, count) {
  const svg = element("svg", { class: "gutter", width: count * LANE + 4, "aria-hidden": "true" });
  const x = (k) => k * LANE + LANE / 2 + 2;
  for (const k of passing) svg.append(element("line", { x1: x(k), x2: x(k), y1: 0, y2: "100%" }));
  for (const k of entering) {
    const path = `M${x(k)} 0C${x(k)} ${DOT / 2} ${x(lane)} ${DOT / 2} ${x(lane)} ${DOT}`;
    svg.append(element("path", { d: path }));
  }
  for (const k of leaving) {
    const end = DOT + BEND;
    const path = `M${x(lane)} ${DOT}C${x(lane)} ${DOT + BEND / 2} ${x(k)} ${DOT + BEND / 2} ${x(k)} ${end}`;
    svg.append(element("path", { d: path }), element("line", { x1: x(k), x2: x(k), y1: end, y2: "100%" }));
  }
  svg.append(element("circle", { cx: x(lane), cy: DOT, r: 4.5 }));
  return svg;
}

function element(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
