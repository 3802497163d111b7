// Drawing with the keyboard: space puts the pen down or lifts it, arrow keys move it.

import { SIDE } from "./canvas.js";

const STEP = 12;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Lets the arrow keys and the space bar draw while the drawing area has the focus. */
export function drawWithKeys(canvas, marker) {
  let place = [SIDE / 2, SIDE / 3];
  let isDown = false;

  function show() {
    marker.hidden = false;
    marker.classList.toggle("down", isDown);
    marker.style.left = `${(100 * place[0]) / SIDE}%`;
    marker.style.top = `${(100 * place[1]) / SIDE}%`;
  }

  function lift() {
    if (isDown) canvas.finish();
    isDown = false;
  }

  canvas.element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (move) {
      place = place.map((value, i) => Math.min(Math.max(value + STEP * move[i], 0), SIDE));
      if (isDown) canvas.extend(place);
    } else if (event.key === " ") {
      if (isDown) lift();
      else {
        isDown = true;
        canvas.addStroke([place]);
      }
    } else return;
    event.preventDefault();
    show();
  });
  const hide = () => { lift(); marker.hidden = true; };
  canvas.element.addEventListener("blur", hide);
  canvas.element.addEventListener("pointerdown", hide, { capture: true });
}
