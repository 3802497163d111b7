// The parity table: sorts by a click on a head, searches, and shows more rows on demand.
// A column is found by the key of its head, and what is written into a cell by the head's class.
(() => {
  const table = document.getElementById("parity-table");
  if (!table) return;
  const { keys, rows: listed } = JSON.parse(document.getElementById("parity-rows").textContent);
  const rows = listed.map((values) => Object.fromEntries(keys.map((key, i) => [key, values[i]])));
  const controls = document.getElementById("parity-controls");
  const more = document.getElementById("parity-more");
  const heads = [...table.tHead.querySelectorAll("th")];
  const SEARCHED = ["case", "quantity", "verdict"];
  const CHOSEN = ["kind", "backend", "precision"];
  const PIECE = innerWidth < 700 ? 12 : 30;
  let order = null;
  let wanted = rows;
  let count = 0;

  const isNumber = (head) => head.classList.contains("number");
  const isMissing = (value) => value === null || value === "";
  const asNumber = (value) => (typeof value === "number" ? value : Infinity);
  const shown = (value) => {
    if (value === null) return "";
    if (typeof value !== "number") return String(value);
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 10000) return String(value);
    return size >= 0.01 && size < 10000 ? String(Number(value.toPrecision(2))) : value.toExponential(1);
  };

  const fits = (row, form, words) => {
    const text = SEARCHED.map((key) => row[key]).join(" ").toLowerCase();
    return (!form.get("failing") || row.wrong) &&
      CHOSEN.every((key) => !form.get(key) || row[key] === form.get(key)) &&
      words.every((word) => text.includes(word));
  };

  const sorted = (some) => {
    const { key, numeric, up } = order;
    const compare = numeric
      ? (a, b) => asNumber(a) - asNumber(b)
      : (a, b) => String(a).localeCompare(String(b));
    return [...some].sort(({ [key]: a }, { [key]: b }) => {
      if (isMissing(a) || isMissing(b)) return isMissing(a) - isMissing(b);
      return up ? compare(a, b) : compare(b, a);
    });
  };

  const choose = () => {
    const form = new FormData(controls);
    const words = (form.get("word") || "").toLowerCase().split(/\s+/).filter(Boolean);
    wanted = rows.filter((row) => fits(row, form, words));
    if (order) wanted = sorted(wanted);
    controls.querySelector("output").textContent = `${wanted.length} of ${rows.length} cases`;
    table.tBodies[0].replaceChildren();
    count = 0;
    show();
  };

  const show = () => {
    const piece = document.createDocumentFragment();
    for (const row of wanted.slice(count, count + PIECE)) {
      const line = document.createElement("tr");
      if (row.wrong) line.className = "bad";
      for (const head of heads) {
        const cell = line.insertCell();
        cell.textContent = shown(row[head.dataset.key]);
        cell.className = head.className;
        cell.dataset.key = head.dataset.key;
        cell.dataset.label = head.textContent;
      }
      piece.append(line);
    }
    table.tBodies[0].append(piece);
    count = Math.min(count + PIECE, wanted.length);
    more.hidden = count >= wanted.length;
    more.textContent = `Show more (${wanted.length - count} left)`;
  };

  heads.forEach((head) => {
    head.querySelector("button").addEventListener("click", () => {
      const { key } = head.dataset;
      const numeric = isNumber(head);
      order = { key, numeric, up: order?.key === key ? !order.up : !numeric };
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order.up ? "ascending" : "descending");
      choose();
    });
  });
  controls.addEventListener("input", choose);
  controls.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", show);
  choose();
})();
