"""The picture of the shop in a real browser."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from contracts import settings
from simulators import run
from simulators.moments import to_microseconds
from simulators.past import Past
from simulators.report.observed import observe
from simulators.report.page import render
from tests.dashboard.browser import Watch, chromium


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    configuration = settings.load({"VITRINE_SIMULATORS_CUSTOMERS": "2000"})
    story = Past(
        until=to_microseconds(dt.datetime(2026, 12, 2, 15, tzinfo=dt.UTC)),
        days=56,
        orders_per_day=100.0,
        zone=configuration.zone,
    )
    world = run.world(configuration, 42, live=False)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(observe(world, story, lambda _what, _done, _of: None)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_the_picture_opens_without_errors_and_without_scrolling_sideways(
    browser: Browser, file: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    watch = Watch(page, file.as_uri())
    page.goto(file.as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Nothing is cut off or stands out of its card: words of a drawing, cells of a table.
    assert page.evaluate(STANDING_OUT) == []
    assert watch.complaints == []
    visible = page.locator("svg.chart:visible")
    assert visible.count() >= 17
    assert page.locator(".broad .chart:visible").count() == (1 if width > 1080 else 0)


STANDING_OUT = """() => {
  const found = [];
  for (const card of document.querySelectorAll(".card")) {
    const inside = card.getBoundingClientRect();
    for (const it of card.querySelectorAll("text, td, td span, th, p")) {
      const box = it.getBoundingClientRect();
      if (box.width > 1 && (box.left < inside.left - 0.5 || box.right > inside.right + 0.5)) found.push(it.textContent);
    }
  }
  for (const it of document.querySelectorAll(".tiles dd")) {
    if (it.scrollWidth > it.clientWidth) found.push(it.textContent);
  }
  return found;
}"""
