// The history page: tiles, charts and a table over one view model.

class TablePanel {
  constructor() {
    this.title = element("h2");
    this.head = element("tr");
    this.body = element("tbody");
    this.root = element("section", { class: "card table" }, [
      element("header", {}, [this.title]),
      element("div", { class: "scroll", tabindex: "0", role: "region" }, [
        element("table", {}, [element("thead", {}, [this.head]), this.body]),
      ]),
    ]);
  }

  update({ title, columns, rows }) {
    setText(this.title, title);
    setAttribute(this.root.querySelector(".scroll"), "aria-label", title);
    this.head.replaceChildren(...columns.map((it) => element("th", { scope: "col", text: it })));
    this.body.replaceChildren(...rows.map((row) => element("tr", {}, row.map((text, at) =>
      at === 0 ? element("th", { scope: "row", text }) : element("td", { text })))));
  }
}

class HistoryPage {
  constructor(parent) {
    this.provenance = element("p", { class: "provenance quiet" });
    this.tiles = Array.from({ length: 3 }, () => new TilePanel());
    this.charts = Array.from({ length: 3 }, () => new ChartPanel());
    this.table = new TablePanel();
    this.root = element("main", { class: "vitrine history" }, [
      element("div", { class: "tiles three" }, this.tiles.map((it) => it.root)),
      this.charts[0].root,
      element("div", { class: "columns even" }, [this.charts[1].root, this.charts[2].root]),
      this.table.root,
      this.provenance,
    ]);
    watchTheme(this.root, () => this.charts.forEach((it) => it.redraw()));
    parent.append(this.root);
  }

  update(data) {
    document.documentElement.lang = data.words.html_language;
    this.root.lang = data.words.html_language;
    data.tiles.forEach((it, at) => this.tiles[at].update(it));
    data.charts.forEach((it, at) => this.charts[at].update(it, data.library, data.words));
    this.table.update(data.table);
    setText(this.provenance, data.provenance);
  }
}

const pages = new WeakMap();

export default function ({ data, parentElement }) {
  let page = pages.get(parentElement);
  if (!page?.root.isConnected) {
    page = new HistoryPage(parentElement);
    pages.set(parentElement, page);
  }
  page.update(data);
}
