"""The pages of history: what each asks, how it shows the answer, and what a viewer can choose there.

What is drawn of a run is drawn once, for all viewers, for the page and for what is taken away from it.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from contracts import database
from dashboard.data.history import HistoryStore, Reading, Run
from dashboard.data.history import carts as carts_data
from dashboard.data.history import customers as customers_data
from dashboard.data.history import forecast as forecast_data
from dashboard.data.history import geography as geography_data
from dashboard.data.history import products as products_data
from dashboard.data.history import sales as sales_data
from dashboard.formats import Formats
from dashboard.selection import FILTERS, Request, Selection
from dashboard.texts import CATALOGUES
from dashboard.texts.history import HISTORY
from dashboard.views.history import carts, customers, forecast, geography, products, provenance, sales
from dashboard.views.history.page import Page, Say, drawn, without_comparison
from dashboard.views.history.tables import Table


class Question(NamedTuple):
    """A page: its path, its icon, what it asks and shows.

    ``filters`` are the names of those that mean something to it; ``has_range`` whether days do.
    """

    path: str
    icon: str
    ask: Callable[[database.Connection, Request], Any]
    view: Callable[[Any, Request, Say], Page]
    metrics: tuple[str, ...]
    filters: tuple[str, ...] = ()
    has_range: bool = True
    has_granularity: bool = True
    # Whether its totals are those of the days chosen.
    counts_days: bool = True

    def of(self, selection: Selection) -> Selection:
        """What of a selection matters to the page: all else is as usual, so that it is asked once."""
        if not self.has_range:
            return Selection(preset="tudo")
        usual = Selection()
        return msgspec.structs.replace(
            selection,
            granularity=selection.granularity if self.has_granularity else usual.granularity,
            filters=selection.filters.only(self.filters),
        )


QUESTIONS: tuple[Question, ...] = (
    Question("vendas", "bar_chart", sales_data.ask, sales.page, sales.METRICS, filters=FILTERS),
    Question("produtos", "inventory_2", products_data.ask, products.page, products.METRICS, filters=("categoria",)),
    Question("clientes", "group", customers_data.ask, customers.page, customers.METRICS, counts_days=False),
    Question("carrinhos", "shopping_cart", carts_data.ask, carts.page, carts.METRICS),
    Question(
        "geografia",
        "map",
        geography_data.ask,
        geography.page,
        geography.METRICS,
        filters=FILTERS,
        has_granularity=False,
    ),
    Question(
        "previsao",
        "insights",
        forecast_data.ask,
        forecast.page,
        forecast.METRICS,
        has_range=False,
        counts_days=False,
    ),
)
BY_PATH: dict[str, Question] = {it.path: it for it in QUESTIONS}


class Drawn(NamedTuple):
    """A page as its script takes it (JSON), and the tables that can be taken away from it, by the id of their block."""

    page: bytes
    tables: dict[str, Table]
    request: Request


class Empty(NamedTuple):
    """A run that has no days in the range."""

    run: Run


def answer(store: HistoryStore, question: Question, selection: Selection, formats: Formats) -> Drawn | Empty | None:
    """The page of a selection; None before the first run. Raises the errors of ``HistoryStore``."""
    reading = store.read(question.ask, question.of(selection))
    if reading is None:
        return None
    if reading.request is None:
        return Empty(reading.run)
    return _drawn(reading, question, formats)


@lru_cache(maxsize=64)
def _drawn(reading: Reading[Any], question: Question, formats: Formats) -> Drawn:
    """What is shown of a run: the same for every viewer until there is another run."""
    assert reading.request is not None
    say = Say(formats=formats, texts=CATALOGUES[formats.language], words=HISTORY[formats.language])
    page = question.view(reading.found, reading.request, say)
    if reading.request.comparison == "nada":
        page = without_comparison(page)
    said = provenance.provenance(reading.run, reading.request, say, counts_days=question.counts_days)
    return Drawn(
        page=msgspec.json.encode(drawn(page, say) | {"provenance": said}),
        tables={it.id: it.table for it in page.blocks if not it.empty},
        request=reading.request,
    )
