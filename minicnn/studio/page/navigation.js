// The tabs for views and panels; `#view=` and `#panel=` in the address choose.

import { address } from "./address.js";
import { PANELS, VIEWS } from "./features.js";

/** Makes the tabs and shows what the address names; modules are loaded when they are first shown. */
export function startNavigation(studio) {
  const main = document.querySelector("main");
  startChooser({
    studio, rows: VIEWS, key: "view", list: document.querySelector(".views"), fallback: VIEWS[0].name,
    find: (name) => main.querySelector(`[data-view=${name}]`) ?? add(main, "view", name),
    title: ({ title }) => { document.title = title === VIEWS[0].title ? "minicnn studio" : `${title} · minicnn studio`; },
  });
  const panels = document.querySelector("[data-panels]");
  const tabs = document.createElement("nav");
  tabs.className = "tabs";
  tabs.setAttribute("aria-label", "Look closer");
  panels.append(tabs);
  startChooser({
    studio, rows: PANELS, key: "panel", list: tabs, fallback: null,
    find: (name) => panels.querySelector(`[data-panel=${name}]`) ?? add(panels, "panel", name),
    title: () => {},
  });
  panels.hidden = PANELS.length === 0;
}

function startChooser({ studio, rows, key, list, fallback, find, title }) {
  const started = new Set();
  const buttons = rows.map((row) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = row.title;
    button.addEventListener("click", () => {
      const isOpen = button.getAttribute("aria-current") === "true";
      address.set({ [key]: isOpen && fallback === null ? null : row.name });
    });
    return button;
  });
  list.append(...buttons);
  list.hidden = rows.length < (fallback === null ? 1 : 2);

  const show = () => {
    const wanted = address.get(key);
    const name = rows.some((row) => row.name === wanted) ? wanted : fallback;
    rows.forEach((row, i) => {
      const isOpen = row.name === name;
      buttons[i].setAttribute("aria-current", String(isOpen));
      const element = isOpen || started.has(row.name) ? find(row.name) : null;
      if (element) element.hidden = !isOpen;
      if (!isOpen) return;
      title(row);
      if (row.load && !started.has(row.name)) {
        started.add(row.name);
        row.load().then((module) => module.start(element, studio))
          .catch((error) => studio.notice(error.message));
      }
    });
    if (fallback !== null) {
      for (const view of document.querySelectorAll(`[data-${key}]`)) view.hidden = view.dataset[key] !== name;
    }
  };
  address.addEventListener("change", show);
  show();
}

function add(parent, kind, name) {
  const section = document.createElement("section");
  section.className = kind;
  section.dataset[kind] = name;
  parent.append(section);
  return section;
}
