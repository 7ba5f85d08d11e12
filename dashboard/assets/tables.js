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

/** A table whose first column names the row; bars under the names, where it has any. */
class TablePanel {
  constructor() {
    this.title = element("h2");
    this.note = element("span", { class: "quiet" });
    this.links = new FileLinks();
    this.head = element("tr");
    this.body = element("tbody");
    this.scroll = element("div", { class: "scroll", tabindex: "0", role: "region" }, [
      element("table", {}, [element("thead", {}, [this.head]), this.body])]);
    this.summary = element("summary");
    this.fold = element("details", {}, [this.summary]);
    this.root = element("section", { class: "card table" }, [
      element("header", {}, [this.title, element("span", { class: "aside" }, [this.note, this.links.root])]),
      this.scroll,
    ]);
  }

  update(block, data) {
    setText(this.title, block.title);
    setText(this.note, block.note);
    this.links.update(block, data);
    setAttribute(this.scroll, "aria-label", block.title);
    this.#foldAway(block.is_folded, data.words.fold_open, block.title);
    const drawn = JSON.stringify(block.table);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const { columns, texts, rows, bars } = block.table;
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

/** A heat map is a table: its figures say what its shades say, and a star what may still change. */
class HeatPanel {
  constructor() {
    this.title = element("h2");
    this.note = element("span", { class: "quiet" });
    this.links = new FileLinks();
    this.head = element("tr");
    this.body = element("tbody");
    this.scroll = element("div", { class: "scroll", tabindex: "0", role: "region" }, [
      element("table", { class: "heat" }, [element("thead", {}, [this.head]), this.body])]);
    this.foot = element("p", { class: "quiet foot" });
    this.root = element("section", { class: "card heat-card" }, [
      element("header", {}, [this.title, element("span", { class: "aside" }, [this.note, this.links.root])]),
      this.scroll,
      this.foot,
    ]);
  }

  update(block, data) {
    setText(this.title, block.title);
    setText(this.note, block.note);
    this.links.update(block, data);
    setAttribute(this.scroll, "aria-label", block.title);
    const { heat } = block;
    setText(this.foot, heat.note);
    this.foot.hidden = !heat.note;
    const drawn = JSON.stringify(heat);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.head.replaceChildren(...[heat.corner, ...heat.columns].map((text) => element("th", { scope: "col", text })));
    this.body.replaceChildren(...heat.rows.map(({ label, cells }) => element("tr", {}, [
      element("th", { scope: "row", text: label, title: label }),
      ...cells.map((cell) => element("td", {
        class: `level-${cell.level}${cell.is_open ? " open" : ""}`,
        title: cell.title || null,
        text: cell.text && cell.is_open ? `${cell.text}*` : cell.text,
      })),
    ])));
  }

  close() { /* Nothing is held. */ }

  redraw() { /* The colours are the style sheet's. */ }
}
