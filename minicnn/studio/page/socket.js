// The connection to the server: questions with answers, and events that come by themselves.

const LONGEST_PAUSE = 5000;
const ARRAYS = {
  uint8: Uint8Array, int8: Int8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array,
};

export class Connection extends EventTarget {
  #socket = null;
  #waiting = new Map();
  #nextId = 1;
  #pause = 250;

  constructor(address) {
    super();
    this.address = address;
  }

  /** Connects, and connects again whenever the connection is lost. Events: "open", "lost". */
  open() {
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#socket = socket;
      this.#pause = 250;
      this.dispatchEvent(new Event("open"));
    };
    socket.onmessage = (message) => this.#receive(decode(message.data));
    socket.onclose = () => this.#lose();
  }

  /** The answer to a message; rejected with the server's sentence if it cannot be answered. */
  ask(type, fields = {}) {
    if (!this.#socket) return Promise.reject(new Lost());
    const id = this.#nextId++;
    this.#socket.send(JSON.stringify({ id, type, ...fields }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Calls a function with each event of a name that the server sends by itself. */
  listen(event, tell) {
    this.addEventListener(`server:${event}`, ({ detail }) => tell(detail));
  }

  #receive(message) {
    if (message.event) {
      this.dispatchEvent(new CustomEvent(`server:${message.event}`, { detail: message }));
      return;
    }
    const asked = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (!asked) return;
    if (message.error) asked.reject(new Error(message.error));
    else asked.resolve(message);
  }

  #lose() {
    const wasOpen = this.#socket !== null;
    this.#socket = null;
    for (const { reject } of this.#waiting.values()) reject(new Lost());
    this.#waiting.clear();
    if (wasOpen) this.dispatchEvent(new Event("lost"));
    setTimeout(() => this.open(), this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }
}

/** The server is gone. The notice on the page says so already. */
export class Lost extends Error {
  constructor() {
    super("The studio's server does not answer.");
  }
}

/** A message, with each array as `{ data, shape }`. `encoding.py` says how they are sent. */
export function decode(content) {
  if (typeof content === "string") return JSON.parse(content);
  const length = new DataView(content).getUint32(0, true);
  const head = new TextDecoder().decode(new Uint8Array(content, 4, length));
  const start = Math.ceil((4 + length) / 8) * 8;
  return JSON.parse(head, (_, value) => {
    if (!value?.$array) return value;
    const [type, shape, offset] = value.$array;
    const size = shape.reduce((product, n) => product * n, 1);
    return { shape, data: new ARRAYS[type](content, start + offset, size) };
  });
}

/** Bytes as the text that a message carries. */
export function base64(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
