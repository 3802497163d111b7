// Without a model the server trains one: a line that says how far it is.

import { percent } from "./percent.js";

/** Shows the training of the first network while it runs. */
export function startLearning(studio, element) {
  const show = (state) => {
    element.hidden = !state || state.done;
    if (element.hidden) return;
    const part = state.step / state.steps;
    element.querySelector("progress").value = part;
    element.querySelector("[data-words]").textContent = state.step === 0
      ? "There is no saved model yet, so one is starting to learn. Draw already. "
        + "The first time on a computer, it takes up to a minute until its code is compiled."
      : `The network is learning: ${percent(part, 0)} of its images, `
        + `${percent(state.accuracy, 0)} of them right so far. Draw, and watch it change its mind.`;
  };
  studio.addEventListener("network", () => show(studio.learning));
  studio.connection.listen("learning", show);
}
