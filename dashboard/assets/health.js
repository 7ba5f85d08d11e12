// The health page: a verdict, the stages of the flow, and tables. Looked at every few seconds: rows and cells
// stay where they are and change their texts only.

/** A table whose rows are kept from one look to the next. */
class GridPanel {
  constructor() {
    this.title = element("h2");
    this.note = element("span", { class: "quiet" });
    this.trouble = element("p", { class: "problem", role: "status" });
    this.head = element("tr");
    this.body = element("tbody");
    this.empty = element("p", { class: "quiet none" });
    this.scroll = element("div", { class: "scroll", tabindex: "0", role: "region" }, [
      element("table", {}, [element("thead", {}, [this.head]), this.body])]);
    this.root = element("section", { class: "card grid" }, [
      element("header", {}, [this.title, this.note]), this.trouble, this.scroll, this.empty]);
  }

  update(grid) {
    setAttribute(this.root, "data-id", grid.id);
    setText(this.title, grid.title);
    setText(this.note, grid.note);
    setText(this.trouble, grid.trouble);
    setAttribute(this.scroll, "aria-label", grid.title);
    setText(this.empty, grid.rows.length || grid.trouble ? "" : grid.empty);
    this.scroll.hidden = grid.rows.length === 0;
    this.root.classList.toggle("old", grid.trouble !== "" && grid.rows.length > 0);
    resize(this.head, grid.columns.length, () => element("th", { scope: "col" }));
    grid.columns.forEach((it, at) => {
      setText(this.head.children[at], it.label);
      setAttribute(this.head.children[at], "class", it.is_figure ? "figure" : "");
    });
    resize(this.body, grid.rows.length, () => element("tr"));
    grid.rows.forEach((cells, at) => this.#row(this.body.children[at], cells, grid.columns));
  }

  #row(row, cells, columns) {
    if (row.childElementCount !== cells.length) {
      row.replaceChildren(...cells.map((_, at) => element(at ? "td" : "th", at ? {} : { scope: "row" })));
    }
    cells.forEach((it, at) => {
      const cell = row.children[at];
      setText(cell, it.text);
      setAttribute(cell, "class", `${it.tone} ${columns[at].is_figure ? "figure" : ""}`.trim());
      setAttribute(cell, "title", it.title);
    });
  }
}

class StagePanel {
  constructor() {
    this.label = element("h2");
    this.value = element("div", { class: "value" });
    this.note = element("div", { class: "note" });
    this.root = element("section", { class: "card tile stage" }, [this.label, this.value, this.note]);
  }

  update(stage) {
    setAttribute(this.root, "data-id", stage.id);
    this.root.classList.toggle("old", stage.is_old);
    setText(this.label, stage.label);
    setText(this.value, stage.value);
    setText(this.note, stage.note);
    setAttribute(this.note, "title", stage.note);
  }
}

class HealthPage {
  constructor(parent) {
    this.label = element("strong");
    this.note = element("span", { class: "quiet" });
    this.at = element("span", { class: "quiet at" });
    this.reasons = element("ul", { class: "reasons" });
    this.verdict = element("section", { class: "verdict", role: "status" }, [
      element("div", { class: "state" }, [element("i", { class: "dot-live" }), this.label, this.note, this.at]),
      this.reasons]);
    this.stages = Array.from({ length: 6 }, () => new StagePanel());
    this.grids = Array.from({ length: 12 }, () => new GridPanel());
    const at = (index) => this.grids[index].root;
    this.root = element("div", { class: "vitrine health" }, [
      this.verdict,
      element("div", { class: "tiles" }, this.stages.map((it) => it.root)),
      element("div", { class: "columns" }, [at(0), at(1)]),
      at(2),
      element("div", { class: "columns" }, [at(3), at(4)]),
      at(5),
      at(6),
      at(7),
      element("div", { class: "columns" }, [at(8), at(9)]),
      element("div", { class: "columns even" }, [at(10), at(11)]),
    ]);
    parent.append(this.root);
  }

  update({ verdict, stages, grids, words }) {
    introduce(this.root, words);
    setAttribute(this.verdict, "data-kind", verdict.kind);
    setText(this.label, verdict.label);
    setText(this.note, verdict.note);
    setText(this.at, verdict.looked_at);
    resize(this.reasons, verdict.reasons.length, () => element("li"));
    verdict.reasons.forEach((it, at) => {
      setText(this.reasons.children[at], it.text);
      setAttribute(this.reasons.children[at], "class", it.tone);
    });
    stages.forEach((it, at) => this.stages[at].update(it));
    grids.forEach((it, at) => this.grids[at].update(it));
  }
}

const pages = new WeakMap();

export default function ({ data, parentElement }) {
  let page = pages.get(parentElement);
  if (!page?.root.isConnected) {
    page = new HealthPage(parentElement);
    pages.set(parentElement, page);
  }
  page.update(data);
}
