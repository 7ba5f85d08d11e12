"""A page of history: what can be chosen there, and what the batch's current run says about it."""

import datetime as dt
from functools import partial
from urllib.parse import urlencode

import streamlit as st

from contracts import log
from contracts.errors import DatabaseUnavailable, VitrineError
from dashboard import components, context, questions
from dashboard.data.history import Known
from dashboard.downloads import PATH
from dashboard.formats import LANGUAGES, Formats, Language
from dashboard.questions import Empty, Question
from dashboard.screens import LANGUAGE, frame
from dashboard.selection import (
    COMPARISON,
    COMPARISONS,
    FIRST,
    GRANULARITIES,
    GRANULARITY,
    LAST,
    PRESET,
    PRESETS,
    Selection,
    parse,
)
from dashboard.texts import CATALOGUES, HEALTH, Texts
from dashboard.texts.history import HISTORY, HistoryTexts
from dashboard.views.history.names import filter_value

# A new run appears by itself; looking for one is a query of a single row.
_LOOK_EVERY_SECONDS = 10
_USUAL = Selection()
_FIRST_FREE_DAYS = 30


def render(question: Question, language: Language, formats: Formats) -> None:
    """Draw a page."""
    texts, words = CATALOGUES[language], HISTORY[language]
    with frame.controls(texts):
        selection = _selection(question, texts, words) if question.has_range else _USUAL
        frame.definitions(language, texts, live=False, only=question.metrics)
    _body(question, selection, language, formats)


def _selection(question: Question, texts: Texts, words: HistoryTexts) -> Selection:
    """What is chosen, by the controls that the page has."""
    common = words.common
    known = _known() if question.filters or frame.current(PRESET, PRESETS, _USUAL.preset) == "livre" else None
    said: dict[str, list[str]] = {}
    preset = frame.choose_from_list(
        PRESET, PRESETS, _USUAL.preset, label=common.range_label, say=lambda it: common.range_names[it]
    )
    said[PRESET] = [preset]
    if preset == "livre":
        said |= frame.days(FIRST, LAST, label=common.free_range, usual=_last_days(known))
    else:
        frame.forget(FIRST, LAST)
    if question.has_granularity:
        said[GRANULARITY] = [
            frame.choose(
                GRANULARITY,
                GRANULARITIES,
                _USUAL.granularity,
                label=common.granularity,
                say=lambda it: common.granularity_names[it],
            )
        ]
    said[COMPARISON] = [
        frame.choose_from_list(
            COMPARISON,
            COMPARISONS,
            _USUAL.comparison,
            label=common.comparison,
            say=lambda it: common.comparison_names[it],
        )
    ]
    if question.filters:
        said |= _filters(question, known, texts, words)
    return parse(said)


def _filters(question: Question, known: Known | None, texts: Texts, words: HistoryTexts) -> dict[str, list[str]]:
    """The filters of the page, in one place that says how many are on."""
    common = words.common
    on = sum(bool(frame.chosen(it)) for it in question.filters)
    label = common.filters_on.format(count=on) if on else common.filters
    with st.popover(label, icon=":material/filter_list:"):
        return {
            name: frame.several(
                name,
                known.extent.options.get(name, []) if known else frame.chosen(name),
                label=common.filter_names[name],
                placeholder=common.filter_all,
                say=partial(filter_value, name, texts=texts, words=words),
            )
            for name in question.filters
        }


def _known() -> Known | None:
    """What there is to choose from; None where that cannot be had: the page itself says why."""
    try:
        return context.history().known()
    except VitrineError:
        return None


def _last_days(known: Known | None) -> tuple[dt.date, dt.date]:
    """What the free range begins with."""
    zone = context.configuration().zone
    last = known.run.last_day(zone) if known else dt.datetime.now(zone).date()
    return last - dt.timedelta(days=_FIRST_FREE_DAYS - 1), last


@st.fragment(run_every=_LOOK_EVERY_SECONDS)
def _body(question: Question, selection: Selection, language: Language, formats: Formats) -> None:
    # Run again by itself it is outside of what guards the page.
    with frame.guarded(HEALTH[language].unexpected):
        _show(question, selection, language, formats)


def _show(question: Question, selection: Selection, language: Language, formats: Formats) -> None:
    texts, common = CATALOGUES[language], HISTORY[language].common
    try:
        found = questions.answer(context.history(), question, selection, formats)
    except VitrineError as error:
        log.get(__name__).warning("history cannot be read", problem=str(error))
        st.warning(common.away if isinstance(error, DatabaseUnavailable) else common.refused)
        return
    if found is None:
        st.info(common.no_run)
        return
    if isinstance(found, Empty):
        st.info(common.no_rows)
        return
    query = selection.query() | ({LANGUAGE: [language]} if language != LANGUAGES[0] else {})
    components.history_page(
        found.page,
        {"files": f"{PATH}/{question.path}", "query": urlencode(query, doseq=True)},
        texts,
        HISTORY[language],
        path=question.path,
    )
