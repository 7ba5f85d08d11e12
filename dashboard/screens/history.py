"""The history page: period, range, and what the batch's current run says about them."""

from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import streamlit as st

from contracts import log
from contracts.errors import DatabaseUnavailable, VitrineError
from dashboard import components, context
from dashboard.data.history import Granularity, Sales
from dashboard.formats import Formats, Language
from dashboard.screens import frame
from dashboard.texts import CATALOGUES, Texts
from dashboard.views import history
from dashboard.views.history import GRANULARITIES, RANGES, Range

_GRANULARITY, _RANGE = "periodo", "intervalo"
# A new run appears by itself; looking for one is a query of a single row.
_LOOK_EVERY_SECONDS = 10


def render(language: Language, formats: Formats) -> None:
    """Draw the page."""
    texts = CATALOGUES[language]
    with frame.controls(texts):
        granularity = frame.choose(
            _GRANULARITY,
            GRANULARITIES,
            "dia",
            label=texts.granularity,
            say=lambda it: texts.granularity_names[it],
        )
        chosen = frame.choose(_RANGE, RANGES, "30d", label=texts.range_label, say=lambda it: texts.range_names[it])
        frame.definitions(language, texts, live=False)
    _body(granularity, chosen, formats, texts)


@st.fragment(run_every=_LOOK_EVERY_SECONDS)
def _body(granularity: Granularity, chosen: Range, formats: Formats, texts: Texts) -> None:
    try:
        sales = context.history().sales(granularity)
    except VitrineError as error:
        log.get(__name__).warning("history cannot be read", problem=str(error))
        st.warning(texts.history_away if isinstance(error, DatabaseUnavailable) else texts.history_refused)
        return
    if sales is None:
        st.info(texts.history_no_run)
        return
    drawn = _drawn(sales, granularity, chosen, formats)
    if drawn is None:
        st.info(texts.history_no_rows)
        return
    components.history_page(drawn.page, texts)
    st.download_button(
        texts.download_csv,
        drawn.csv,
        file_name=drawn.file_name,
        mime="text/csv",
        help=texts.download_csv_help,
        icon=":material/download:",
        on_click="ignore",
    )


class _Drawn(NamedTuple):
    page: dict[str, Any]
    csv: bytes
    file_name: str


@lru_cache(maxsize=64)
def _drawn(sales: Sales, granularity: Granularity, chosen: Range, formats: Formats) -> _Drawn | None:
    """What is shown of a run: the same for every viewer until there is another run."""
    texts = CATALOGUES[formats.language]
    periods = history.within(sales, chosen, granularity, formats)
    if not periods:
        return None
    return _Drawn(
        page=msgspec.to_builtins(history.view(sales, granularity, chosen, formats, texts)),
        csv=history.to_csv(periods, formats, texts),
        file_name=f"{texts.file_name}-{granularity}-{periods[0].start}-{periods[-1].start}.csv",
    )
