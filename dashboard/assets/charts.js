// Charts over ready view models, drawn by Apache ECharts in the colours of the page. Every text arrives
// finished; nothing is formatted here.

const libraries = new Map();

/** The chart library: fetched once per page. */
function library(address) {
  if (!libraries.has(address)) libraries.set(address, import(new URL(address, window.location.origin).href));
  return libraries.get(address);
}

/** The colours of the page, as a canvas needs them. */
function coloursOf(node) {
  const style = getComputedStyle(node);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    main: named("main"), second: named("second"), third: named("third"), fourth: named("fourth"), fifth: named("fifth"),
    muted: named("muted"), quiet: named("quiet"), line: named("line"),
    ground: named("ground"), surface: named("surface"), text: style.color, font: style.fontFamily,
  };
}

/** What all charts have in common: the one theme. */
function baseOf(colours) {
  return {
    animation: false,
    textStyle: { fontFamily: colours.font, color: colours.text },
    tooltip: {
      confine: true,
      transitionDuration: 0,
      backgroundColor: colours.ground,
      borderColor: colours.line,
      borderWidth: 1,
      padding: [6, 10],
      textStyle: { color: colours.text, fontSize: 12.5, fontFamily: colours.font },
      extraCssText: "border-radius: 8px; box-shadow: 0 4px 16px rgb(0 0 0 / 14%)",
    },
  };
}

// A pattern, so that what is not final differs by more than its shade.
const HATCHED = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 };

/** The ECharts option of a chart. */
function optionOf(chart, colours) {
  const xText = new Map(chart.x_ticks.map((it) => [it.at, it.text]));
  const ticks = chart.y_ticks.map((it) => it.at);
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;
  const bars = chart.series.some((it) => it.kind === "bar");
  const base = baseOf(colours);
  return {
    ...base,
    grid: { left: 0, right: 10, top: 10, bottom: 3, containLabel: true },
    xAxis: {
      type: "category",
      data: chart.x,
      boundaryGap: bars,
      axisLine: { lineStyle: { color: colours.muted } },
      axisTick: { show: false },
      axisLabel: { color: colours.quiet, fontSize: 12, hideOverlap: true, interval: (at) => xText.has(at),
        formatter: (_, at) => xText.get(at) ?? "" },
    },
    yAxis: {
      type: "value",
      min: ticks[0],
      max: ticks.at(-1),
      interval: step,
      splitLine: { lineStyle: { color: colours.line } },
      axisLabel: { color: colours.quiet, fontSize: 12,
        // By its place: a mark that ECharts adds up itself may be off by a rounding.
        formatter: (value) => discreet(chart.y_ticks[Math.round((value - ticks[0]) / step)]?.text ?? "") },
    },
    tooltip: {
      ...base.tooltip,
      trigger: "axis",
      axisPointer: { type: bars ? "shadow" : "line", lineStyle: { color: colours.muted, type: "dotted" },
        shadowStyle: { color: colours.muted, opacity: 0.12 } },
      formatter: (points) => tipOf(chart, points[0].dataIndex),
    },
    series: chart.series.flatMap((it) => (MARKS[it.kind] ?? linesOf)(it, colours)),
  };
}

const MARKS = { bar: barsOf, interval: intervalOf, before: beforeOf };

/** What the others are compared with: a thin line, in the text's colour so that it shows over bars of any other. */
function beforeOf(series, colours) {
  return [{ type: "line", symbol: "none", emphasis: { disabled: true }, z: 2, data: series.values, connectNulls: false,
    lineStyle: { color: colours.text, opacity: 0.55, width: 1.5 }, itemStyle: { color: colours.text } }];
}

/** From the lower end to the upper: an area between, put on a line that is not seen. */
function intervalOf(series, colours) {
  const common = { type: "line", symbol: "none", emphasis: { disabled: true }, z: 1, stack: "interval", stackStrategy: "all",
    lineStyle: { width: 0 }, itemStyle: { color: colours[series.tone] } };
  return [
    { ...common, data: series.values },
    { ...common, areaStyle: { color: colours[series.tone], opacity: 0.18 },
      data: series.values.map((lower, at) => (lower === null ? null : series.upper[at] - lower)) },
  ];
}

function barsOf(series, colours) {
  const colour = colours[series.tone];
  return [{
    type: "bar",
    stack: "all",
    barMaxWidth: 38,
    barCategoryGap: "26%",
    itemStyle: { color: colour },
    emphasis: { disabled: true },
    data: series.values.map((value, at) => (at < series.open_until || (series.open_from !== null && at >= series.open_from)
      ? { value, itemStyle: { color: colour, opacity: 0.55, borderColor: colour, borderType: "dashed", borderWidth: 1,
        decal: { ...HATCHED, color: colours.ground } } }
      : value)),
  }];
}

/** A line, and what of it is not final as another one, dashed: ECharts cannot dash a part. */
function linesOf(series, colours) {
  const colour = colours[series.tone];
  const isBand = series.kind === "band";
  const end = series.open_from ?? series.values.length;
  const common = { type: "line", symbol: "none", emphasis: { disabled: true }, z: isBand ? 1 : 3,
    lineStyle: { color: colour, width: isBand ? 0 : 2 }, itemStyle: { color: colour },
    areaStyle: series.kind === "line" ? undefined : { color: colour, opacity: isBand ? 0.2 : 0.13 } };
  const closed = series.values.map((value, at) => (at < end ? value : null));
  // A line needs two points: one without a neighbour is a dot.
  const isAlone = (at) => closed[at] !== null && (closed[at - 1] ?? null) === null && (closed[at + 1] ?? null) === null;
  const dots = !isBand && closed.some((_, at) => isAlone(at))
    ? { symbol: (_, { dataIndex }) => (isAlone(dataIndex) ? "circle" : "none"), symbolSize: 6, showAllSymbol: true } : {};
  const lines = [{ ...common, ...dots, data: closed }];
  if (series.open_from !== null) {
    lines.push({ ...common, lineStyle: { ...common.lineStyle, type: [3, 4] },
      data: series.values.map((value, at) => {
        if (at < end - 1) return null;
        if (at < series.values.length - 1) return value;
        return { value, symbol: "circle", symbolSize: 7, itemStyle: { color: colours.ground, borderColor: colour, borderWidth: 2 } };
      }) });
    lines[1].symbol = (_, { dataIndex }) => (dataIndex === series.values.length - 1 ? "circle" : "none");
    lines[1].showAllSymbol = true;
  }
  return lines;
}

/** A series in the legend: by its colour, and by its shape where it is not one of the main ones. */
function swatchOf({ tone, kind }) {
  return `swatch ${tone}${{ before: " line", interval: " faint" }[kind] ?? ""}`;
}

function tipOf(chart, at) {
  return element("div", { class: "tip" }, [
    element("div", { class: "quiet", text: chart.x[at] }),
    ...chart.series.map((series) => element("div", { class: "tip-row" }, [
      element("i", { class: swatchOf(series) }),
      element("span", { text: series.name }),
      element("b", { text: discreet(series.texts[at]) }),
    ])),
  ]);
}

/** A box that ECharts draws into, once the library is there; it keeps its place and size. */
class Canvas {
  constructor(className) {
    this.root = element("div", { class: `plot ${className}`, tabindex: "0", role: "img" });
    this.chart = null;
    this.make = null;
    this.observer = new ResizeObserver(() => this.#fit());
    this.observer.observe(this.root);
  }

  /** Draw what `make(colours)` says; again whenever the colours change. */
  async draw(address, make) {
    this.make = make;
    this.library ??= await library(address);
    if (this.chart) this.redraw();
    else this.#fit();
  }

  redraw() {
    if (this.chart && this.make) this.chart.setOption(this.make(coloursOf(this.root)), { replaceMerge: ["series"] });
  }

  close() {
    this.observer.disconnect();
    this.#drop();
  }

  /** ECharts keeps every chart that is not disposed of: one that was taken off the page is. */
  #fit() {
    if (this.root.clientWidth === 0) this.#drop();
    else if (this.chart) this.chart.resize();
    else if (this.library) {
      this.chart = this.library.init(this.root, null, { renderer: "canvas" });
      this.redraw();
    }
  }

  #drop() {
    this.chart?.dispose();
    this.chart = null;
  }
}

/** A chart with its title, its legend, and its values as a table one button away. */
class ChartPanel {
  constructor() {
    this.title = element("h2");
    this.note = element("span", { class: "quiet" });
    this.switch = element("button", { type: "button", class: "plain" });
    this.legend = element("div", { class: "legend" });
    this.canvas = new Canvas("chart");
    this.head = element("tr");
    this.body = element("tbody");
    this.table = element("div", { class: "scroll", tabindex: "0", role: "region", hidden: "" }, [
      element("table", {}, [element("thead", {}, [this.head]), this.body])]);
    this.box = element("div", { class: "plot-box" }, [this.canvas.root, this.table]);
    this.root = element("section", { class: "card chart" }, [
      element("header", {}, [this.title, element("span", { class: "aside" }, [this.note, this.switch])]),
      this.legend,
      this.box,
    ]);
    this.data = null;
    this.cursor = null;
    this.switch.addEventListener("click", () => this.#show(this.table.hidden));
    this.canvas.root.addEventListener("keydown", (event) => this.#key(event));
    this.canvas.root.addEventListener("blur", () => this.#moveTo(null));
  }

  update(data, address, words) {
    this.words = words;
    setText(this.title, data.title);
    setText(this.note, data.note);
    this.#label(data.title);
    setAttribute(this.canvas.root, "aria-label", discreet(data.summary));
    setAttribute(this.table, "aria-label", data.title);
    this.#drawLegend(data);
    const drawn = JSON.stringify([data, discretion.isOn]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.data = data;
    this.canvas.draw(address, (colours) => optionOf(this.data, colours)).catch(() => this.#show(true));
    if (!this.table.hidden) this.#fillTable();
  }

  redraw() {
    this.canvas.redraw();
  }

  close() {
    this.canvas.close();
  }

  #drawLegend({ series }) {
    this.legend.hidden = series.length < 2;
    resize(this.legend, series.length, () => element("span", {}, [element("i"), element("b")]));
    series.forEach((it, at) => {
      setAttribute(this.legend.children[at].firstChild, "class", swatchOf(it));
      setText(this.legend.children[at].lastChild, it.name);
    });
  }

  /** The table in the chart's place, of the same size, or the chart again. */
  #show(asTable) {
    this.table.hidden = !asTable;
    this.canvas.root.classList.toggle("behind", asTable);
    this.canvas.root.tabIndex = asTable ? -1 : 0;
    this.#label(this.title.textContent);
    if (asTable) this.#fillTable();
  }

  /** What the switch would show, and of what: a page has many of them. */
  #label(title) {
    const word = this.table.hidden ? this.words.show_table : this.words.show_chart;
    setText(this.switch, word);
    setAttribute(this.switch, "aria-label", `${word}: ${title}`);
  }

  #fillTable() {
    const { data } = this;
    const names = [data.x_name, ...data.series.map((it) => it.name)];
    resize(this.head, names.length, () => element("th", { scope: "col" }));
    names.forEach((it, at) => setText(this.head.children[at], it));
    resize(this.body, data.x.length, () => element("tr", {}, [element("th", { scope: "row" })]));
    for (const row of this.body.children) resize(row, names.length, () => element("td"));
    // The newest first, as a reader wants it.
    data.x.forEach((x, at) => {
      const cells = this.body.children[data.x.length - 1 - at].children;
      setText(cells[0], x);
      data.series.forEach((it, column) => setFigure(cells[column + 1], it.texts[at]));
    });
  }

  #key(event) {
    const last = this.data.x.length - 1;
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
    const { chart } = this.canvas;
    if (!chart) return;
    if (at === null) { chart.dispatchAction({ type: "hideTip" }); return; }
    const shown = chart.getOption().series.findIndex((it) => (it.data[at]?.value ?? it.data[at]) !== null);
    if (shown >= 0) chart.dispatchAction({ type: "showTip", seriesIndex: shown, dataIndex: at });
  }
}
