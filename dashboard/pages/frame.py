"""What all pages have in common: the language, the row of controls, the definitions."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from contracts.metrics import METRICS
from dashboard.formats import LANGUAGES, Language
from dashboard.texts import Texts

_LANGUAGE = "idioma"


def language() -> Language:
    """The language chosen in the URL or by the switch; Portuguese where none was."""
    chosen = st.session_state.get(_LANGUAGE) or st.query_params.get(_LANGUAGE)
    return next((it for it in LANGUAGES if it == chosen), "pt")


@contextmanager
def controls(texts: Texts) -> Iterator[None]:
    """A row for the page's own controls on the left, with the language switch on the right."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            yield
        st.segmented_control(
            texts.language_label,
            LANGUAGES,
            default="pt",
            required=True,
            format_func=str.upper,
            key=_LANGUAGE,
            bind="query-params",
            label_visibility="collapsed",
        )


def definitions(language: Language, texts: Texts, *, live: bool) -> None:
    """The metrics' definitions, read from the catalogue, one click away."""
    with st.popover(texts.definitions, type="tertiary"):
        st.markdown(f"**{texts.definitions_live if live else texts.definitions_historical}**")
        for metric in METRICS:
            historical = metric.historical.definition if metric.historical and metric.historical.view else None
            definition = metric.live if live else historical
            if definition is not None:
                name, text = (getattr(it, language) for it in (metric.name, definition))
                st.markdown(f"**{name}**  \n{text}")
