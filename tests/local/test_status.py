from typing import Any

import msgspec
import pytest

from contracts import settings
from local.parts import Stage, parts
from local.state import State
from local.status import Counts, problems_of

SETTINGS = settings.load({})
TOLD = State(supervisor=1, phase="running", environment={}, secrets={}, dashboard="", live=True, parts={}, baseline={})
WELL = Counts(
    published={"eventos_web": 10},
    persisted=10,
    streamed=10,
    rejected=3,
    backlog={
        "transacoes_vendas-persistencia": 0,
        "eventos_web-persistencia": 900,
        "catalogo_produtos-persistencia": 0,
        "dados_clientes-persistencia": 0,
        "transacoes_vendas-tempo-real": 0,
        "eventos_web-tempo-real": 0,
    },
    newest_live_value_age_seconds=1.2,
    last_batch={"state": "concluida", "reason": None},
)


def test_a_busy_stack_with_rejected_events_is_well() -> None:
    assert problems_of(SETTINGS, TOLD, WELL) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"newest_live_value_age_seconds": None}, "no live value yet"),
        ({"newest_live_value_age_seconds": 31.0}, "the newest live value is 31 s old"),
        ({"last_batch": None}, "no batch has run"),
        ({"last_batch": {"state": "falhou", "reason": "no disk"}}, "the last batch failed: no disk"),
        (
            {"backlog": {**WELL.backlog, "eventos_web-tempo-real": 6_001}},
            "6001 messages wait in eventos_web-tempo-real",
        ),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], problem: str) -> None:
    assert problems_of(SETTINGS, TOLD, msgspec.structs.replace(WELL, **change)) == [problem]


def test_a_shop_whose_clock_runs_faster_has_no_live_path_to_miss() -> None:
    told = msgspec.structs.replace(TOLD, live=False)
    counts = msgspec.structs.replace(
        WELL, newest_live_value_age_seconds=None, backlog={**WELL.backlog, "eventos_web-tempo-real": 10**6}
    )
    assert problems_of(SETTINGS, told, counts) == []


def test_a_shop_with_few_visitors_may_be_quiet_for_longer() -> None:
    quiet = settings.load({"VITRINE_SIMULATORS_RATE": "0.1"})
    counts = msgspec.structs.replace(WELL, newest_live_value_age_seconds=99.0)
    assert problems_of(quiet, TOLD, counts) == []


def test_simulators_start_once_ingest_works_and_stop_first() -> None:
    table = parts(SETTINGS, live=True, dashboard_port=8501)
    assert [it.name for it in table] == ["ingest", "streaming", "dashboard", "simulators-0", "simulators-1"]
    assert [it.needs for it in table if it.stage is Stage.PRODUCERS] == [("ingest",)] * 2
    assert min(table, key=lambda it: it.stage).name == "simulators-0"


def test_without_a_live_path_nothing_streams_and_nothing_waits_for_it() -> None:
    table = parts(SETTINGS, live=False, dashboard_port=8501)
    assert [it.name for it in table] == ["ingest", "dashboard", "simulators-0", "simulators-1"]
    assert table[-1].needs == ("ingest",)
