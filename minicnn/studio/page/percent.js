// A share in percent. Nothing that is not all becomes 100 %, nothing that is not nothing 0 %.
// The number and its sign stay on one line.

/** With so many places; by default one near 0 and 100, where it counts, and none between. */
export function percent(value, places = null) {
  const parts = 100 * value;
  const digits = places ?? ((parts > 0 && parts < 10) || (parts > 99 && parts < 100) ? 1 : 0);
  const step = 10 ** -digits;
  if (parts > 0 && parts < step) return `<${step.toFixed(digits)}\u00a0%`;
  if (parts < 100 && parts > 100 - step) return `>${(100 - step).toFixed(digits)}\u00a0%`;
  return `${parts.toFixed(digits)}\u00a0%`;
}
