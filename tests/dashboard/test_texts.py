import re
import string
from pathlib import Path

import msgspec
import pytest

import dashboard
from contracts.events import MetodoPagamento, SegmentoCliente
from contracts.live import WINDOWS
from contracts.panes import UNKNOWN
from contracts.windows import FUNNEL
from dashboard.formats import LANGUAGES
from dashboard.questions import QUESTIONS
from dashboard.selection import COMPARISONS, FILTERS, GRANULARITIES, PRESETS
from dashboard.texts import CATALOGUES, HEALTH
from dashboard.texts.history import HISTORY
from dashboard.views.history.returning import SEGMENTS
from jobs.batch import quality


def all_texts(language):
    """Every text of a language, by its name and, in history and health, that of its page."""
    found = msgspec.structs.asdict(CATALOGUES[language])
    for page, texts in msgspec.structs.asdict(HISTORY[language]).items():
        found |= {f"{page}.{name}": text for name, text in msgspec.structs.asdict(texts).items()}
    return found | {f"health.{name}": text for name, text in msgspec.structs.asdict(HEALTH[language]).items()}


PT, EN = all_texts("pt"), all_texts("en")


def blanks(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_every_language_has_a_catalogue():
    assert set(CATALOGUES) == set(HISTORY) == set(HEALTH) == set(LANGUAGES)


@pytest.mark.parametrize("name", PT)
def test_both_languages_have_the_text_with_the_same_blanks(name):
    pt, en = PT[name], EN[name]
    if isinstance(pt, dict):
        assert pt.keys() == en.keys()
        assert all([*pt.values(), *en.values()])
        assert all(blanks(pt[it]) == blanks(en[it]) for it in pt)
    elif isinstance(pt, list):
        assert len(pt) == len(en)
        assert all([*pt, *en])
    else:
        assert pt.strip()
        assert en.strip()
        assert blanks(pt) == blanks(en)


def test_the_choices_all_have_names():
    for texts in CATALOGUES.values():
        assert set(texts.window_names) == set(texts.delta_against) == set(WINDOWS)
        assert list(texts.funnel_names) == [it.value for it in FUNNEL]
        assert set(texts.payment_names) == {it.value for it in MetodoPagamento}
        assert set(texts.segment_names) == {it.value for it in SegmentoCliente} | {UNKNOWN}


def test_what_can_be_chosen_of_history_has_names():
    for texts in HISTORY.values():
        assert list(texts.common.page_names) == [it.path for it in QUESTIONS]
        assert list(texts.common.range_names) == list(PRESETS)
        assert list(texts.common.granularity_names) == list(GRANULARITIES)
        assert list(texts.common.comparison_names) == list(COMPARISONS)
        assert list(texts.common.filter_names) == list(FILTERS)
        assert list(texts.customers.segment_names) == list(texts.customers.segment_meanings) == list(SEGMENTS)
        assert len(texts.common.weekdays) == len(texts.common.weekdays_short) == 7


def test_every_finding_of_a_run_has_words():
    kinds = set(re.findall(r"``(\w+)``", quality.findings.__doc__))
    assert len(kinds) == 10
    for texts in HISTORY.values():
        assert set(texts.common.finding_names) == kinds


def test_no_text_is_markup():
    for catalogue in (PT, EN):
        for name, text in catalogue.items():
            assert not re.search(r"[<>&]", str(text)), name


def test_every_text_is_used():
    root = Path(dashboard.__file__).parent
    files = [it for it in [*root.rglob("*.py"), *root.glob("assets/*.js")] if "texts" not in it.parts]
    used = set(re.findall(r"\w+", "\n".join(it.read_text("utf-8") for it in files)))
    # Of the verdict's the kind is the name's end.
    names = {it.rpartition(".")[2] for it in PT} - {f"verdict_{it}" for it in ("good", "warn", "bad", "waiting")}
    assert names - used == set()
