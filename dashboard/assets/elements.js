// HTML elements and small helpers for all pages. Text goes in as text, so data can never become markup.

function element(tag, attributes = {}, children = []) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, children = []) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** Change a text only where it changed: the browser then has nothing to lay out. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** What is around a page: its language, Streamlit's words in it, and the page's name for Streamlit's landmark. */
function introduce(root, { html_language: language, page_name: name }) {
  document.documentElement.lang = language;
  // One for all pages: each page's script is a module of its own.
  window.vitrineWords ??= new StreamlitWords();
  window.vitrineWords.speak(STREAMLIT[language]);
  root.lang = language;
  const main = document.querySelector("[data-testid=stMain]");
  if (main) setAttribute(main, "aria-label", name);
}

/** As many children as `count`; those that are there stay. */
function resize(parent, count, make) {
  while (parent.childElementCount > count) parent.lastElementChild.remove();
  while (parent.childElementCount < count) parent.append(make());
}

/** Whether figures are hidden from who looks over a shoulder. */
const discretion = { isOn: false };

/** A text with its figures, or with dots in their place. */
function discreet(text) {
  return discretion.isOn ? text.replace(/\d[\d.,]*/g, "•••") : text;
}

/** Text that holds figures of the shop. */
function setFigure(node, text) {
  setText(node, discreet(text));
}

/** Calls `changed` whenever the page takes on other colours: a probe's colour then makes a transition. */
function watchTheme(root, changed) {
  const probe = element("i", { class: "theme-probe", "aria-hidden": "true" });
  probe.addEventListener("transitionend", changed);
  root.append(probe);
}

/** One number with its change and, where it has one, how it came about; the same on every page. */
class TilePanel {
  constructor() {
    this.label = element("h2");
    this.value = element("div", { class: "value", text: "–" });
    this.change = element("b");
    this.against = element("span");
    this.delta = element("div", { class: "delta none" }, [this.change, this.against]);
    this.note = element("div", { class: "note" });
    this.area = svg("path", { class: "area" });
    this.line = svg("path", { class: "line", "vector-effect": "non-scaling-stroke" });
    this.spark = svg("svg", { class: "spark", viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" },
      [this.area, this.line]);
    this.root = element("section", { class: "card tile" }, [this.label, this.value, this.delta, this.note, this.spark]);
  }

  update(tile) {
    setAttribute(this.root, "data-id", tile.id);
    setText(this.label, tile.label);
    setAttribute(this.label, "title", tile.definition);
    setFigure(this.value, tile.value);
    setAttribute(this.value, "title", discreet(tile.value));
    const { length } = tile.value;
    setAttribute(this.value, "data-size", length > 15 ? "longest" : length > 12 ? "long" : "usual");
    setAttribute(this.delta, "class", `delta ${tile.delta.tone}`);
    setFigure(this.change, tile.delta.text);
    setText(this.against, tile.against);
    setAttribute(this.delta, "title", tile.reason);
    setFigure(this.note, tile.note);
    setAttribute(this.note, "title", discreet(tile.note));
    const runs = runsOf(tile.spark);
    const step = 100 / Math.max(1, tile.spark.length - 1);
    const path = (run) => run.map(([at, height], i) => `${i ? "L" : "M"}${(at * step).toFixed(1)} ${98 - height * 0.9}`).join("")
      // With round ends a line of no length is a dot.
      + (run.length === 1 ? "h0" : "");
    setAttribute(this.line, "d", runs.map(path).join(""));
    setAttribute(this.area, "d", runs.map((run) =>
      `${path(run)}L${(run.at(-1)[0] * step).toFixed(1)} 100L${(run[0][0] * step).toFixed(1)} 100Z`).join(""));
  }
}

/** The stretches of [index, value] without a gap. */
function runsOf(values) {
  const runs = [];
  let run = [];
  values.forEach((value, at) => {
    if (value !== null) run.push([at, value]);
    else if (run.length) { runs.push(run); run = []; }
  });
  if (run.length) runs.push(run);
  return runs;
}
