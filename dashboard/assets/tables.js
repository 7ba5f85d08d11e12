// Tables and heat maps of ready texts: what a chart says, to be read.

/** Links that take a card's table away as a file. */
class FileLinks {
  constructor() {
    this.csv = element("a", { class: "file", download: "" });
    this.parquet = element("a", { class: "file", download: "" });
    this.root = element("span", { class: "files" }, [this.csv, this.parquet]);
  }

  update(block, { files, query, words }) {
    for (const kind of ["csv", "parquet"]) {
      setText(this[kind], words[kind]);
      setAttribute(this[kind], "href", `${files}/${block.id}.${kind}?${query}`);
      const help = words[`${kind}_help`].replace("{title}", block.title);
      setAttribute(this[kind], "aria-label", help);
      setAttribute(this[kind], "title", help);
    }
  }
}

/** A card of one table, with its files. */
class TableCard {
  constructor(className) {
    this.title = element("h2");
    this.note = element("span", { class: "quiet" });
    this.links = new FileLinks();
    this.aside = element("span", { class: "aside" }, [this.note, this.links.root]);
    this.head = element("tr");
    this.body = element("tbody");
    this.table = element("table", {}, [element("thead", {}, [this.head]), this.body]);
    this.scroll = element("div", { class: "scroll", tabindex: "0", role: "region" }, [this.table]);
    this.root = element("section", { class: `card ${className}` }, [element("header", {}, [this.title, this.aside]), this.scroll]);
  }

  update(block, data) {
    setText(this.title, block.title);
    setText(this.note, block.note);
    this.links.update(block, data);
    setAttribute(this.scroll, "aria-label", block.title);
  }

  /** Draw by `draw` what is not there yet. */
  show(content, draw) {
    const drawn = JSON.stringify(content);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    draw(content);
  }

  /** A table whose first column names the row; bars under the names, where it has any. */
  drawTable({ columns, texts, rows, bars }) {
    const side = (at) => (texts[at] ? "text" : "figure");
    this.head.replaceChildren(...columns.map((text, at) => element("th", { scope: "col", class: side(at), text })));
    this.body.replaceChildren(...rows.map((row, place) => element("tr", {}, row.map(({ text, tone }, at) => {
      if (at) return element("td", { class: `${side(at)} ${tone}`.trim(), text });
      const name = element("span", { class: "name", text, title: text });
      const cell = element("th", { scope: "row", class: bars ? "with-bar" : "" }, [name]);
      if (bars) {
        const bar = element("i");
        bar.style.transform = `scaleX(${bars[place]})`;
        cell.append(element("div", { class: "track", "aria-hidden": "true" }, [bar]));
      }
      return cell;
    }))));
  }

  close() { /* Nothing is held. */ }

  redraw() { /* The colours are the style sheet's. */ }
}

/** A table, folded away where it is long. */
class TablePanel extends TableCard {
  constructor() {
    super("table");
    this.summary = element("summary");
    this.fold = element("details", {}, [this.summary]);
  }

  update(block, data) {
    super.update(block, data);
    this.#foldAway(block.is_folded, data.words.fold_open, block.title);
    this.show(block.table, (table) => this.drawTable(table));
  }

  #foldAway(isFolded, words, title) {
    setText(this.summary, words);
    setAttribute(this.summary, "aria-label", `${words}: ${title}`);
    const inside = this.scroll.parentNode === this.fold;
    if (isFolded && !inside) {
      this.root.append(this.fold);
      this.fold.append(this.scroll);
    } else if (!isFolded && inside) {
      this.root.append(this.scroll);
      this.fold.remove();
    }
  }
}

/**
 * A heat map is a table: its figures say what its shades say, and a star what may still change. What its cells have no
 * room for is said to who points at them, and to everybody in the table in its place, one button away.
 */
class HeatPanel extends TableCard {
  constructor() {
    super("heat-card");
    this.isTable = false;
    this.switch = element("button", { type: "button", class: "plain" });
    this.switch.addEventListener("click", () => { this.isTable = !this.isTable; this.update(this.block, this.data); });
    this.note.after(this.switch);
    this.foot = element("p", { class: "quiet foot" });
    this.root.append(this.foot);
  }

  update(block, data) {
    super.update(block, data);
    Object.assign(this, { block, data });
    const word = this.isTable ? data.words.show_chart : data.words.show_table;
    setText(this.switch, word);
    setAttribute(this.switch, "aria-label", `${word}: ${block.title}`);
    setText(this.foot, block.heat.note);
    this.foot.hidden = this.isTable || !block.heat.note;
    setAttribute(this.root, "class", `card ${this.isTable ? "table" : "heat-card"}`);
    setAttribute(this.table, "class", this.isTable ? "" : "heat");
    if (this.isTable) this.show(block.table, (table) => this.drawTable(table));
    else this.show(block.heat, (heat) => this.#drawHeat(heat));
  }

  #drawHeat({ corner, columns, rows }) {
    this.head.replaceChildren(...[corner, ...columns].map((text) => element("th", { scope: "col", text })));
    this.body.replaceChildren(...rows.map(({ label, cells }) => element("tr", {}, [
      element("th", { scope: "row", text: label, title: label }),
      ...cells.map((cell) => element("td", {
        class: `level-${cell.level}${cell.is_open ? " open" : ""}`,
        title: cell.title || null,
        text: cell.text && cell.is_open ? `${cell.text}*` : cell.text,
      })),
    ])));
  }
}
