// Small SVG charts over ready view models: every text arrives finished, nothing is formatted here.

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { top: 10, right: 12, bottom: 24, left: 64 };
let patternCount = 0;

/** An HTML element. Text goes in as text, so data can never become markup. */
function element(tag, attributes = {}, children = []) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, children = []) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
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

/** A chart that keeps its place and size; `update` gives it another view model. */
class ChartPanel {
  constructor() {
    this.title = element("h2");
    this.note = element("span", { class: "quiet" });
    this.legend = element("div", { class: "legend", "aria-hidden": "true" });
    this.pattern = `open-${(patternCount += 1)}`;
    this.plot = svg("svg", { class: "plot", tabindex: "0", role: "img" });
    this.tip = element("div", { class: "tip", hidden: "" });
    this.box = element("div", { class: "plot-box" }, [this.plot, this.tip]);
    this.root = element("section", { class: "card chart" }, [
      element("header", {}, [this.title, this.note]),
      this.legend,
      this.box,
    ]);
    this.chart = null;
    this.cursor = null;
    this.plot.addEventListener("pointermove", (event) => this.#point(event));
    this.plot.addEventListener("pointerleave", () => this.#moveTo(null));
    this.plot.addEventListener("blur", () => this.#moveTo(null));
    this.plot.addEventListener("keydown", (event) => this.#key(event));
    this.observer = new ResizeObserver(() => this.#draw());
    this.observer.observe(this.box);
  }

  update(chart) {
    this.chart = chart;
    setText(this.title, chart.title);
    setText(this.note, chart.note);
    setAttribute(this.plot, "aria-label", chart.summary);
    const several = chart.series.length > 1;
    this.legend.hidden = !several;
    if (several && this.legend.childElementCount !== chart.series.length) {
      this.legend.replaceChildren(...chart.series.map(() => element("span", {}, [element("i"), element("b")])));
    }
    if (several) {
      chart.series.forEach((series, at) => {
        const entry = this.legend.children[at];
        setAttribute(entry.firstChild, "class", `swatch ${series.tone}`);
        setText(entry.lastChild, series.name);
      });
    }
    this.#draw();
  }

  close() {
    this.observer.disconnect();
  }

  #scales() {
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    const count = this.chart.x.length;
    const bars = this.chart.series.some((it) => it.kind === "bar");
    const inner = Math.max(1, width - MARGIN.left - MARGIN.right);
    const band = bars ? inner / Math.max(1, count) : inner / Math.max(1, count - 1);
    const ticks = this.chart.y_ticks.map((it) => it.at);
    const low = Math.min(...ticks);
    const high = Math.max(...ticks);
    const bottom = height - MARGIN.bottom;
    return {
      width,
      height,
      band,
      bottom,
      x: (at) => MARGIN.left + (bars ? (at + 0.5) * band : count > 1 ? at * band : inner / 2),
      y: (value) => bottom - ((value - low) / (high - low || 1)) * (bottom - MARGIN.top),
    };
  }

  #draw() {
    if (!this.chart || this.box.clientWidth === 0) return;
    const scales = this.#scales();
    this.scales = scales;
    setAttribute(this.plot, "viewBox", `0 0 ${scales.width} ${scales.height}`);
    this.cursorLayer = svg("g");
    this.plot.replaceChildren(
      this.#patterns(),
      this.#yAxis(scales),
      this.#xAxis(scales),
      ...this.#marks(scales),
      this.cursorLayer,
    );
    this.#showCursor();
  }

  #patterns() {
    return svg("defs", {}, this.chart.series.map((series) =>
      svg("pattern", { id: `${this.pattern}-${series.tone}`, width: 6, height: 6, patternUnits: "userSpaceOnUse",
        patternTransform: "rotate(45)" }, [svg("rect", { width: 3, height: 6, class: `bar ${series.tone}` })])));
  }

  #yAxis({ width, y }) {
    return svg("g", { class: "axis", "aria-hidden": "true" }, this.chart.y_ticks.flatMap((tick) => [
      svg("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(tick.at), y2: y(tick.at),
        class: tick.at === 0 ? "zero" : "grid" }),
      svg("text", { x: MARGIN.left - 8, y: y(tick.at), dy: "0.32em", "text-anchor": "end", text: tick.text }),
    ]));
  }

  #xAxis({ width, bottom, x }) {
    const last = width - MARGIN.right;
    let free = Infinity;
    // From the newest backwards, leaving out what would touch its neighbour.
    const shown = this.chart.x_ticks.toReversed().filter((tick) => {
      const half = tick.text.length * 3.4 + 5;
      const middle = Math.min(x(tick.at), last - half);
      if (middle + half > free) return false;
      free = middle - half;
      return true;
    });
    return svg("g", { class: "axis", "aria-hidden": "true" }, shown.map((tick) => {
      // A mark at the edge would be cut off: it is set inside.
      const anchor = last - x(tick.at) < 20 ? "end" : "middle";
      return svg("text", { x: anchor === "end" ? last : x(tick.at), y: bottom + 17, "text-anchor": anchor,
        text: tick.text });
    }));
  }

  #marks(scales) {
    const stacked = this.chart.x.map(() => 0);
    return this.chart.series.map((series) =>
      series.kind === "bar" ? this.#bars(series, scales, stacked) : this.#curve(series, scales));
  }

  #bars(series, { band, x, y }, stacked) {
    const width = Math.max(1, Math.min(38, band * 0.74));
    return svg("g", {}, series.values.flatMap((value, at) => {
      if (value === null || value === 0) return [];
      const from = stacked[at];
      stacked[at] += value;
      const isOpen = series.open_from !== null && at >= series.open_from;
      const top = Math.min(y(from), y(stacked[at]));
      return [svg("rect", { x: x(at) - width / 2, y: top, width, rx: Math.min(2, width / 4),
        height: Math.max(0.5, Math.abs(y(from) - y(stacked[at]))), class: `bar ${series.tone}${isOpen ? " open" : ""}`,
        style: isOpen ? `fill: url(#${this.pattern}-${series.tone})` : null })];
    }));
  }

  #curve(series, { bottom, x, y, band }) {
    const end = series.open_from ?? series.values.length;
    const final = runs(series.values, 0, end);
    const open = series.open_from === null ? [] : runs(series.values, Math.max(0, end - 1), series.values.length);
    const path = (run) => run.map((at, i) => `${i ? "L" : "M"}${x(at).toFixed(1)} ${y(series.values[at]).toFixed(1)}`).join("");
    const group = svg("g");
    if (series.kind === "area") {
      for (const run of [...final, ...open]) {
        group.append(svg("path", { class: `area ${series.tone}`,
          d: `${path(run)}L${x(run.at(-1)).toFixed(1)} ${bottom}L${x(run[0]).toFixed(1)} ${bottom}Z` }));
      }
    }
    for (const run of final) group.append(svg("path", { class: `line ${series.tone}`, d: path(run) }));
    for (const run of open) group.append(svg("path", { class: `line open ${series.tone}`, d: path(run) }));
    const dots = band > 14 ? series.values.map((_, at) => at) : [...final, ...open].filter((it) => it.length === 1).flat();
    for (const at of dots) {
      if (series.values[at] !== null) {
        group.append(svg("circle", { cx: x(at), cy: y(series.values[at]), r: 2.5, class: `dot ${series.tone}` }));
      }
    }
    if (series.open_from !== null && series.values.at(-1) !== null) {
      const at = series.values.length - 1;
      group.append(svg("circle", { cx: x(at), cy: y(series.values[at]), r: 3.5, class: `dot now ${series.tone}` }));
    }
    return group;
  }

  #point(event) {
    if (!this.scales) return;
    const at = event.clientX - this.plot.getBoundingClientRect().left;
    const { x, band } = this.scales;
    const index = Math.round((at - x(0)) / (band || 1));
    this.#moveTo(Math.max(0, Math.min(this.chart.x.length - 1, index)));
  }

  #key(event) {
    const last = this.chart.x.length - 1;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") this.#moveTo(null);
    else if (event.key === "Home") this.#moveTo(0);
    else if (event.key === "End") this.#moveTo(last);
    else if (step) this.#moveTo(Math.max(0, Math.min(last, (this.cursor ?? last + (step < 0 ? 1 : 0)) + step)));
    else return;
    event.preventDefault();
  }

  #moveTo(at) {
    this.cursor = at;
    this.#showCursor();
  }

  #showCursor() {
    const { chart, cursor } = this;
    if (!chart || cursor === null || cursor >= chart.x.length) {
      this.tip.hidden = true;
      this.cursorLayer?.replaceChildren();
      return;
    }
    const { x, bottom, width } = this.scales;
    this.cursorLayer.replaceChildren(
      svg("line", { class: "cursor", x1: x(cursor), x2: x(cursor), y1: MARGIN.top, y2: bottom }));
    this.tip.replaceChildren(
      element("div", { class: "quiet", text: chart.x[cursor] }),
      ...chart.series.map((series) => element("div", {}, [
        element("i", { class: `swatch ${series.tone}` }),
        element("span", { text: series.name }),
        element("b", { text: series.texts[cursor] }),
      ])));
    this.tip.hidden = false;
    const half = this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.max(half, Math.min(width - half, x(cursor)))}px`;
  }
}

/** The stretches of indices in [from, to) without a gap. */
function runs(values, from, to) {
  const result = [];
  let run = [];
  for (let at = from; at < to; at += 1) {
    if (values[at] !== null) run.push(at);
    else if (run.length) { result.push(run); run = []; }
  }
  if (run.length) result.push(run);
  return result;
}

/** One number with its change; the same on the live page and in history. */
class TilePanel {
  constructor() {
    this.label = element("h2");
    this.value = element("div", { class: "value", text: "–" });
    this.change = element("b");
    this.against = element("span");
    this.delta = element("div", { class: "delta none" }, [this.change, this.against]);
    this.note = element("div", { class: "note" });
    this.root = element("section", { class: "card tile" }, [this.label, this.value, this.delta, this.note]);
  }

  update(tile) {
    setAttribute(this.root, "data-id", tile.id);
    setText(this.label, tile.label);
    setAttribute(this.label, "title", tile.definition);
    setText(this.value, tile.value);
    setAttribute(this.delta, "class", `delta ${tile.delta.tone}`);
    setText(this.change, tile.delta.text);
    setText(this.against, tile.against);
    setText(this.note, tile.note);
  }
}
