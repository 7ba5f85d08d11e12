"""A page by its keyboard alone: where Tab leads, what the browser calls it, and whether it shows where it is."""

from typing import NamedTuple

from playwright.sync_api import Page

# More stops than any page has: beyond it Tab goes in circles.
_MOST = 200

# Runs before each page's own scripts.
_SCRIPT = """
window.keyboard = {
  reached: [],

  /** The element with the focus, wherever it is; null where none has it. */
  focused() {
    let it = document.activeElement;
    while (it?.shadowRoot?.activeElement) it = it.shadowRoot.activeElement;
    return it === document.body || it === document.documentElement ? null : it;
  },

  parent: (it) => it.parentElement ?? it.getRootNode().host ?? null,

  contains(outer, inner) {
    for (let it = inner; it; it = keyboard.parent(it)) if (it === outer) return true;
    return false;
  },

  /** What a viewer sees of an element: a switch is drawn around an input that is not to be seen. */
  drawn(element) {
    let it = element;
    const isSmall = ({ width, height }) => width < 12 || height < 12;
    while (isSmall(it.getBoundingClientRect()) && keyboard.parent(it)) it = keyboard.parent(it);
    return it;
  },

  /** All that can show the focus of an element: itself, what is in it, and what it is in if that is no larger. */
  marked(element) {
    const drawn = keyboard.drawn(element);
    const around = [];
    const { width, height } = drawn.getBoundingClientRect();
    for (let it = keyboard.parent(drawn); it; it = keyboard.parent(it)) {
      const box = it.getBoundingClientRect();
      if (box.width > width + 80 || box.height > height + 24) break;
      around.push(it);
    }
    const inside = [...drawn.querySelectorAll("*")];
    // What holds others would show theirs.
    return [drawn, ...(inside.some((it) => it !== element && it.tabIndex >= 0) ? [] : inside), ...around];
  },

  async marks(nodes) {
    await Promise.all(nodes.flatMap((it) => it.getAnimations().map((animation) => animation.finished)));
    return nodes.map((it) => {
      const { outlineStyle, outlineWidth, outline, boxShadow, borderColor } = getComputedStyle(it);
      const isOutlined = outlineStyle !== "none" && outlineWidth !== "0px";
      return { outline: isOutlined ? outline : "none", boxShadow, borderColor };
    });
  },

  /** The focus's element as a stop of the walk. */
  async arrive() {
    const element = keyboard.focused();
    if (element === null || keyboard.reached.includes(element)) return keyboard.reached.indexOf(element);
    keyboard.reached.push(element);
    keyboard.nodes = keyboard.marked(element);
    keyboard.shown = await keyboard.marks(keyboard.nodes);
    const { x, y, width, height } = keyboard.drawn(element).getBoundingClientRect();
    return { x, y: y + keyboard.scrolled(element), width, height };
  },

  /** How far everything around an element is scrolled: its place in the whole page. */
  scrolled(element) {
    let sum = window.scrollY;
    for (let it = keyboard.parent(element); it && it !== document.documentElement; it = keyboard.parent(it)) {
      sum += it.scrollTop;
    }
    return sum;
  },

  /** What was different while the element that the focus has left had it. */
  async leave() {
    const now = await keyboard.marks(keyboard.nodes);
    const differ = (marks, others) => Object.keys(marks).filter((it) => marks[it] !== others[it]);
    return [...new Set(now.flatMap((marks, at) => differ(marks, keyboard.shown[at])))];
  },

  /** What the mouse can use and Tab has not reached. */
  missed() {
    const below = (it) => (it.shadowRoot ? [it, ...all(it.shadowRoot)] : [it]);
    const all = (root) => [...root.querySelectorAll("*")].flatMap(below);
    const NATIVE = "a[href], button, input, select, textarea, summary, [contenteditable=true]";
    const ROLES = ["button", "link", "radio", "checkbox", "switch", "tab", "combobox", "menuitem", "option", "slider"];
    const scrolls = (it, style) => (/auto|scroll/.test(style.overflowY) && it.scrollHeight > it.clientHeight + 1)
      || (/auto|scroll/.test(style.overflowX) && it.scrollWidth > it.clientWidth + 1);
    const isThere = (it) => it.checkVisibility({ visibilityProperty: true }) && it.getBoundingClientRect().width > 0
      && !it.disabled && !it.closest("[aria-hidden=true], [inert]");
    // Of radio buttons one is reached by Tab, the others from there by the arrows.
    const groups = keyboard.reached.map((it) => it.closest("[role=radiogroup]")).filter((it) => it);
    const isPartOf = (one, other) => keyboard.contains(other, one) || keyboard.contains(one, other);
    const isReached = (it) => keyboard.reached.some((other) => isPartOf(it, other))
      || groups.some((group) => keyboard.contains(group, it));
    return all(document.body).filter((it) => {
      const style = getComputedStyle(it);
      const isUsable = it.matches(NATIVE) || ROLES.includes(it.getAttribute("role")) || it.tabIndex >= 0
        || style.cursor === "pointer" || scrolls(it, style);
      return isUsable && isThere(it) && !isReached(it);
    }).map((it) => it.outerHTML.slice(0, 160));
  },
};
"""


class Stop(NamedTuple):
    """An element that Tab leads to: what the browser tells a screen reader, its place, and what shows the focus."""

    role: str
    name: str
    x: float
    y: float
    width: float
    height: float
    marks: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, str]:
        """What it is, and how it is called."""
        return self.role, self.name


class Keyboard:
    """Walks through ``page``. To be made before the page is opened."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        page.add_init_script(_SCRIPT)

    def said(self) -> tuple[str, str]:
        """Role and name of what has the focus, as the browser computes them."""
        found = self._session.send("Runtime.evaluate", {"expression": "keyboard.focused()"})["result"]
        if "objectId" not in found:
            return "", ""
        query = {"objectId": found["objectId"], "fetchRelatives": False}
        node = self._session.send("Accessibility.getPartialAXTree", query)["nodes"][0]
        return node.get("role", {}).get("value", ""), node.get("name", {}).get("value", "")

    def walk(self, key: str = "Tab") -> list[Stop]:
        """Every stop from where the focus is until the page is left, or begins anew."""
        self._page.evaluate("keyboard.reached = []")
        stops: list[Stop] = []
        for _ in range(_MOST):
            self._page.keyboard.press(key)
            if stops:
                stops[-1] = stops[-1]._replace(marks=tuple(self._page.evaluate("keyboard.leave()")))
            place = self._page.evaluate("keyboard.arrive()")
            if not isinstance(place, dict):
                # None has the focus, or the first one again.
                assert place <= 0, f"{key} leads from {stops[-1].said} back to {stops[place].said}"
                return stops
            stops.append(Stop(*self.said(), **place))
        raise AssertionError(f"{key} did not leave the page after {_MOST} stops; the last were {stops[-5:]}")

    def missed(self) -> list[str]:
        """What the mouse can use and the last walk has not reached."""
        found: list[str] = self._page.evaluate("keyboard.missed()")
        return found

    def go_to(self, role: str, name: str) -> None:
        """Press Tab until the focus is on that."""
        for _ in range(_MOST):
            self._page.keyboard.press("Tab")
            found = self.said()
            if found[0] == role and found[1].startswith(name):
                return
        raise AssertionError(f"Tab leads to no {role} {name!r}")

    def press_on(self, role: str, name: str, *keys: str) -> None:
        """Go there and press the keys, one after the other."""
        self.go_to(role, name)
        for key in keys:
            self._page.keyboard.press(key)

    def hold(self) -> None:
        """Remember which element has the focus."""
        self._page.evaluate("window.held = keyboard.focused()")

    def holds(self) -> bool:
        """Whether that very element has it still."""
        found: bool = self._page.evaluate("window.held !== null && window.held === keyboard.focused()")
        return found
