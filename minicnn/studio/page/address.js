// What the page shows stands in its address, `#layer=conv2d&channel=3`, so that a link shows it too.

const DEFAULTS = { view: "live", scale: "map" };

class Address extends EventTarget {
  #written = "";

  constructor() {
    super();
    window.addEventListener("hashchange", () => {
      if (location.hash !== this.#written) this.dispatchEvent(new Event("change"));
    });
  }

  /** The value of a key, or its default, or null. */
  get(key) {
    return this.#read().get(key) ?? DEFAULTS[key] ?? null;
  }

  /** The value of a key as a whole number, or null. */
  number(key) {
    const value = this.get(key);
    return value !== null && /^\d{1,9}$/.test(value) ? Number(value) : null;
  }

  /** Sets several keys; null removes one. Listeners to "change" are told. */
  set(values) {
    this.quietly(values);
    this.dispatchEvent(new Event("change"));
  }

  /** Sets keys without telling: for what the page shows already. */
  quietly(values) {
    const all = this.#read();
    for (const [key, value] of Object.entries(values)) {
      if (value === null || String(value) === DEFAULTS[key]) all.delete(key);
      else all.set(key, value);
    }
    const text = all.toString().replaceAll("%2C", ",");
    this.#written = text ? `#${text}` : "";
    history.replaceState(null, "", this.#written || location.pathname);
  }

  #read() {
    return new URLSearchParams(location.hash.slice(1));
  }
}

export const address = new Address();
