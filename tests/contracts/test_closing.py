import datetime as dt

import pytest

from contracts.closing import Closing, persisted_until
from contracts.heartbeat import Beat

SALES, WEB = "transacoes_vendas-persistencia", "eventos_web-persistencia"


def beat(part: str, age: float, state: str = "ativo", **claims: float) -> Beat:
    data = {"persistido_ate": {{"sales": SALES, "web": WEB}[name]: claim for name, claim in claims.items()}}
    return Beat(part, "x", state, data, dt.datetime(2026, 6, 1, tzinfo=dt.UTC), age)


@pytest.mark.parametrize(
    ("end", "is_closed"),
    [
        # Twice the delay of 600 s behind a watermark at 10,000.
        (8_800, True),
        (8_801, False),
    ],
)
def test_a_pane_is_closed_twice_the_delay_behind_the_watermark(end: float, is_closed: bool) -> None:
    assert Closing(10_000.0, 99_999.0, 600).is_closed(end) is is_closed


def test_a_pane_that_postgres_does_not_hold_whole_is_not_closed() -> None:
    assert Closing(99_999.0, 9_400.0, 600).is_closed(8_800)
    assert not Closing(99_999.0, 9_399.0, 600).is_closed(8_800)


@pytest.mark.parametrize(("watermark", "persisted"), [(None, 9e9), (9e9, None)])
def test_what_nobody_knows_closes_nothing(watermark: float | None, persisted: float | None) -> None:
    assert not Closing(watermark, persisted, 600).is_closed(0)


def test_all_subscriptions_count_and_of_each_the_process_that_is_furthest_behind() -> None:
    beats = [
        beat("ingest", 1, sales=5_000, web=4_000),
        beat("ingest", 1, sales=3_000, web=9_000),
        beat("streaming", 1, sales=1, web=1),
    ]
    assert persisted_until(beats, (SALES, WEB)) == 3_000


def test_a_process_that_claims_nothing_yet_leaves_the_last_claim_of_its_predecessors() -> None:
    beats = [beat("ingest", 1, sales=0), beat("ingest", 900, sales=2_000), beat("ingest", 30, "parado", sales=4_000)]
    assert persisted_until(beats, (SALES,)) == 4_000


def test_without_a_claim_nothing_is_known() -> None:
    assert persisted_until([], (SALES,)) is None
    assert persisted_until([beat("ingest", 1, sales=5_000)], (SALES, WEB)) is None
    assert (
        persisted_until([Beat("ingest", "old", "ativo", {}, dt.datetime(2026, 6, 1, tzinfo=dt.UTC), 1)], (SALES,))
        is None
    )
