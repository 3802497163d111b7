// The Learn pages: what a layer, loss or optimizer does, with numbers that one changes.

import { address } from "./address.js";
import { showErrors } from "./lesson_errors.js";
import { startExample } from "./lesson_example.js";
import { inline, lines, make, sentence } from "./lesson_parts.js";

const FIRST = "conv2d";

/** Fills the view with the list of topics and the page of one. */
export async function start(element, studio) {
  const list = make("nav", "topics", { "aria-label": "Topics" });
  const article = make("article", "lesson");
  element.setAttribute("aria-label", "Learn");
  element.append(list, article);
  const { topics } = await studio.ask("lessons");
  const choose = topicList(list, topics);
  let shown = null;
  const show = async () => {
    if (address.get("view") !== "learn") return;
    const topic = address.get("topic") ?? FIRST;
    choose(topic);
    if (topic === shown) return;
    shown = topic;
    try {
      const lesson = await studio.ask("lesson", { topic });
      if (topic === shown) await fill(article, lesson, studio);
    } catch (error) {
      shown = null;
      article.replaceChildren(make("p", "", {}, error.message));
    }
  };
  address.addEventListener("change", show);
  await show();
}

/** Buttons in groups on a wide page, a menu on a narrow one; returns what marks the chosen one. */
function topicList(list, topics) {
  const menu = make("select", "topic-menu", { "aria-label": "Topic" });
  const buttons = new Map();
  const open = (name) => {
    address.set({ topic: name, set: null, numbers: null, at: null, way: null });
    window.scrollTo(0, 0);
  };
  for (const [group, members] of Map.groupBy(topics, (topic) => topic.group)) {
    const options = make("optgroup", "", { label: group });
    const items = members.map(({ name, title }) => {
      options.append(make("option", "", { value: name }, title));
      const button = make("button", "topic", { type: "button" }, title);
      button.addEventListener("click", () => open(name));
      buttons.set(name, button);
      return button;
    });
    menu.append(options);
    const more = group.startsWith("More");
    const box = make(more ? "details" : "div", "topic-group");
    box.append(make(more ? "summary" : "h2", "", {}, group), ...items);
    list.append(box);
  }
  menu.addEventListener("change", () => open(menu.value));
  list.prepend(menu);
  return (name) => {
    menu.value = name;
    for (const [other, button] of buttons) button.setAttribute("aria-current", String(other === name));
    const group = buttons.get(name)?.closest("details");
    if (group) group.open = true;
    buttons.get(name)?.scrollIntoView({ block: "nearest" });
  };
}

async function fill(article, lesson, studio) {
  const head = make("header", "lesson-head");
  head.append(make("h1", "", {}, lesson.title), make("p", "lesson-class", {}, lesson.class));
  head.append(...lesson.lead.map((parts) => sentence(make("p", "lead"), parts)));
  const example = make("section", "card-box lesson-example", { "aria-label": "Example" });
  article.replaceChildren(head, example, formulas(lesson), facts(lesson), code(lesson));
  article.dataset.topic = lesson.name;
  await startExample(example, article, lesson, studio);
  await showErrors(article, lesson.name, studio);
}

function formulas(lesson) {
  const box = make("section", "formulas", { "aria-label": "Formulas" });
  const hasWay = lesson.backward.length > 0;
  if (lesson.forward.length) box.append(formulaColumn(hasWay ? "Forward" : "Formula", lines(lesson.forward)));
  if (hasWay) {
    const bar = make("p", "formula-words", {}, "A bar marks the gradient of the loss: ȳ to the output, which is known, and x̄ to the input.");
    box.append(formulaColumn("Backward", [...lesson.backward.flatMap(lines), bar]));
  }
  const isLong = [lesson.forward, ...lesson.backward].flat().some(({ text }) => text?.length > 45);
  box.classList.toggle("wide", isLong);
  box.hidden = !box.children.length;
  return box;
}

function formulaColumn(title, parts) {
  const column = make("div", "card-box");
  column.append(make("h2", "", {}, title), ...parts);
  return column;
}

function facts() {
  const box = make("section", "facts", { "aria-label": "Shape, cost, error" });
  for (const name of ["shape", "cost", "error"]) box.append(make("div", "card-box", { "data-fact": name, hidden: "" }));
  return box;
}

function code(lesson) {
  const box = make("section", "lesson-code", { "aria-labelledby": "code-title" });
  const all = [...lesson.code, ...lesson.shape_code];
  if (!all.length) return box;
  box.append(make("h2", "", { id: "code-title" }, "The code that does it"));
  all.forEach(({ name, file, line, text }, i) => {
    const one = make("details", "card-box");
    one.open = i < 2;
    const head = make("summary");
    head.append(make("code", "", {}, name), make("span", "file", {}, `${file}, line ${line}`));
    const lines = make("pre");
    lines.append(make("code", "", {}, text));
    lines.tabIndex = 0;
    one.append(head, lines);
    box.append(one);
  });
  if (lesson.source) box.append(inline(make("p", "paper"), `Source: ${lesson.source}`));
  return box;
}
