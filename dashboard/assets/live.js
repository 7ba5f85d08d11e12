// The live page: frames of the stream, drawn in place.

const DISCREET = "vitrine-discreet";
const COMPARED = "vitrine-compared";

/** Icons of ours: named ones would need a font. */
const ICONS = {
  pause: "M4 2h3v12H4zM9 2h3v12H9z",
  resume: "M4 2l9 6-9 6z",
  hide: "M8 3C4.500 3 1.800 5.400.500 8 1.800 10.600 4.500 13 8 13s6.200-2.400 7.500-5C14.200 5.400 11.500 3 8 3zm0 8a3 3 0 110-6 3 3 0 010 6z",
  full: "M2 2h5v2H4v3H2zM9 2h5v5h-2V4H9zM2 9h2v3h3v2H2zM12 9h2v5H9v-2h3z",
};

/** A button with an icon and, where there is room, its word. */
class Action {
  constructor(icon, onClick) {
    this.path = svg("path", { d: ICONS[icon], "fill-rule": "evenodd" });
    this.word = element("span");
    this.root = element("button", { type: "button", class: "action" }, [
      svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, [this.path]), this.word]);
    this.root.addEventListener("click", onClick);
  }

  show(icon, word, isOn) {
    setAttribute(this.path, "d", ICONS[icon]);
    setText(this.word, word);
    setAttribute(this.root, "title", word);
    setAttribute(this.root, "aria-label", word);
    // For the style sheet alone: a word that changes says what a press does, so it cannot be "pressed" as well.
    setAttribute(this.root, "data-on", String(isOn));
  }
}

class LivePage {
  constructor(parent) {
    this.isPaused = false;
    // Whether the newest frame is of the chosen window and language.
    this.isFresh = false;
    discretion.isOn = remembered(DISCREET) === "1";
    this.dot = element("i", { class: "dot-live" });
    this.state = element("strong");
    this.facts = element("dl", { class: "facts" });
    this.message = element("p", { class: "message" });
    this.span = element("span", { class: "span quiet" });
    this.pause = new Action("pause", () => this.#pause(!this.isPaused));
    this.hide = new Action("hide", () => this.#hide(!discretion.isOn));
    this.full = new Action("full", () => this.#fullScreen());
    this.full.root.hidden = !document.fullscreenEnabled;
    this.onFull = () => this.#label();
    document.addEventListener("fullscreenchange", this.onFull);
    this.status = element("section", { class: "status", "data-state": "waiting" }, [
      element("div", { class: "state", role: "status" }, [this.dot, this.state]), this.facts, this.message, this.span,
      element("div", { class: "actions" }, [this.pause.root, this.hide.root, this.full.root])]);
    this.tiles = Array.from({ length: 6 }, () => new TilePanel());
    this.sales = new ChartPanel();
    this.compared = remembered(COMPARED) ?? "yesterday";
    this.compare = element("button", { type: "button", class: "plain", hidden: "" });
    this.compare.addEventListener("click", () => this.#compareWith(this.compared === "yesterday" ? "last_week" : "yesterday"));
    this.sales.switch.before(this.compare);
    this.orders = new OrdersPanel(8);
    this.products = new ProductsPanel(10);
    this.map = new MapPanel();
    this.funnel = new PartsPanel(4, "funnel");
    this.categories = new PartsPanel(8);
    this.payments = new PartsPanel(3);
    this.segments = new PartsPanel(4);
    this.stock = new StockPanel(8);
    // What Redis tells is dimmed while Redis is away; the orders are Postgres's.
    const ofRedis = [this.sales, this.products, this.map, this.funnel, this.categories, this.payments, this.segments, this.stock];
    this.dimmed = [element("div", { class: "tiles" }, this.tiles.map((it) => it.root)), ...ofRedis.map((it) => it.root)];
    this.body = element("div", { class: "body" }, [
      this.dimmed[0],
      element("div", { class: "columns" }, [this.sales.root, this.orders.root]),
      element("div", { class: "columns even" }, [this.products.root, this.map.root]),
      element("div", { class: "columns three" }, [
        element("div", { class: "column" }, [this.funnel.root, this.segments.root]),
        this.categories.root,
        element("div", { class: "column" }, [this.payments.root, this.stock.root]),
      ]),
    ]);
    this.root = element("div", { class: "vitrine live" }, [this.status, this.body]);
    watchTheme(this.root, () => { this.sales.redraw(); this.map.redraw(); });
    parent.append(this.root);
  }

  /** A change of window or language keeps the old figures, dimmed, until the first new frame; and it keeps a pause. */
  configure(data) {
    const isChanged = data.window !== this.data?.window || data.language !== this.data?.language;
    this.data = data;
    this.isFresh &&= !isChanged;
    const { texts, words } = data;
    introduce(this.root, words);
    if (this.hasFrame) this.#dim(!this.isFresh);
    else {
      setText(this.state, texts.connecting);
      data.skeleton.tiles.forEach((it, at) => this.tiles[at].update(it));
      this.sales.update(data.skeleton.sales, data.library, words);
    }
    this.products.label(texts);
    this.map.label(texts);
    this.orders.label(texts);
    this.stock.label(texts);
    this.funnel.label(texts.funnel_title, texts.funnel_note);
    this.categories.label(texts.categories_title);
    this.payments.label(texts.payments_title);
    this.segments.label(texts.segments_title);
    this.#label();
    this.#open();
  }

  close() {
    this.feed?.close();
    document.removeEventListener("fullscreenchange", this.onFull);
    this.sales.close();
    this.map.close();
  }

  #open() {
    this.feed?.close();
    const query = new URLSearchParams({ window: this.data.window, language: this.data.language });
    this.feed = new Feed(this.data, query, (frame) => this.#receive(frame), (trouble) => this.#trouble(trouble));
    this.#hold();
  }

  /** Hold no stream while paused: it costs nobody anything. But what was chosen is shown, paused or not. */
  #hold() {
    if (!this.isPaused || !this.isFresh) { this.feed.resume(); return; }
    this.feed.pause();
    setAttribute(this.status, "data-state", "paused");
    setText(this.state, this.data.texts.paused.replace("{at}", this.frame.at));
  }

  #receive(frame) {
    this.isFresh = true;
    this.#show(frame);
    if (this.isPaused) this.#hold();
  }

  #label() {
    const { texts } = this.data;
    const isFull = document.fullscreenElement !== null;
    this.pause.show(this.isPaused ? "resume" : "pause", this.isPaused ? texts.resume : texts.pause, this.isPaused);
    this.hide.show("hide", discretion.isOn ? texts.discreet_off : texts.discreet_on, discretion.isOn);
    this.full.show("full", isFull ? texts.full_screen_off : texts.full_screen_on, isFull);
  }

  #pause(isPaused) {
    this.isPaused = isPaused;
    this.#hold();
    this.#label();
  }

  #hide(isOn) {
    discretion.isOn = isOn;
    remember(DISCREET, isOn ? "1" : "0");
    if (this.frame?.body) this.#draw(this.frame.body);
    if (this.frame) this.orders.update(this.frame.orders);
    this.#label();
  }

  #compareWith(name) {
    this.compared = name;
    remember(COMPARED, name);
    if (this.frame?.body) this.#drawSales(this.frame.body.sales);
  }

  /** Of the past that is known one band: the chosen one, or the only one. */
  #drawSales(sales) {
    const { data } = this;
    const bands = sales.series.filter((it) => it.kind === "band");
    const shown = bands.find((it) => it.id === this.compared) ?? bands[0];
    this.compare.hidden = bands.length < 2;
    setText(this.compare, shown?.id === "last_week" ? data.texts.compare_yesterday : data.texts.compare_last_week);
    const series = sales.series.filter((it) => it.kind !== "band" || it === shown);
    this.sales.update({ ...sales, series }, data.library, data.words);
  }

  #fullScreen() {
    // A browser may refuse; then nothing happens, and nothing needs to.
    const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    done.catch(() => this.#label());
  }

  #trouble(kind) {
    this.trouble = { lost: this.data.texts.connection_lost, slow: this.data.texts.connection_slow }[kind] ?? "";
    if (kind === "lost" && !(this.isPaused && this.isFresh)) {
      setAttribute(this.status, "data-state", "lost");
      setText(this.message, this.trouble);
      this.#dim(true);
    }
  }

  #dim(isOld) {
    for (const it of this.dimmed) it.classList.toggle("old", isOld);
  }

  #show(frame) {
    const { state, facts, body, orders } = frame;
    // A frame without a body leaves the figures that are there.
    this.frame = { ...frame, body: body ?? this.frame?.body ?? null };
    setAttribute(this.status, "data-state", state.kind);
    // For whoever measures how long an event takes to the screen.
    setAttribute(this.status, "data-newest", String(frame.newest ?? ""));
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
      setAttribute(entry, "title", fact.note);
    });
    this.orders.update(orders);
    this.#dim(body === null);
    if (body === null) return;
    this.hasFrame = true;
    this.#draw(body);
  }

  #draw(body) {
    const { data } = this;
    setText(this.span, body.span);
    body.tiles.forEach((tile, at) => this.tiles[at].update(tile));
    this.#drawSales(body.sales);
    setText(this.products.note, body.dimensions_span);
    this.products.update(body.products);
    this.map.update(body.states, data);
    this.funnel.update(body.funnel);
    this.categories.update(body.categories);
    this.payments.update(body.payments);
    this.segments.update(body.segments);
    this.stock.update(body.low_stock);
  }
}

/** What this browser remembers; one that forbids it forgets. */
function remembered(name) {
  try { return window.localStorage.getItem(name); } catch { return null; }
}

function remember(name, value) {
  try { window.localStorage.setItem(name, value); } catch { /* Then it is so until the next refresh. */ }
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
