"""The health page: what all parts say of themselves, and the rejected events to browse."""

import datetime as dt
from typing import cast

import msgspec
import streamlit as st

from contracts import log
from contracts.errors import DatabaseUnavailable, VitrineError
from dashboard import components, context
from dashboard.data.health.rejected import MOST_PAGES, Filter
from dashboard.formats import Formats, Language
from dashboard.screens import frame
from dashboard.texts import CATALOGUES, HEALTH, HealthTexts
from dashboard.views import health as health_view
from dashboard.views.health import rejected as rejected_view

_REFRESH_SECONDS = 3
_REJECTED_SECONDS = 5
# The first look at everything, before there is anything to draw.
_FIRST_LOOK_SECONDS = 2.0
_ALL = "todos"
_TOPIC, _CODE, _PAGE = "topico", "motivo", "pagina"
_PERSONAL = "show-personal"


def render(language: Language, formats: Formats) -> None:
    """Draw the page."""
    texts = HEALTH[language]
    with frame.controls(CATALOGUES[language]):
        st.empty()
    _panels(formats, texts)
    chosen, personal = _filters(texts)
    _rejected(chosen, formats, texts, personal=personal)


@st.fragment(run_every=_REFRESH_SECONDS)
def _panels(formats: Formats, texts: HealthTexts) -> None:
    with frame.guarded(texts.unexpected):
        health = context.health().now(wait_seconds=_FIRST_LOOK_SECONDS)
        shown = health_view.view(health, dt.datetime.now(dt.UTC), formats, texts)
        components.health_page(msgspec.to_builtins(shown), CATALOGUES[formats.language], texts)


def _filters(texts: HealthTexts) -> tuple[Filter, bool]:
    """The row of controls above the list: all but the switch for personal data is in the URL."""
    with st.container(horizontal=True, vertical_alignment="center", key="rejected-filters"):
        st.markdown(f"**{texts.rejected_title}**", width="content")
        topics = (_ALL, *texts.topic_names)
        topic = frame.choose(
            _TOPIC,
            topics,
            _ALL,
            label=texts.rejected_topic,
            say=lambda it: texts.every_topic if it == _ALL else texts.topic_names[it],
        )
        codes = (_ALL, *texts.code_names)
        code = frame.choose_from_list(
            _CODE,
            codes,
            _ALL,
            label=texts.rejected_reason,
            say=lambda it: texts.every_reason if it == _ALL else texts.code_names[it],
        )
        personal = st.toggle(texts.show_personal, key=_PERSONAL, help=texts.show_personal_help)
    page = _page(topic, code)
    return Filter(None if topic == _ALL else topic, None if code == _ALL else code, page), personal


def _page(topic: str, code: str) -> int:
    """The page in the URL; another filter begins with its newest."""
    filtered = f"{topic} {code}"
    if st.session_state.setdefault("rejected-filter", filtered) != filtered:
        st.session_state["rejected-filter"] = filtered
        _go_to(0)
    said = st.query_params.get(_PAGE, "1")
    return min(int(said) - 1, MOST_PAGES) if said.isascii() and said.isdigit() and 0 < int(said) < 1_000 else 0


def _go_to(page: int) -> None:
    if page > 0:
        st.query_params[_PAGE] = str(page + 1)
    elif _PAGE in st.query_params:
        del st.query_params[_PAGE]


@st.fragment(run_every=_REJECTED_SECONDS)
def _rejected(chosen: Filter, formats: Formats, texts: HealthTexts, *, personal: bool) -> None:
    with frame.guarded(texts.unexpected):
        try:
            page = context.rejected().page(chosen)
        except VitrineError as error:
            log.get(__name__).warning("rejected events cannot be read", problem=str(error))
            away = isinstance(error, DatabaseUnavailable)
            st.warning(texts.rejected_away if away else texts.rejected_failed)
            return
        query = f"{chosen.topic} {chosen.code} {chosen.page} {personal}"
        is_local = not context.configuration().postgres_instance
        shown = rejected_view.view(page, query, formats, texts, personal=personal, is_local=is_local)
        components.rejected_events(cast("dict[str, object]", msgspec.to_builtins(shown)), texts)
        if chosen.page or page.has_older:
            _turn_pages(chosen.page, texts, has_older=page.has_older and chosen.page < MOST_PAGES)


def _turn_pages(page: int, texts: HealthTexts, *, has_older: bool) -> None:
    with st.container(horizontal=True):
        newer = st.button(texts.newer, disabled=page == 0, key="newer")
        older = st.button(texts.older, disabled=not has_older, key="older")
    if newer or older:
        _go_to(page - 1 if newer else page + 1)
        # The whole page: a fragment alone would ask for the old one again.
        st.rerun()
