// What the page can show besides the first view. A feature is one row here and one module.
// `README.md` in this folder says what `start(element, studio)` of a module gets.

/** Views with a tab of their own: `{ name, title, load }`. */
export const VIEWS = [
  { name: "live", title: "Draw" },
  { name: "train", title: "Watch it learn", load: () => import("./watch_learning.js") },
  { name: "mistakes", title: "Where it fails", load: () => import("./mistakes.js") },
  { name: "learn", title: "Learn", load: () => import("./learn.js") },
];

/** Panels above the layers in the first view, one at a time: `{ name, title, load }`. */
export const PANELS = [
  { name: "number", title: "Follow one number", load: () => import("./number_panel.js") },
  { name: "backward", title: "Look backwards", load: () => import("./backward_panel.js") },
  { name: "ablation", title: "Switch channels off", load: () => import("./ablation_panel.js") },
  { name: "keras", title: "Beside Keras", load: () => import("./keras_panel.js") },
];
