import re
from pathlib import Path

from contracts import events, topology
from contracts.live_layout import Stages
from dashboard.texts import HEALTH
from dashboard.views.health.flow import PARTS


def test_every_code_of_a_rejection_and_every_topic_is_said_in_words():
    contracts = Path(events.__file__).parent
    ingest = contracts.parent / "jobs" / "ingest"
    said = set()
    for path in (contracts / "events.py", ingest / "consumer.py", ingest / "upserts.py"):
        said |= set(re.findall(r"(?:Rejection|_Broken)\(\s*\"([a-z_]+)\"", path.read_text("utf-8")))
    assert {"json_invalido", "listas_desiguais", "recusado_pelo_banco"} <= said
    texts = HEALTH["pt"]
    assert said | {"valor_invalido", "tipo_errado"} == set(texts.code_names) == set(texts.code_details)
    assert set(texts.topic_names) == {it.value for it in topology.Source}
    assert set(texts.part_names) == set(PARTS)
    assert set(texts.stage_names) == set(texts.stage_meanings) == set(Stages.__struct_fields__)
