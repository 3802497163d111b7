// The line at the top: the network, what its classes are, and the way back to the first network.

import { address } from "./address.js";
import { make } from "./terms_view.js";

/** The data sets whose classes and test images the page can show, with the words for them. */
export const DATASETS = new Map([
  ["mnist", { name: "digits", heading: "Draw a digit", test: "Test digit" }],
  ["fashion-mnist", { name: "clothes", heading: "Draw clothes", test: "Test image" }],
]);

/** Shows which network the page looks at, and lets one choose whose classes it tells apart. */
export function startNetworkLine(studio, element) {
  const name = make("span");
  const classes = make("select", { "aria-label": "Classes and test images", title: "Classes and test images: the digits of MNIST or the clothes of Fashion-MNIST", "data-dataset": "" });
  const back = make("button", { type: "button", "data-do": "use-shared", title: "Back to the network that the studio was started with" }, "Back");
  classes.append(...[...DATASETS].map(([key, { name: text }]) => new Option(text, key)));
  element.append(name, back, classes);

  const change = async (type, fields) => {
    try {
      studio.look(await studio.ask(type, fields));
    } catch (error) {
      studio.notice(error.message);
    }
  };
  back.addEventListener("click", () => change("use_shared"));
  classes.addEventListener("change", () => change("hello", { dataset: classes.value }));
  window.addEventListener("hashchange", () => {
    const wanted = address.get("data") ?? studio.network?.trained_with;
    if (studio.network?.dataset && DATASETS.has(wanted) && wanted !== studio.network.dataset) change("hello", { dataset: wanted });
  });
  studio.addEventListener("network", () => {
    const { name: own, parameters, source, is_shared: isShared, dataset } = studio.network;
    name.textContent = `${own} · ${parameters.toLocaleString("en")} parameters`;
    element.title = source;
    back.hidden = isShared;
    classes.hidden = dataset === null;
    classes.value = dataset ?? "mnist";
    const { heading, test } = DATASETS.get(dataset ?? "mnist");
    document.querySelector(".desk h1").textContent = heading;
    document.querySelector("[data-do=test-image]").textContent = test;
  });
}
