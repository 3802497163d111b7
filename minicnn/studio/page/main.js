// Starts the page: connects to the server, and gives the modules what they share.

import { address } from "./address.js";
import { startLearning } from "./learning.js";
import { startLive } from "./live.js";
import { startNavigation } from "./navigation.js";
import { DATASETS, startNetworkLine } from "./network_line.js";
import { Connection } from "./socket.js";

/**
 * What all modules share. Events: "network" (there is a description of the network, first or
 * another), "answer" (the drawing was answered).
 */
class Studio extends EventTarget {
  network = null; // as `NetworkDescription.as_message` describes it
  learning = null;
  answer = null; // the last answer to "draw"; null while the canvas is empty
  drawings = 0; // how many different ones were answered: scrolling asks for more layers of the same
  canvas = null;
  #noticeTimer = 0;

  constructor(connection) {
    super();
    this.connection = connection;
  }

  /** Asks the server; see `Connection.ask`. */
  ask(type, fields) {
    return this.connection.ask(type, fields);
  }

  /** The name of a class: a digit, or what the picture shows. */
  className(index) {
    return this.network?.class_names[index] ?? String(index);
  }

  /** Shows a sentence at the top of the page, for some seconds or until the next one. */
  notice(text, seconds = 8) {
    const element = document.querySelector("[data-notice]");
    element.textContent = text;
    element.hidden = !text;
    clearTimeout(this.#noticeTimer);
    if (seconds) this.#noticeTimer = setTimeout(() => { element.hidden = true; }, 1000 * seconds);
  }

  /** Asks for the network, after connecting. One that was trained on this page may be gone. */
  async greet() {
    const wasOwn = this.network?.is_shared === false;
    const dataset = address.get("data");
    this.look(await this.ask("hello", DATASETS.has(dataset) ? { dataset } : {}));
    if (wasOwn) this.notice("The network that was trained on this page is gone, as the connection was lost.", 0);
  }

  /** Takes a description of the network, as the answer to "hello" is, and tells everybody. */
  look({ network, learning }) {
    Object.assign(this, { network, learning });
    address.quietly({ data: network.dataset === "mnist" && network.trained_with === "mnist" ? null : network.dataset });
    this.notice(network.problem ?? "", network.problem ? 0 : 8);
    this.dispatchEvent(new Event("network"));
  }
}

const connection = new Connection(`ws://${location.host}/socket`);
const studio = new Studio(connection);
connection.addEventListener("open", () => studio.greet().catch((error) => studio.notice(error.message)));
connection.addEventListener("lost", () => studio.notice(
  "The studio has ended or cannot be reached. Start it again with “minicnn studio”; this page will go on by itself.", 0));
startNetworkLine(studio, document.querySelector("[data-network]"));
startLearning(studio, document.querySelector("[data-learning]"));
startLive(document.querySelector("[data-view=live]"), studio);
startNavigation(studio);
connection.open();
