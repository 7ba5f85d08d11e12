// The live page: one stream of frames, drawn in place. A frame is a whole page; nothing adds up here,
// so a lost or repeated one changes nothing.

// The server sends a frame a second, at worst every few while Redis times out.
const SILENCE_MS = 8000;
const POLL_MS = 2000;
const RETRY_MS = [1000, 2000, 5000, 10000];
// After this many streams in a row without one frame something between blocks them: ask frame by frame.
const BLOCKED_AFTER = 3;

/** Delivers frames until closed: by stream, or one by one where streams are blocked. */
class Feed {
  constructor(address, query, onFrame, onTrouble) {
    Object.assign(this, { address, query, onFrame, onTrouble });
    this.failures = 0;
    this.closed = false;
    this.onVisible = () => { if (!document.hidden) this.#restart(); };
    document.addEventListener("visibilitychange", this.onVisible);
    window.addEventListener("online", this.onVisible);
    this.#open();
  }

  close() {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.onVisible);
    window.removeEventListener("online", this.onVisible);
    this.#drop();
  }

  #drop() {
    clearTimeout(this.watchdog);
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  /** A tab that was asleep may hold a stream that died unnoticed. */
  #restart() {
    if (this.closed || (this.last && performance.now() - this.last < SILENCE_MS)) return;
    this.#open();
  }

  #open() {
    this.#drop();
    if (this.closed) return;
    if (this.failures >= BLOCKED_AFTER || !("EventSource" in window)) { this.#poll(); return; }
    this.source = new EventSource(`${this.address.stream}?${this.query}`);
    this.source.onmessage = (event) => { this.failures = 0; this.#deliver(JSON.parse(event.data), null); this.#watch(); };
    // Reconnecting is ours: the browser's own way gives up for good on an error page from a proxy.
    this.source.onerror = () => this.#fail(1);
    this.#watch();
  }

  /** Errors alone do not tell: a stream behind a buffering proxy stays open and silent. */
  #watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.#fail(2), SILENCE_MS);
  }

  /** One error alone is a stream that was cut, as proxies do now and then: it is back before it is missed. */
  #fail(weight) {
    this.#drop();
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += weight;
    if (this.failures > 1) this.onTrouble("lost");
    this.retry = setTimeout(() => this.#open(), wait);
  }

  async #poll() {
    let wait = POLL_MS;
    try {
      const answer = await fetch(`${this.address.frame}?${this.query}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const frame = await answer.json();
      if (this.closed) return;
      this.#deliver(frame, "slow");
      this.polls = (this.polls ?? 0) + 1;
      // Now and then try the stream again: the proxy may have gone.
      if (this.polls % 30 === 0) this.failures = BLOCKED_AFTER - 1;
    } catch {
      if (this.closed) return;
      this.onTrouble("lost");
      this.failures = 0;
      wait = RETRY_MS.at(-2);
    }
    this.retry = setTimeout(() => this.#open(), wait);
  }

  #deliver(frame, trouble) {
    this.last = performance.now();
    this.onTrouble(trouble);
    this.onFrame(frame);
  }
}

/** Rows of a fixed number, so that nothing moves when there are fewer. */
class PartsPanel {
  constructor(rows) {
    this.title = element("h2");
    this.rows = Array.from({ length: rows }, () => {
      const row = { label: element("span", { class: "name" }), value: element("b"), share: element("span", { class: "quiet" }),
        bar: element("i") };
      row.root = element("li", { class: "empty" }, [row.label, row.share, row.value,
        element("div", { class: "track", "aria-hidden": "true" }, [row.bar])]);
      return row;
    });
    this.root = element("section", { class: "card parts" }, [
      element("header", {}, [this.title]),
      element("ul", {}, this.rows.map((it) => it.root)),
    ]);
  }

  update(parts) {
    this.rows.forEach((row, at) => {
      const part = parts[at];
      setAttribute(row.root, "class", part ? "" : "empty");
      setText(row.label, part?.label ?? "");
      setText(row.share, part?.share_text ?? "");
      setText(row.value, part?.value ?? "");
      row.bar.style.transform = `scaleX(${part?.share ?? 0})`;
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
      setText(row.units, product?.units ?? "");
      setText(row.revenue, product?.revenue ?? "");
      setText(row.movement, product?.movement ?? "");
      setAttribute(row.movement, "class", `movement ${product?.tone ?? "none"}`);
      setAttribute(row.movement, "title", product?.movement_label ?? "");
      setAttribute(row.movement, "aria-label", product?.movement_label ?? "");
      row.bar.style.transform = `scaleX(${product?.share ?? 0})`;
    });
  }
}

class LivePage {
  constructor(parent) {
    this.dot = element("i", { class: "dot-live" });
    this.state = element("strong");
    this.facts = element("dl", { class: "facts" });
    this.message = element("p", { class: "message" });
    this.span = element("span", { class: "span quiet" });
    this.status = element("section", { class: "status", "data-state": "waiting" }, [
      element("div", { class: "state", role: "status" }, [this.dot, this.state]), this.facts, this.message, this.span]);
    this.tiles = Array.from({ length: 6 }, () => new TilePanel());
    this.sales = new ChartPanel();
    this.products = new ProductsPanel(10);
    this.payments = new PartsPanel(3);
    this.categories = new PartsPanel(8);
    this.body = element("div", { class: "body" }, [
      element("div", { class: "tiles" }, this.tiles.map((it) => it.root)),
      element("div", { class: "columns" }, [
        element("div", { class: "column" }, [this.sales.root, this.products.root]),
        element("div", { class: "column" }, [this.payments.root, this.categories.root]),
      ]),
    ]);
    this.root = element("main", { class: "vitrine live" }, [this.status, this.body]);
    parent.append(this.root);
  }

  configure(data) {
    this.data = data;
    document.documentElement.lang = data.texts.html_language;
    this.root.lang = data.texts.html_language;
    // A change of window or language keeps the old figures, dimmed, until the first new frame.
    if (this.hasFrame) this.body.classList.add("old");
    else {
      setText(this.state, data.texts.connecting);
      data.skeleton.tiles.forEach((it, at) => this.tiles[at].update(it));
      this.sales.update(data.skeleton.sales);
    }
    this.products.label(data.texts);
    setText(this.payments.title, data.texts.payments_title);
    setText(this.categories.title, data.texts.categories_title);
    this.feed?.close();
    const query = new URLSearchParams({ window: data.window, language: data.language });
    this.feed = new Feed(data, query, (frame) => this.#show(frame), (trouble) => this.#trouble(trouble));
  }

  close() {
    this.feed?.close();
    this.sales.close();
  }

  #trouble(kind) {
    this.trouble = { lost: this.data.texts.connection_lost, slow: this.data.texts.connection_slow }[kind] ?? "";
    if (kind === "lost") {
      setAttribute(this.status, "data-state", "lost");
      setText(this.message, this.trouble);
      this.body.classList.add("old");
    }
  }

  #show({ state, facts, body }) {
    setAttribute(this.status, "data-state", state.kind);
    setText(this.state, state.label);
    setText(this.message, state.detail);
    setAttribute(this.status, "title", state.detail || this.trouble);
    if (this.facts.childElementCount !== facts.length) {
      this.facts.replaceChildren(...facts.map(() => element("div", {}, [element("dt"), element("dd")])));
    }
    facts.forEach((fact, at) => {
      const entry = this.facts.children[at];
      setAttribute(entry, "data-id", fact.id);
      setText(entry.firstChild, fact.label);
      setText(entry.lastChild, fact.value);
    });
    this.body.classList.toggle("old", body === null);
    if (body === null) return;
    this.hasFrame = true;
    setText(this.span, body.span);
    body.tiles.forEach((tile, at) => this.tiles[at].update(tile));
    this.sales.update(body.sales);
    setText(this.products.note, body.dimensions_span);
    this.products.update(body.products);
    this.payments.update(body.payments);
    this.categories.update(body.categories);
  }
}

const pages = new WeakMap();

export default function ({ data, parentElement }) {
  let page = pages.get(parentElement);
  if (!page?.root.isConnected) {
    page = new LivePage(parentElement);
    pages.set(parentElement, page);
  }
  page.configure(data);
  const { feed } = page;
  // A rerun may clean up after the next configuration has begun: end only what was begun here.
  return () => { if (page.feed === feed) { page.close(); pages.delete(parentElement); page.root.remove(); } };
}
