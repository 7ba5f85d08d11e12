// A page of history: tiles, then cards of twelve columns, each a chart, a heat map, the map or a table.

/** A chart of `charts.js`, with its files. */
class ChartBlock {
  constructor() {
    this.panel = new ChartPanel();
    this.links = new FileLinks();
    this.root = this.panel.root;
    this.root.querySelector(".aside").append(this.links.root);
  }

  update(block, data) {
    this.links.update(block, data);
    this.panel.update(block.chart, data.library, data.words);
  }

  close() { this.panel.close(); }

  redraw() { this.panel.redraw(); }
}

/** The map of `map.js`, with its files. */
class MapBlock {
  constructor() {
    this.panel = new MapPanel();
    this.links = new FileLinks();
    this.root = this.panel.root;
    this.root.querySelector("header").append(element("span", { class: "aside" }, [this.panel.note, this.links.root]));
  }

  update(block, data) {
    this.links.update(block, data);
    this.panel.label({ ...data.words, map_title: block.title });
    setText(this.panel.note, block.note);
    this.panel.update(block.states, data);
  }

  close() { this.panel.close(); }

  redraw() { this.panel.redraw(); }
}

/** A card that says why there is nothing to see. */
class EmptyBlock {
  constructor() {
    this.title = element("h2");
    this.words = element("p", { class: "quiet" });
    this.root = element("section", { class: "card" }, [element("header", {}, [this.title]), this.words]);
  }

  update(block) {
    setText(this.title, block.title);
    setText(this.words, block.empty);
  }

  close() { /* Nothing is held. */ }

  redraw() { /* The colours are the style sheet's. */ }
}

const KINDS = { empty: EmptyBlock, chart: ChartBlock, heat: HeatPanel, states: MapBlock, table: TablePanel };

function kindOf(block) {
  return Object.keys(KINDS).find((it) => block[it]) ?? "table";
}

class HistoryPage {
  constructor(parent) {
    this.line = element("span");
    this.summary = element("summary");
    this.findings = element("ul");
    this.provenance = element("div", { class: "provenance quiet" }, [
      this.line, element("details", {}, [this.summary, this.findings])]);
    this.tiles = [];
    this.tileRow = element("div", { class: "tiles" });
    this.blockGrid = element("div", { class: "blocks" });
    this.blocks = [];
    this.root = element("div", { class: "vitrine history" }, [this.provenance, this.tileRow, this.blockGrid]);
    watchTheme(this.root, () => this.blocks.forEach((it) => it.redraw()));
    parent.append(this.root);
  }

  update(data) {
    introduce(this.root, data.words);
    this.#tell(data.provenance);
    if (this.tiles.length !== data.tiles.length) {
      this.tiles = data.tiles.map(() => new TilePanel());
      this.tileRow.replaceChildren(...this.tiles.map((it) => it.root));
      setAttribute(this.tileRow, "data-count", String(this.tiles.length));
    }
    data.tiles.forEach((it, at) => this.tiles[at].update(it));
    this.#place(data.blocks);
    data.blocks.forEach((it, at) => this.blocks[at].update(it, data));
  }

  #tell({ line, summary, findings }) {
    setText(this.line, line);
    setText(this.summary, summary);
    if (this.findings.textContent !== findings.join("")) {
      this.findings.replaceChildren(...findings.map((text) => element("li", { text })));
    }
  }

  /** Cards stay where they are while the same ones are shown, so that a new run moves nothing. */
  #place(blocks) {
    const shape = JSON.stringify(blocks.map((it) => [it.id, kindOf(it), it.span]));
    if (shape === this.shape) return;
    this.shape = shape;
    this.blocks.forEach((it) => it.close());
    this.blocks = blocks.map((it) => new KINDS[kindOf(it)]());
    this.blocks.forEach((it, at) => {
      setAttribute(it.root, "data-block", blocks[at].id);
      setAttribute(it.root, "data-span", String(blocks[at].span));
    });
    this.blockGrid.replaceChildren(...this.blocks.map((it) => it.root));
  }
}

const pages = new WeakMap();

export default function ({ data, parentElement }) {
  let page = pages.get(parentElement);
  if (!page?.root.isConnected) {
    page = new HistoryPage(parentElement);
    pages.set(parentElement, page);
  }
  const { page: shown, ...around } = JSON.parse(new TextDecoder().decode(data));
  page.update({ ...around, ...shown });
}
