import re
import string

import msgspec
import pytest

from contracts.events import MetodoPagamento, SegmentoCliente
from contracts.live import WINDOWS
from contracts.panes import UNKNOWN
from contracts.windows import FUNNEL
from dashboard.formats import LANGUAGES
from dashboard.texts import CATALOGUES
from dashboard.views.history import GRANULARITIES, RANGES

PT, EN = (msgspec.structs.asdict(CATALOGUES[it]) for it in ("pt", "en"))


def blanks(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_every_language_has_a_catalogue():
    assert set(CATALOGUES) == set(LANGUAGES)


@pytest.mark.parametrize("name", PT)
def test_both_languages_have_the_text_with_the_same_blanks(name):
    pt, en = PT[name], EN[name]
    if isinstance(pt, dict):
        assert pt.keys() == en.keys()
        assert all([*pt.values(), *en.values()])
    else:
        assert pt.strip()
        assert en.strip()
        assert blanks(pt) == blanks(en)


def test_the_choices_all_have_names():
    for texts in CATALOGUES.values():
        assert set(texts.granularity_names) == set(GRANULARITIES)
        assert set(texts.range_names) == set(RANGES)
        assert set(texts.window_names) == set(texts.delta_against) == set(WINDOWS)
        assert list(texts.funnel_names) == [it.value for it in FUNNEL]
        assert set(texts.payment_names) == {it.value for it in MetodoPagamento}
        assert set(texts.segment_names) == {it.value for it in SegmentoCliente} | {UNKNOWN}


def test_no_text_is_markup():
    for catalogue in (PT, EN):
        for name, text in catalogue.items():
            assert not re.search(r"[<>&]", str(text)), name
