"""What all pages have in common: the language, the row of controls, the definitions."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from contracts import log
from contracts.metrics import METRICS
from dashboard.formats import LANGUAGES, Language
from dashboard.texts import Texts

_LANGUAGE = "idioma"
_Option = TypeVar("_Option", bound=str)


def choose(
    name: str, options: Sequence[_Option], default: _Option, *, label: str, say: Callable[[_Option], str]
) -> _Option:
    """A switch between a few options, kept in the URL as ``name`` and remembered from page to page.

    Streamlit's own binding to the URL would write the options as they are shown, which depends on the
    language; a link must not.
    """
    chosen = st.segmented_control(
        label,
        options,
        # Not only at first: on another page the switch is another widget, and begins anew.
        default=current(name, options, default),
        required=True,
        format_func=say,
        key=_widget(name),
        label_visibility="collapsed",
    )
    return _kept(name, next((it for it in options if it == chosen), default), default)


def choose_from_list(
    name: str, options: Sequence[_Option], default: _Option, *, label: str, say: Callable[[_Option], str]
) -> _Option:
    """The same for more options than fit into a row."""
    chosen = st.selectbox(
        label,
        options,
        index=options.index(current(name, options, default)),
        format_func=say,
        key=_widget(name),
        label_visibility="collapsed",
        width=230,
    )
    return _kept(name, chosen, default)


def _kept(name: str, value: _Option, default: _Option) -> _Option:
    """Into the memory and the URL; what is so by default is not said."""
    st.session_state[_memory(name)] = value
    if value != default:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]
    return value


def current(name: str, options: Sequence[_Option], default: _Option) -> _Option:
    """What is chosen, before its switch is drawn: by a click, by the URL, on another page, or by default."""
    places = (
        st.session_state.get(_widget(name)),
        st.query_params.get(name),
        st.session_state.get(_memory(name)),
    )
    return next((it for place in places for it in options if it == place), default)


def _widget(name: str) -> str:
    return f"widget-{name}"


def _memory(name: str) -> str:
    return f"chosen-{name}"


def language() -> Language:
    """The chosen language; Portuguese where none was."""
    return current(_LANGUAGE, LANGUAGES, "pt")


@contextmanager
def guarded(said: str) -> Iterator[None]:
    """Show ``said`` in place of what raised unexpectedly, and log the rest: a screen is no place for a traceback.

    What Streamlit itself raises to stop or begin again passes: it is no ``Exception``.
    """
    try:
        yield
    except Exception:  # noqa: BLE001 - whatever it is, it must not be shown, nor end the page
        log.get(__name__).exception("a part of a page failed")
        st.error(said)


@contextmanager
def controls(texts: Texts) -> Iterator[None]:
    """A row for the page's own controls on the left, with the language switch on the right."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            yield
        choose(_LANGUAGE, LANGUAGES, "pt", label=texts.language_label, say=str.upper)


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
