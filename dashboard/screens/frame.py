"""What all pages have in common: the language, the row of controls, the definitions."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from contracts import log
from contracts.metrics import METRICS
from dashboard.formats import LANGUAGES, Language
from dashboard.screens import LANGUAGE
from dashboard.texts import Texts

_Option = TypeVar("_Option", bound=str)
_LIST_WIDTH = 230


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
    value = next((it for it in options if it == chosen), default)
    _remember(name, [value] if value != default else [])
    return value


def choose_from_list(
    name: str, options: Sequence[_Option], default: _Option, *, label: str, say: Callable[[_Option], str]
) -> _Option:
    """The same for more options than fit into a row."""
    now = current(name, options, default)
    picked = st.selectbox(
        label,
        options,
        index=options.index(now),
        format_func=say,
        key=_widget(name),
        label_visibility="collapsed",
        width=_LIST_WIDTH,
    )
    value = next((it for it in options if it == picked), default)
    _remember(name, [value] if value != default else [])
    return value


def several(name: str, options: Sequence[str], *, label: str, placeholder: str, say: Callable[[str], str]) -> list[str]:
    """Any number of the options, none of them meaning all; kept as ``choose`` does."""
    now = [it for it in chosen(name) if it in options]
    picked = st.multiselect(
        label,
        options,
        default=now,
        format_func=say,
        key=_widget(name),
        placeholder=placeholder,
        select_all=False,
    )
    _remember(name, picked)
    return list(picked)


def days(first_name: str, last_name: str, *, label: str, usual: tuple[dt.date, dt.date]) -> dict[str, list[str]]:
    """A first and a last day, kept as ``choose`` does; while only the first is chosen, those from before."""
    key = _widget(first_name)
    said = [*chosen(first_name)[:1], *chosen(last_name)[:1]]
    try:
        first, last = sorted(dt.date.fromisoformat(it) for it in said)
    except ValueError:
        first, last = usual
    picked = st.date_input(
        label, value=(first, last), key=key, format="DD/MM/YYYY", label_visibility="collapsed", width=_LIST_WIDTH
    )
    if isinstance(picked, tuple) and len(picked) == 2:
        first, last = picked
    found = {first_name: [first.isoformat()], last_name: [last.isoformat()]}
    for name, values in found.items():
        _remember(name, values)
    return found


def forget(*names: str) -> None:
    """What is not asked for now is neither in the link nor remembered."""
    for name in names:
        _remember(name, [])


def chosen(name: str) -> list[str]:
    """What was chosen of several, before its control is drawn."""
    picked = st.session_state.get(_widget(name))
    if isinstance(picked, list):
        return [str(it) for it in picked]
    return st.query_params.get_all(name) or list(st.session_state.get(_memory(name), []))


def _remember(name: str, values: Sequence[str]) -> None:
    """Into the link, and for the other pages; nothing where all is as usual."""
    st.session_state[_memory(name)] = list(values)
    if list(values) != st.query_params.get_all(name):
        if values:
            st.query_params[name] = list(values)
        elif name in st.query_params:
            del st.query_params[name]


def current(name: str, options: Sequence[_Option], default: _Option) -> _Option:
    """What is chosen, before its switch is drawn: by a click, by the URL, on another page, or by default."""
    places = (
        st.session_state.get(_widget(name)),
        st.query_params.get(name),
        *st.session_state.get(_memory(name), []),
    )
    return next((it for place in places for it in options if it == place), default)


def _widget(name: str) -> str:
    return f"widget-{name}"


def _memory(name: str) -> str:
    return f"chosen-{name}"


def language() -> Language:
    """The chosen language; Portuguese where none was."""
    return current(LANGUAGE, LANGUAGES, "pt")


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
        choose(LANGUAGE, LANGUAGES, "pt", label=texts.language_label, say=str.upper)


def definitions(language: Language, texts: Texts, *, live: bool, only: Sequence[str] | None = None) -> None:
    """The metrics' definitions, read from the catalogue, one click away; ``only`` those of the page, by id."""
    with st.popover(texts.definitions, type="tertiary"):
        said = [f"**{texts.definitions_live if live else texts.definitions_historical}**"]
        for metric in METRICS:
            historical = metric.historical.definition if metric.historical and metric.historical.view else None
            definition = metric.live if live else historical
            if definition is not None and (only is None or metric.id in only):
                name, text = (getattr(it, language) for it in (metric.name, definition))
                said.append(f"**{name}**  \n{text}")
        # One element: each costs every rerun of every viewer some time.
        st.markdown("\n\n".join(said))
