// A row of buttons, one for each class; `#class=` in the address is the chosen one.

import { address } from "./address.js";
import { make } from "./terms_view.js";

const MOST = 20;
const MOVES = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** The chooser; `value()` is the class: the one in the address, or the likeliest. */
export function classChooser(studio, label) {
  const element = make("div", { class: "classes", role: "radiogroup", "aria-label": label });
  const value = () => {
    const probabilities = Array.from(studio.answer?.probabilities.data ?? [0]);
    return address.number("class") ?? probabilities.indexOf(Math.max(...probabilities));
  };
  const choose = (c) => {
    address.set({ class: c });
    element.children[c]?.focus();
  };
  element.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    const count = element.children.length;
    if (!move || !count) return;
    event.preventDefault();
    choose((value() + move + count) % count);
  });
  const show = () => {
    const count = Math.min(studio.network?.classes ?? 0, MOST);
    const chosen = value();
    element.replaceChildren(...Array.from({ length: count }, (_, c) => {
      const button = make("button", { type: "button", role: "radio", "aria-checked": String(c === chosen), "data-class": c, tabindex: c === chosen ? "0" : "-1" }, studio.className(c));
      button.addEventListener("click", () => choose(c));
      return button;
    }));
  };
  return { element, value, show };
}
