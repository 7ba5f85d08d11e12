// What Streamlit says by itself, put into the page's language where it stands. Our own elements are in shadow trees,
// into which nothing here looks.

const SPOKEN = ["aria-label", "title", "placeholder"];

class StreamlitWords {
  constructor() {
    this.kept = new WeakMap();
    new MutationObserver((changes) => changes.forEach((it) => this.#changed(it)))
      .observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: SPOKEN });
  }

  /** `places`: by selector, our words for Streamlit's; `{}` stands for whatever is there. */
  speak(places) {
    this.places = Object.entries(places).map(([selector, words]) => [selector, Object.entries(words).map(([theirs, ours]) => [
      new RegExp(`^${theirs.split("{}").map((it) => it.replace(/[.*+?^$()[\]\\|]/g, "\\$&")).join("(.*)")}$`, "s"), ours])]);
    this.#within(document.body);
  }

  #changed({ type, target, attributeName, addedNodes }) {
    if (type === "attributes") this.#attribute(target, attributeName);
    else if (type === "characterData") this.#text(target);
    else addedNodes.forEach((it) => this.#within(it));
  }

  #within(node) {
    if (node.nodeType === Node.TEXT_NODE) this.#text(node);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    SPOKEN.forEach((it) => this.#attribute(node, it));
    node.childNodes.forEach((it) => this.#within(it));
  }

  #text(node) {
    this.#say(node, "", node.nodeValue, node.parentElement, (text) => { node.nodeValue = text; });
  }

  #attribute(element, name) {
    this.#say(element, name, element.getAttribute(name), element, (text) => element.setAttribute(name, text));
  }

  /** What stood there first is kept: another language begins with that. */
  #say(node, name, shown, element, put) {
    if (!shown || !element) return;
    const kept = this.kept.get(node) ?? {};
    const theirs = kept[name]?.ours === shown ? kept[name].theirs : shown;
    const ours = this.#translated(theirs, element);
    if (ours === shown) return;
    this.kept.set(node, { ...kept, [name]: { theirs, ours } });
    put(ours);
  }

  #translated(theirs, element) {
    for (const [selector, words] of this.places) {
      if (!element.closest(selector)) continue;
      for (const [pattern, ours] of words) {
        const found = theirs.match(pattern);
        if (found) return found.slice(1).reduce((text, it) => text.replace("{}", () => it), ours);
      }
    }
    return theirs;
  }
}
