// The line at the top that names the network, and lets the page go back to the one it began with.

import { make } from "./terms_view.js";

/** Shows which network the page looks at. */
export function startNetworkLine(studio, element) {
  const name = make("span");
  const back = make("button", { type: "button", "data-do": "use-shared" }, "Back");
  element.append(name, back);
  back.addEventListener("click", async () => {
    try {
      studio.look(await studio.ask("use_shared"));
    } catch (error) {
      studio.notice(error.message);
    }
  });
  studio.addEventListener("network", () => {
    const { name: own, parameters, source, is_shared: isShared } = studio.network;
    name.textContent = `${own} · ${parameters.toLocaleString("en")} parameters`;
    element.title = source;
    back.hidden = isShared;
    back.title = "Back to the network that the studio was started with";
  });
}
