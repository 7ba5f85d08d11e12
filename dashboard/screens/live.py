"""The live page: drawn once, then moved by the stream without any rerun."""

from typing import Any

import msgspec

from contracts.live import WINDOWS, WindowName
from dashboard import components
from dashboard.formats import Formats, Language
from dashboard.screens import frame
from dashboard.stream import FRAME_PATH, STREAM_PATH
from dashboard.texts import CATALOGUES, Texts
from dashboard.views import live

_WINDOW = "janela"
_DEFAULT: WindowName = "15min"
# What the page's script says by itself.
_WORDS = (
    "connecting",
    "connection_lost",
    "connection_slow",
    "pause",
    "resume",
    "paused",
    "discreet_on",
    "discreet_off",
    "full_screen_on",
    "full_screen_off",
    "compare_last_week",
    "compare_yesterday",
    "products_title",
    "product",
    "rank",
    "units",
    "revenue",
    "movement",
    "no_sales",
    "payments_title",
    "categories_title",
    "segments_title",
    "map_title",
    "state",
    "share",
    "funnel_title",
    "funnel_note",
    "stock_title",
    "stock_none",
    "orders_title",
)


def render(language: Language, formats: Formats) -> None:
    """Draw the page."""
    texts = CATALOGUES[language]
    with frame.controls(texts):
        window = frame.choose(
            _WINDOW,
            WINDOWS,
            _DEFAULT,
            label=texts.window,
            say=lambda it: texts.window_names[it],
        )
        frame.definitions(language, texts, live=True)
    components.live_page(page_data(window, language, formats, texts), texts)


def page_data(window: WindowName, language: Language, formats: Formats, texts: Texts) -> dict[str, Any]:
    """What the page's script needs before the first frame: where frames come from, and the fixed texts."""
    return {
        "stream": STREAM_PATH,
        "frame": FRAME_PATH,
        "window": window,
        "language": language,
        "skeleton": msgspec.to_builtins(live.skeleton(formats, texts)),
        "texts": {it: getattr(texts, it) for it in _WORDS},
    }
