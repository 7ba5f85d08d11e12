import re
import string
from pathlib import Path

import msgspec
import pytest

from contracts import events, topology
from dashboard.formats import LANGUAGES
from dashboard.texts import HEALTH
from dashboard.views.health.flow import PARTS

PT, EN = (msgspec.structs.asdict(HEALTH[it]) for it in ("pt", "en"))


def blanks(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_every_language_has_a_catalogue():
    assert set(HEALTH) == set(LANGUAGES)


@pytest.mark.parametrize("name", PT)
def test_both_languages_have_the_text_with_the_same_blanks(name):
    pt, en = PT[name], EN[name]
    if isinstance(pt, dict):
        assert pt.keys() == en.keys()
        assert all([*pt.values(), *en.values()])
        assert [blanks(it) for it in pt.values()] == [blanks(en[it]) for it in pt]
    else:
        assert pt.strip()
        assert en.strip()
        assert blanks(pt) == blanks(en)


def test_every_code_of_a_rejection_and_every_topic_is_said_in_words():
    contracts = Path(events.__file__).parent
    ingest = contracts.parent / "jobs" / "ingest"
    said = set()
    for path in (contracts / "events.py", ingest / "consumer.py", ingest / "upserts.py"):
        said |= set(re.findall(r"(?:Rejection|_Broken)\(\s*\"([a-z_]+)\"", path.read_text("utf-8")))
    assert {"json_invalido", "listas_desiguais", "recusado_pelo_banco"} <= said
    assert said | {"valor_invalido", "tipo_errado"} == set(PT["code_names"]) == set(PT["code_details"])
    assert set(PT["topic_names"]) == {it.value for it in topology.Source}
    assert set(PT["part_names"]) == set(PARTS)


def test_no_text_is_markup():
    for catalogue in (PT, EN):
        for name, text in catalogue.items():
            assert not re.search(r"[<>&]", str(text)), name
