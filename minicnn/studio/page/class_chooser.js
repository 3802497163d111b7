// A row of buttons, one for each class; `#class=` in the address is the chosen one.

import { address } from "./address.js";
import { make } from "./terms_view.js";

const MOST = 20;

/** The chooser; `value()` is the class: the one in the address, or the likeliest. */
export function classChooser(studio, label) {
  const element = make("div", { class: "classes", role: "radiogroup", "aria-label": label });
  const value = () => {
    const probabilities = Array.from(studio.answer?.probabilities.data ?? [0]);
    return address.number("class") ?? probabilities.indexOf(Math.max(...probabilities));
  };
  const show = () => {
    const count = Math.min(studio.network?.classes ?? 0, MOST);
    const chosen = value();
    element.replaceChildren(...Array.from({ length: count }, (_, c) => {
      const button = make("button", { type: "button", role: "radio", "aria-checked": String(c === chosen), "data-class": c }, String(c));
      button.addEventListener("click", () => {
        address.set({ class: c });
        element.children[c]?.focus();
      });
      return button;
    }));
  };
  return { element, value, show };
}
