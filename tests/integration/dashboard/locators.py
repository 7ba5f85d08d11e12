"""Where things are on the pages."""

NB = "\N{NO-BREAK SPACE}"


def tile(page, name):
    return page.locator(f".tile[data-id={name}]")


def card(page, title):
    return page.locator(".card", has=page.get_by_role("heading", name=title, exact=True))


def state(page):
    return page.locator(".status .state strong")


def reason(page, text):
    return page.locator(".reasons li", has_text=text)


def grid_rows(page, name):
    return page.locator(f".grid[data-id={name}] tbody tr")


def verdict(page):
    return page.locator(".verdict")


def rows_of(page, block):
    return page.locator(f"[data-block={block}] tbody tr")


def open_fold(page, block):
    page.locator(f"[data-block={block}] summary").click()


def is_narrow(page):
    """Nothing on the page has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth") and page.evaluate(
        "() => [...document.querySelectorAll('[data-testid^=stBidiComponent]')]"
        ".every(it => it.scrollWidth <= it.clientWidth)"
    )
