// A picture as a short text for the address: 16 amounts of ink, equal ones in a row together.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const SIDES = [112, 56, 28]; // of pictures; the first that is short enough is taken
const LEVELS = 16;
const STEP = 255 / (LEVELS - 1);

/**
 * A picture of 112 × 112 bytes in the finest version whose text is at most so long: its `text`, and
 * `ink` and `side` as `pictureOfText` gives them back. One of 28 × 28 has at most 787 characters.
 */
export function shortPicture(ink, longest) {
  for (const side of SIDES) {
    const levels = Array.from(smaller(ink, side), (amount) => Math.round(amount / STEP));
    const text = `${side}.${runs(levels)}`;
    if (text.length <= longest || side === SIDES.at(-1)) return { ...pictureOfText(text), text };
  }
}

/** The picture of such a text, or null if it is none. */
export function pictureOfText(text) {
  const [, number, content] = (text ?? "").match(/^(\d+)\.([\w-]+)$/) ?? [];
  const side = Number(number);
  if (!SIDES.includes(side)) return null;
  const ink = new Uint8Array(side * side);
  let [filled, level, isLong] = [0, 0, false];
  for (const letter of content) {
    const digit = DIGITS.indexOf(letter);
    const length = isLong ? digit : (digit % 4) + 1;
    if (!isLong) level = Math.floor(digit / 4);
    if (filled + length > ink.length) return null;
    ink.fill(Math.round(level * STEP), filled, filled + length);
    filled += length;
    isLong = !isLong && length === 4;
  }
  return filled === ink.length && !isLong ? { ink, side } : null;
}

/** Each run as one digit, 4 · level + length − 1; of lengths from 4 the rest up to 63 as another. */
function runs(levels) {
  let text = "";
  for (let start = 0; start < levels.length;) {
    let end = start;
    while (end < levels.length && levels[end] === levels[start] && end - start < 67) end++;
    const length = end - start;
    text += DIGITS[4 * levels[start] + Math.min(length, 4) - 1];
    if (length >= 4) text += DIGITS[length - 4];
    start = end;
  }
  return text;
}

/** The means of blocks. */
function smaller(ink, side) {
  const full = SIDES[0];
  const block = full / side;
  const sums = new Float32Array(side * side);
  ink.forEach((amount, i) => {
    sums[Math.floor(Math.floor(i / full) / block) * side + Math.floor((i % full) / block)] += amount;
  });
  return sums.map((sum) => sum / (block * block));
}
