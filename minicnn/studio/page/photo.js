// A photo of a digit becomes ink: the paper is taken away, light on dark turned round.

import { SMALL_SIDE } from "./canvas.js";

export const LARGEST_FILE = 40e6; // bytes

/** The ink of an image file, 112 × 112 bytes. */
export async function inkOfPhoto(file) {
  if (!file.type.startsWith("image/")) throw new Error(`“${file.name}” is not an image.`);
  if (file.size > LARGEST_FILE) throw new Error(`“${file.name}” is larger than 40 MB.`);
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`The browser cannot read “${file.name}”.`);
  }
  const grey = greyPixels(bitmap);
  bitmap.close();
  return inkOf(grey, SMALL_SIDE);
}

/** The middle square of an image as grey values, white around what is transparent. */
function greyPixels(bitmap) {
  const canvas = new OffscreenCanvas(SMALL_SIDE, SMALL_SIDE);
  const context = canvas.getContext("2d");
  const side = Math.min(bitmap.width, bitmap.height);
  context.fillStyle = "white";
  context.fillRect(0, 0, SMALL_SIDE, SMALL_SIDE);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side,
    0, 0, SMALL_SIDE, SMALL_SIDE);
  const { data } = context.getImageData(0, 0, SMALL_SIDE, SMALL_SIDE);
  return Float32Array.from({ length: SMALL_SIDE ** 2 }, (_, i) =>
    0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]);
}

/** Ink from grey values: how far each pixel is from the paper around it, in contrast. */
export function inkOf(grey, side) {
  const paper = blurred(grey, side, Math.round(side / 4));
  const difference = grey.map((value, i) => paper[i] - value);
  const [low, high] = [Math.min(...difference), Math.max(...difference)];
  const sign = -low > high ? -1 : 1; // light ink on dark paper differs the other way
  const ink = difference.map((value) => Math.max(sign * value, 0));
  const largest = Math.max(...ink);
  if (largest < 12) return new Uint8Array(side * side); // an even surface
  const threshold = otsu(ink, largest);
  return Uint8Array.from(ink, (value) =>
    Math.round(255 * Math.min(Math.max((value - 0.7 * threshold) / (0.6 * threshold), 0), 1)));
}

/** Means over squares with this radius. */
function blurred(values, side, radius) {
  const along = (input, step, across) => {
    const output = new Float32Array(input.length);
    for (let line = 0; line < side; line++) {
      for (let i = 0; i < side; i++) {
        let sum = 0, count = 0;
        for (let k = Math.max(0, i - radius); k <= Math.min(side - 1, i + radius); k++, count++) {
          sum += input[line * across + k * step];
        }
        output[line * across + i * step] = sum / count;
      }
    }
    return output;
  };
  return along(along(values, 1, side), side, 1);
}

/** The threshold that separates values into two groups that are as narrow as can be (Otsu 1979). */
function otsu(values, largest) {
  const bins = new Array(64).fill(0);
  for (const value of values) bins[Math.min(63, Math.floor((64 * value) / largest))]++;
  const total = values.length;
  const sum = bins.reduce((all, count, i) => all + i * count, 0);
  let [below, sumBelow, best, threshold] = [0, 0, -1, 32];
  bins.forEach((count, i) => {
    below += count;
    sumBelow += i * count;
    if (below === 0 || below === total) return;
    const spread = (sum * below / total - sumBelow) ** 2 / (below * (total - below));
    if (spread > best) [best, threshold] = [spread, i + 1];
  });
  return (threshold * largest) / 64;
}
