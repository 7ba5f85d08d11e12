// The live page's panels without a chart. Each has a fixed number of rows, so that nothing moves when there
// are fewer, and changes only the texts that changed.

/** A card with a title, a note, and what stands there while it has nothing to show. */
function card(className, children) {
  const it = { title: element("h2"), note: element("span", { class: "quiet" }), empty: element("p", { class: "quiet none-yet", hidden: "" }) };
  it.root = element("section", { class: `card ${className}` }, [element("header", {}, [it.title, it.note]), ...children, it.empty]);
  return it;
}

/** Parts of a total, each with its bar: payment methods, categories, segments, the funnel's steps. */
class PartsPanel {
  constructor(rows, className = "") {
    this.rows = Array.from({ length: rows }, () => {
      const row = { label: element("span", { class: "name" }), value: element("b"), share: element("span", { class: "quiet" }),
        bar: element("i") };
      row.root = element("li", { class: "empty" }, [row.label, row.share, row.value,
        element("div", { class: "track", "aria-hidden": "true" }, [row.bar])]);
      return row;
    });
    Object.assign(this, card(`parts ${className}`, [element("ul", {}, this.rows.map((it) => it.root))]));
  }

  label(title, note = "") {
    setText(this.title, title);
    setText(this.note, note);
  }

  update(parts) {
    this.rows.forEach((row, at) => {
      const part = parts[at];
      setAttribute(row.root, "class", part ? "" : "empty");
      setText(row.label, part?.label ?? "");
      setAttribute(row.label, "title", part?.label ?? "");
      setText(row.share, part?.share_text ?? part?.of_previous ?? "");
      setFigure(row.value, part?.value ?? "");
      row.bar.style.transform = `scaleX(${part?.share ?? 0})`;
    });
  }
}

class StockPanel {
  constructor(rows) {
    this.rows = Array.from({ length: rows }, () => {
      const row = { name: element("span", { class: "name" }), left: element("b") };
      row.root = element("li", {}, [row.name, row.left]);
      return row;
    });
    Object.assign(this, card("stock", [element("ul", {}, this.rows.map((it) => it.root))]));
  }

  label(texts) {
    setText(this.title, texts.stock_title);
    setText(this.empty, texts.stock_none);
  }

  update(stock) {
    this.empty.hidden = stock.length > 0;
    this.rows.forEach((row, at) => {
      const product = stock[at];
      setAttribute(row.root, "class", product?.is_out ? "out" : "");
      setText(row.name, product?.name ?? "");
      setAttribute(row.name, "title", product?.name ?? "");
      setFigure(row.left, product?.left ?? "");
    });
  }
}

class OrdersPanel {
  constructor(rows) {
    this.rows = Array.from({ length: rows }, () => {
      const row = { time: element("span", { class: "time quiet" }), product: element("span", { class: "name" }),
        place: element("span", { class: "place quiet" }), value: element("b"), cancelled: element("span", { class: "cancelled" }) };
      row.root = element("li", { class: "empty" }, [row.time, row.product, row.value, row.place, row.cancelled]);
      return row;
    });
    Object.assign(this, card("orders", [element("ol", {}, this.rows.map((it) => it.root))]));
    this.problem = element("p", { class: "problem", role: "status" });
    this.root.firstChild.after(this.problem);
  }

  label(texts) {
    setText(this.title, texts.orders_title);
  }

  /** `orders` is null where there is no live shop. */
  update(orders) {
    setText(this.problem, orders?.problem ?? "");
    this.rows.forEach((row, at) => {
      const order = orders?.rows[at];
      setAttribute(row.root, "class", order ? (order.cancelled ? "is-cancelled" : "") : "empty");
      setText(row.time, order?.time ?? "");
      setText(row.product, order?.product ?? "");
      setAttribute(row.product, "title", order?.product ?? "");
      setText(row.place, order ? `${order.place} · ${order.payment}` : "");
      setFigure(row.value, order?.value ?? "");
      setText(row.cancelled, order?.cancelled ?? "");
    });
  }
}

class ProductsPanel {
  constructor(rows) {
    this.title = element("h2");
    this.note = element("span", { class: "quiet" });
    this.empty = element("p", { class: "quiet none-yet", hidden: "" });
    this.heads = ["rank", "name", "units", "revenue", "movement"].map((it) => element("th", { scope: "col", class: it }));
    this.rows = Array.from({ length: rows }, () => {
      const cells = { rank: element("td", { class: "rank" }), name: element("span"), bar: element("i"),
        units: element("td", { class: "units" }), revenue: element("td", { class: "revenue" }),
        movement: element("td", { class: "movement" }) };
      cells.root = element("tr", { class: "empty" }, [cells.rank,
        element("td", { class: "name" }, [cells.name, element("div", { class: "track", "aria-hidden": "true" }, [cells.bar])]),
        cells.units, cells.revenue, cells.movement]);
      return cells;
    });
    this.root = element("section", { class: "card products" }, [
      element("header", {}, [this.title, this.note]),
      element("table", {}, [
        element("thead", {}, [element("tr", {}, this.heads)]),
        element("tbody", {}, this.rows.map((it) => it.root)),
      ]),
      this.empty,
    ]);
  }

  label(texts) {
    setText(this.title, texts.products_title);
    setText(this.empty, texts.no_sales);
    [texts.rank, texts.product, texts.units, texts.revenue, texts.movement].forEach((text, at) => setText(this.heads[at], text));
  }

  update(products) {
    this.empty.hidden = products.length > 0;
    this.rows.forEach((row, at) => {
      const product = products[at];
      setAttribute(row.root, "class", product ? "" : "empty");
      setText(row.rank, product?.rank ?? "");
      setText(row.name, product?.name ?? "");
      setAttribute(row.name, "title", product?.name ?? "");
      setFigure(row.units, product?.units ?? "");
      setFigure(row.revenue, product?.revenue ?? "");
      setText(row.movement, product?.movement ?? "");
      setAttribute(row.movement, "class", `movement ${product?.tone ?? "none"}`);
      setAttribute(row.movement, "title", product?.movement_label ?? "");
      setAttribute(row.movement, "aria-label", product?.movement_label ?? "");
      row.bar.style.transform = `scaleX(${product?.share ?? 0})`;
    });
  }
}
