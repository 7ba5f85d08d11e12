// The map of Brazil, with the states' figures as a table beside it.

const maps = new Map();

/** The outlines: fetched once per page. */
function outlines(address) {
  if (!maps.has(address)) {
    maps.set(address, fetch(address).then((answer) => {
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      return answer.json();
    }));
  }
  return maps.get(address);
}

// So many states are named on the map itself.
const NAMED = 6;

class MapPanel {
  constructor() {
    this.title = element("h2");
    this.note = element("span", { class: "quiet" });
    this.canvas = new Canvas("map");
    // Nothing to do there by keyboard: all it says is in the table.
    this.canvas.root.removeAttribute("tabindex");
    this.heads = ["name", "value", "share"].map((it) => element("th", { scope: "col", class: it }));
    this.body = element("tbody");
    this.empty = element("p", { class: "quiet none-yet", hidden: "" });
    this.scroll = element("div", { class: "scroll", tabindex: "0", role: "region" }, [
      element("table", {}, [element("thead", {}, [element("tr", {}, this.heads)]), this.body]), this.empty]);
    this.root = element("section", { class: "card states" }, [
      element("header", {}, [this.title, this.note]),
      element("div", { class: "states-box" }, [this.canvas.root, this.scroll]),
    ]);
  }

  label(texts) {
    setText(this.title, texts.map_title);
    setAttribute(this.canvas.root, "aria-label", texts.map_title);
    setAttribute(this.scroll, "aria-label", texts.map_title);
    setText(this.empty, texts.no_sales);
    [texts.state, texts.revenue, texts.share].forEach((it, at) => setText(this.heads[at], it));
  }

  update(states, { library: address, map }) {
    const drawn = JSON.stringify([states, discretion.isOn]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.states = states;
    this.empty.hidden = states.length > 0;
    resize(this.body, states.length, () => element("tr", {}, [element("th", { scope: "row" }), element("td"), element("td")]));
    states.forEach((it, at) => {
      const [name, value, share] = this.body.children[at].children;
      setText(name, it.name);
      setFigure(value, it.value);
      setText(share, it.share_text);
    });
    this.#draw(address, map).catch(() => this.root.classList.add("without-map"));
  }

  redraw() {
    this.canvas.redraw();
  }

  close() {
    this.canvas.close();
  }

  async #draw(address, map) {
    const [{ registerMap }, shapes] = await Promise.all([library(address), outlines(map)]);
    if (!this.isRegistered) {
      registerMap("brasil", shapes);
      this.isRegistered = true;
    }
    await this.canvas.draw(address, (colours) => this.#option(colours));
  }

  #option(colours) {
    const base = baseOf(colours);
    const byUf = new Map(this.states.map((it) => [it.uf, it]));
    return {
      ...base,
      tooltip: { ...base.tooltip, trigger: "item", formatter: ({ name }) => this.#tip(byUf.get(name)) },
      // The square root: else the largest state leaves all others pale.
      visualMap: { show: false, min: 0, max: 1, inRange: { color: [colours.surface, colours.main], opacity: 1 } },
      series: [{
        type: "map",
        map: "brasil",
        nameProperty: "uf",
        roam: false,
        selectedMode: false,
        aspectScale: 1,
        layoutCenter: ["50%", "50%"],
        layoutSize: "98%",
        itemStyle: { areaColor: colours.surface, borderColor: colours.line, borderWidth: 0.8 },
        emphasis: { label: { show: false }, itemStyle: { areaColor: colours.second, borderColor: colours.text } },
        label: { show: false },
        data: this.states.map((it, at) => ({
          name: it.uf,
          value: Math.sqrt(it.heat) * 0.92 + 0.08,
          label: { show: at < NAMED, fontSize: 10.5, fontWeight: 600, color: colours.text, textBorderColor: colours.ground,
            textBorderWidth: 2.5, formatter: it.uf },
        })),
      }],
    };
  }

  #tip(state) {
    if (!state) return "";
    return element("div", { class: "tip" }, [
      element("div", { class: "quiet", text: state.name }),
      element("div", { class: "tip-row" }, [element("b", { text: discreet(state.value) }), element("span", { text: state.share_text })]),
    ]);
  }
}
