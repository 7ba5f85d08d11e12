"""Our own elements: view models in, drawn by the scripts in ``assets``.

A script travels with its page; the chart library and the map are fetched from this server, once.
"""

from functools import cache
from typing import Any

import msgspec
import streamlit as st

from dashboard import static
from dashboard.texts import CATALOGUES, HealthTexts, Texts
from dashboard.texts.history import HistoryTexts
from dashboard.texts.streamlit import STREAMLIT

# In the order in which they use each other.
_SCRIPTS = {
    "live": ("words.js", "elements.js", "charts.js", "map.js", "panels.js", "feed.js", "live.js"),
    "history": ("words.js", "elements.js", "charts.js", "map.js", "tables.js", "history.js"),
    "health": ("words.js", "elements.js", "health.js"),
    "rejected": ("words.js", "elements.js", "rejected.js"),
}
_STYLES = {"health": ("vitrine.css", "health.css"), "rejected": ("vitrine.css", "health.css")}
# The words of the scripts' own buttons.
_WORDS = ("html_language", "show_table", "show_chart")
_HISTORY_WORDS = ("fold_open", "csv", "csv_help", "parquet", "parquet_help")
_MAP_WORDS = ("map_title", "no_sales", "state", "revenue", "share")


@cache
def _component(name: str) -> Any:
    words = {CATALOGUES[language].html_language: it for language, it in STREAMLIT.items()}
    scripts = [f"const STREAMLIT = {msgspec.json.encode(words).decode()};"]
    scripts += [static.read(it).decode() for it in _SCRIPTS[name]]
    return st.components.v2.component(
        f"vitrine_{name}",
        js="\n".join(scripts),
        css="\n".join(static.read(it).decode() for it in _STYLES.get(name, ("vitrine.css",))),
    )


def live_page(data: dict[str, Any], texts: Texts) -> None:
    """The live page; it fetches its frames from the stream that ``data`` names."""
    _component("live")(key="live_page", data=data | _shared(texts, texts.live_page))


def history_page(page: bytes, data: dict[str, Any], texts: Texts, words: HistoryTexts, *, path: str) -> None:
    """A page of history, already as JSON; ``path`` tells one page from another.

    As bytes: of a dictionary Streamlit makes JSON three times on every rerun, and a page may be 300 kB.
    """
    own = {it: getattr(words.common, it) for it in _HISTORY_WORDS} | {it: getattr(texts, it) for it in _MAP_WORDS}
    shared = _shared(texts, words.common.page_names[path])
    given = data | shared | {"words": shared["words"] | own, "page": msgspec.Raw(page)}
    _component("history")(key=f"history_{path}", data=msgspec.json.encode(given))


def health_page(data: dict[str, Any], texts: Texts, words: HealthTexts) -> None:
    """The health page of one ``HealthView``."""
    own = {"html_language": texts.html_language, "page_name": words.page}
    _component("health")(key="health_page", data=data | {"words": own})


# What the list's script says by itself.
_REJECTED_WORDS = (
    "field_and_value",
    "rule",
    "payload",
    "replay",
    "rejected_held",
    "copy",
    "copied",
)


def rejected_events(data: dict[str, Any], texts: HealthTexts) -> None:
    """The list of one ``RejectedView``."""
    _component("rejected")(
        key="rejected_events", data=data | {"words": {it: getattr(texts, it) for it in _REJECTED_WORDS}}
    )


def _shared(texts: Texts, page_name: str) -> dict[str, Any]:
    return {
        "library": static.address("echarts.js"),
        "map": static.address("brasil_uf.geojson"),
        "words": {it: getattr(texts, it) for it in _WORDS} | {"page_name": page_name},
    }
