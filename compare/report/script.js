// The parity table: sorts by a click on a head, searches, and shows more rows on demand.
(() => {
  const table = document.getElementById("parity-table");
  if (!table) return;
  const rows = JSON.parse(document.getElementById("parity-rows").textContent);
  const controls = document.getElementById("parity-controls");
  const more = document.getElementById("parity-more");
  const heads = [...table.tHead.rows[0].cells];
  const titles = heads.map((head) => head.textContent);
  const [BACKEND, KIND, WRONG] = [8, 9, 10];
  const PIECE = innerWidth < 700 ? 12 : 30;
  let order = { column: null, up: false };
  let wanted = rows;
  let count = 0;

  const asNumber = (value) =>
    value === null || value === "" ? -1 : typeof value === "number" ? value : Infinity;
  const isNumber = (column) => column >= 2 && column <= 6;
  const shown = (value) => {
    if (value === null) return "";
    if (typeof value !== "number") return String(value);
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 10000) return String(value);
    return size >= 0.01 && size < 10000 ? String(Number(value.toPrecision(2))) : value.toExponential(1);
  };

  const choose = () => {
    const form = new FormData(controls);
    const words = (form.get("word") || "").toLowerCase().split(/\s+/).filter(Boolean);
    const [kind, backend] = [form.get("kind"), form.get("backend")];
    wanted = rows.filter((row) =>
      (!form.get("failing") || row[WRONG]) &&
      (!kind || row[KIND] === kind) &&
      (!backend || row[BACKEND] === backend) &&
      words.every((word) => `${row[0]} ${row[1]} ${row[7]}`.toLowerCase().includes(word)));
    if (order.column !== null) {
      const { column, up } = order;
      const compare = isNumber(column)
        ? (a, b) => asNumber(a[column]) - asNumber(b[column])
        : (a, b) => String(a[column]).localeCompare(String(b[column]));
      wanted = [...wanted].sort((a, b) => (up ? compare(a, b) : compare(b, a)));
    }
    controls.querySelector("output").textContent = `${wanted.length} of ${rows.length} cases`;
    table.tBodies[0].replaceChildren();
    count = 0;
    show();
  };

  const show = () => {
    const piece = document.createDocumentFragment();
    for (const row of wanted.slice(count, count + PIECE)) {
      const line = document.createElement("tr");
      if (row[WRONG]) line.className = "bad";
      titles.forEach((title, i) => {
        const cell = line.insertCell();
        cell.textContent = shown(row[i]);
        cell.dataset.label = title;
      });
      piece.append(line);
    }
    table.tBodies[0].append(piece);
    count = Math.min(count + PIECE, wanted.length);
    more.hidden = count >= wanted.length;
    more.textContent = `Show more (${wanted.length - count} left)`;
  };

  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      order = { column, up: order.column === column ? !order.up : !isNumber(column) };
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
