// The list of rejected events: each row opens to its payload and to the commands that send it again. Texts of
// data go in as text, whatever they hold.

class RejectedList {
  constructor(parent) {
    this.held = element("p", { class: "quiet held", role: "status" });
    this.list = element("ul", { class: "rejected-list" });
    this.empty = element("p", { class: "quiet none" });
    this.root = element("section", { class: "vitrine" }, [
      element("div", { class: "card rejected" }, [this.held, this.list, this.empty])]);
    // It does not bubble. What was held back comes once nothing is read any more.
    this.list.addEventListener("toggle", () => this.update(this.latest), { capture: true });
    parent.append(this.root);
  }

  update(data) {
    this.latest = data;
    this.words = data.words;
    const drawn = JSON.stringify([data.rows, data.words]);
    const isOther = data.query !== this.query || data.words.payload !== this.language;
    if (drawn !== this.drawn) {
      // Whoever reads an event must not have it pushed away by newer ones.
      if (!isOther && this.list.querySelector("details[open]")) {
        setText(this.held, data.words.rejected_held);
        return;
      }
      this.drawn = drawn;
      this.query = data.query;
      this.language = data.words.payload;
      const known = new Map(isOther ? [] : [...this.list.children].map((it) => [it.dataset.id, it]));
      this.#place(data.rows.map((it) => known.get(it.id) ?? this.#row(it)));
    }
    setText(this.held, "");
    setText(this.empty, data.empty);
  }

  /** Rows that stay are not touched: one that is taken out and put back loses the keyboard's focus. */
  #place(rows) {
    for (const it of [...this.list.children]) if (!rows.includes(it)) it.remove();
    rows.forEach((it, at) => {
      if (this.list.children[at] !== it) this.list.insertBefore(it, this.list.children[at] ?? null);
    });
  }

  #row(event) {
    const { words } = this;
    const fact = ([name, value]) => element("div", {}, [element("dt", { text: name }), element("dd", { text: value })]);
    const facts = [...event.facts];
    if (event.value) facts.unshift([words.field_and_value, event.value]);
    facts.unshift([words.rule, event.rule]);
    return element("li", { "data-id": event.id }, [
      element("details", {}, [
        element("summary", {}, [
          element("span", { class: "when quiet", text: event.when }),
          element("b", { class: "reason", text: event.reason }),
          element("span", { class: "topic", text: event.topic }),
          element("span", { class: "name", text: event.value || event.detail, title: event.value || event.detail }),
          element("span", { class: "quiet replayed", text: event.replayed }),
        ]),
        element("p", { class: "detail", text: event.detail }),
        element("dl", {}, facts.map(fact)),
        element("h3", {}, [words.payload, element("span", { class: "quiet", text: event.payload_note })]),
        element("pre", { class: "payload", tabindex: "0", text: event.payload }),
        element("h3", { text: words.replay }),
        ...event.steps.flatMap(([what, command]) => [element("p", { class: "quiet", text: what }), this.#step(command)]),
      ]),
    ]);
  }

  /** A command, with a button where the browser lets a page write to the clipboard. */
  #step(command) {
    const button = element("button", { type: "button", class: "plain", text: this.words.copy });
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", () => {
      navigator.clipboard.writeText(command).then(() => setText(button, this.words.copied), () => { button.hidden = true; });
    });
    return element("div", { class: "step" }, [element("code", { text: command }), button]);
  }
}

const lists = new WeakMap();

export default function ({ data, parentElement }) {
  let list = lists.get(parentElement);
  if (!list?.root.isConnected) {
    list = new RejectedList(parentElement);
    lists.set(parentElement, list);
  }
  list.update(data);
}
