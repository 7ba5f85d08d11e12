import datetime as dt
import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from typing_extensions import override

from contracts import settings, topology
from contracts.broker import Delivery
from contracts.clock import WALL
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.errors import LiveStoreUnavailable, StorageUnavailable
from contracts.events import PRODUCED_AT_ATTRIBUTE
from contracts.late_events import LateEvent
from contracts.panes import RowKind
from contracts.pulling import Pulled
from jobs.streaming.folder_store import FolderStore
from jobs.streaming.rows import SEGMENT
from jobs.streaming.sealer import Sealed, Sealer
from jobs.streaming.spool import Arrival, Counters, Spool
from tests.streaming.conftest import NOON, KnownDimensions, OpenStore, pulled

SALES, WEB = "transacoes_vendas-tempo-real", "eventos_web-tempo-real"
BOOK, GAME, ANA = UUID(int=1), UUID(int=2), UUID(int=3)


def at(seconds: float) -> str:
    return (NOON + dt.timedelta(seconds=seconds)).isoformat()


def order(number: int, seconds: float, **fields: Any) -> bytes:
    document = {
        "id_transacao": str(UUID(int=1000 + number)),
        "id_pedido": str(UUID(int=2000 + number)),
        "id_usuario": str(ANA),
        "id_produto": [str(BOOK), str(GAME)],
        "quantidade_produto": [2, 1],
        "valor_total_compra": 100.01,
        "data_compra": at(seconds),
        "metodo_pagamento": "pix",
        "status_pedido": "processando",
        **fields,
    }
    return json.dumps(document).encode()


def rows_of(spool: Spool, number: int) -> list[dict[str, Any]]:
    return [row for table in spool.read([number], SEGMENT) for row in table.to_pylist()]


def count(sealed: Sealed | None) -> int:
    """How many rows were sealed."""
    return 0 if sealed is None else sealed.footer.rows


def visit(number: int, seconds: float) -> bytes:
    document = {
        "id_evento": str(UUID(int=5000 + number)),
        "id_sessao": str(UUID(int=6000)),
        "tipo_evento": "login",
        "timestamp_evento": at(seconds),
    }
    return json.dumps(document).encode()


@pytest.fixture
def dimensions() -> KnownDimensions:
    return KnownDimensions(
        {BOOK: ProductVersion(0, "Livro", "Livros", 1000, 5), GAME: ProductVersion(0, "Jogo", "Jogos", 3000, 5)},
        {ANA: CustomerVersion(0, "VIP", "SP", "São Paulo")},
    )


def make(
    spool: Spool,
    dimensions: KnownDimensions,
    *,
    delay: int = 600,
    horizon: int = 720,
    late_before: int | None = None,
) -> Sealer:
    durations = {
        "VITRINE_LONGEST_RESTART_SECONDS": "1",
        "VITRINE_WATERMARK_DELAY_SECONDS": str(delay),
        "VITRINE_DEDUPE_HORIZON_SECONDS": str(horizon),
    }
    lookup: Any = dimensions
    return Sealer(settings.load(durations), topology.load(), spool, lookup, WALL, late_before=late_before)


@pytest.fixture
def sealer(spool: Spool, dimensions: KnownDimensions) -> Sealer:
    return make(spool, dimensions)


def test_a_sale_is_sealed_with_its_dimensions_and_its_total_shared_among_its_items(
    spool: Spool, sealer: Sealer
) -> None:
    sealed = sealer.seal([pulled(SALES, [order(1, 0, id_carrinho=str(UUID(int=9)))])])
    assert sealed is not None
    row = rows_of(spool, sealed.footer.number)[0]
    assert (row["kind"], row["instante"], row["metodo_pagamento"], row["uf"], row["segmento"]) == (
        0,
        NOON,
        "pix",
        "SP",
        "VIP",
    )
    assert (row["centavos"], row["unidades"], row["carrinho"]) == (10001, 3, 1)
    # 10001 as 20 : 30 is 4000.4 and 6000.6: the odd centavo goes to the larger remainder.
    assert row["itens"] == [
        {"produto": BOOK.hex, "categoria": "Livros", "centavos": 4000, "unidades": 2},
        {"produto": GAME.hex, "categoria": "Jogos", "centavos": 6001, "unidades": 1},
    ]


def test_a_cancelled_version_that_comes_first_is_a_sale_and_a_cancellation(spool: Spool, sealer: Sealer) -> None:
    sealed = sealer.seal([pulled(SALES, [order(1, 0, status_pedido="cancelado", data_status=at(60))])])
    assert sealed is not None
    rows = rows_of(spool, sealed.footer.number)
    assert [(it["kind"], it["instante"], it["centavos"]) for it in rows] == [
        (0, NOON, 10001),
        (1, NOON + dt.timedelta(seconds=60), 10001),
    ]


def test_each_sale_cancellation_and_event_is_sealed_once_whatever_is_repeated(sealer: Sealer) -> None:
    cancelled = order(1, 0, status_pedido="cancelado", data_status=at(60))
    first = sealer.seal([pulled(SALES, [order(1, 0), order(1, 0)]), pulled(WEB, [visit(1, 0), visit(1, 0)])])
    second = sealer.seal([pulled(SALES, [cancelled, order(1, 0)]), pulled(WEB, [visit(1, 0)])])
    third = sealer.seal([pulled(SALES, [cancelled])])
    assert first is not None
    assert first.footer.rows == 2
    assert second is not None
    assert second.footer.rows == 1
    assert third is None
    assert sealer.counters == Counters(rows=3, duplicates=7)


def test_repetitions_are_known_again_after_a_restart(
    spool: Spool, sealer: Sealer, dimensions: KnownDimensions, open_store: OpenStore
) -> None:
    sealer.seal([pulled(SALES, [order(1, 0), b"garbage"])])
    again = make(Spool(open_store()), dimensions)
    assert again.seal([pulled(SALES, [order(1, 0)])]) is None
    assert again.counters == Counters(rows=1, duplicates=1, rejected=1)
    sealed = again.seal([pulled(SALES, [order(2, 0)])])
    assert sealed is not None
    assert sealed.footer.number == 2


def test_what_is_older_than_the_watermark_is_late_and_a_later_status_of_it_is_told_apart(sealer: Sealer) -> None:
    sealer.seal([pulled(WEB, [visit(1, 0)])])
    on_time = sealer.seal([pulled(SALES, [order(1, -600)])])
    late = sealer.seal([pulled(SALES, [order(2, -600.001), order(3, -700, status_pedido="enviado")])])
    assert on_time is not None
    assert late is not None
    assert late.footer.rows == 0
    assert (sealer.counters.late, sealer.counters.late_versions) == (1, 1)


def test_a_new_spool_takes_no_order_of_long_ago_for_a_sale_of_now(spool: Spool, dimensions: KnownDimensions) -> None:
    ten_minutes_ago = int(NOON.timestamp() - 600) * 1_000_000
    sealer = Sealer(
        settings.load({}),
        topology.load(),
        spool,
        dimensions,
        WALL,
        late_before=ten_minutes_ago,  # type: ignore[arg-type]
    )
    sealed = sealer.seal([pulled(SALES, [order(1, -601, status_pedido="enviado"), order(2, -600)])])
    assert sealed is not None
    assert sealed.footer.rows == 1
    assert (sealer.counters.late, sealer.counters.late_versions) == (0, 1)


def test_no_repetition_slips_between_forgetting_and_lateness(sealer: Sealer) -> None:
    """Whatever the watermark forgets is late from then on: repeat one event after every step of time."""
    sealer.seal([pulled(WEB, [visit(1, 0)])])
    for minute in range(1, 40):
        sealer.seal([pulled(WEB, [visit(100 + minute, 60 * minute)])])
        assert count(sealer.seal([pulled(WEB, [visit(1, 0)])])) == 0, f"counted twice after {minute} minutes"
    assert sealer.identities < 20


def test_at_the_edge_of_the_watermark_a_repetition_is_known_or_late(sealer: Sealer) -> None:
    sealer.seal([pulled(WEB, [visit(1, 0), visit(2, -0.000001), visit(3, 600)])])
    # The first is as old as the watermark: on time, and known. The second is a microsecond older.
    assert sealer.seal([pulled(WEB, [visit(1, 0), visit(2, -0.000001)])]) is None
    assert (sealer.counters.duplicates, sealer.counters.late) == (2, 0)
    # News of the same ages.
    sealed = sealer.seal([pulled(WEB, [visit(4, 0), visit(5, -0.000001)])])
    assert sealed is not None
    assert (sealed.footer.rows, sealer.counters.late) == (1, 1)


@pytest.mark.parametrize("horizon", [600, 720])
@pytest.mark.parametrize("second", [0, 0.000001, 59.999999, 60])
def test_at_the_edge_of_the_horizon_a_repetition_is_known_or_late(
    spool: Spool, dimensions: KnownDimensions, horizon: int, second: float
) -> None:
    """Identities are forgotten by whole minutes, events are late by the microsecond."""
    sealer = make(spool, dimensions, horizon=horizon)
    sealer.seal([pulled(WEB, [visit(1, second)])])
    for number, age in enumerate((-0.000001, 0, 0.000001, 59.999999, 60, 60.000001)):
        sealer.seal([pulled(WEB, [visit(100 + number, second + horizon + age)])])
        assert count(sealer.seal([pulled(WEB, [visit(1, second)])])) == 0, age
    assert sealer.counters.rows == 7


def test_with_a_longer_delay_than_before_nothing_is_on_time_that_was_late(
    spool: Spool, dimensions: KnownDimensions, open_store: OpenStore
) -> None:
    """Its identity is forgotten, so it may have been counted."""
    before = make(spool, dimensions, delay=120, horizon=120)
    before.seal([pulled(WEB, [visit(1, 0)])])
    before.seal([pulled(WEB, [visit(2, 240)])])
    after = make(Spool(open_store()), dimensions, delay=600, horizon=720)
    assert count(after.seal([pulled(WEB, [visit(1, 0), visit(3, 119.999999)])])) == 0
    sealed = after.seal([pulled(WEB, [visit(4, 120), visit(5, 700)])])
    assert sealed is not None
    assert sealed.footer.watermark == int((NOON + dt.timedelta(seconds=120)).timestamp()) * 1_000_000
    # The new delay counts once it reaches no further back.
    sealed = after.seal([pulled(WEB, [visit(6, 800), visit(7, 100)])])
    assert sealed is not None
    assert sealed.footer.watermark == int((NOON + dt.timedelta(seconds=200)).timestamp()) * 1_000_000


def test_a_backlog_sealed_at_once_is_what_comes_of_it_a_few_messages_at_a_time(
    tmp_path: Path, dimensions: KnownDimensions
) -> None:
    """Many messages are decoded by columns, few one by one."""
    orders = [order(it % 270, it / 10, id_carrinho=None if it % 3 else str(UUID(int=it))) for it in range(300)]
    orders += [order(it, 0, status_pedido="cancelado", data_status=at(60)) for it in range(30)]
    orders += [b"garbage", order(900, 30, id_usuario=UUID(int=77).hex), order(901, 30, status_pedido="perdido")]
    visits = [visit(it % 380, it / 10) for it in range(400)] + [b"{}", visit(990, -601), visit(991, 60)]
    first = [pulled(WEB, [visit(999, 0)])]
    whole, cut = Spool(FolderStore(tmp_path / "whole")), Spool(FolderStore(tmp_path / "cut"))
    at_once, a_few_at_a_time = make(whole, dimensions), make(cut, dimensions)
    at_once.seal(first)
    a_few_at_a_time.seal(first)
    at_once.seal([pulled(SALES, orders), pulled(WEB, visits)])
    for begin in range(0, 450, 50):
        a_few_at_a_time.seal([pulled(SALES, orders[begin : begin + 50]), pulled(WEB, visits[begin : begin + 50])])
    assert at_once.counters == a_few_at_a_time.counters
    assert at_once.counters == Counters(rows=683, late=1, duplicates=80, rejected=3)
    rows = [
        sorted(
            (it for table in spool.read(range(1, spool.head() + 1), SEGMENT) for it in table.to_pylist()),
            key=lambda row: row["identidade"],
        )
        for spool in (whole, cut)
    ]
    assert rows[0] == rows[1]


@settings_of_hypothesis(max_examples=30, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 400), st.lists(st.integers(0, 30), max_size=6), st.booleans()), min_size=3, max_size=25
    ),
    durations=st.lists(st.tuples(st.integers(85, 780), st.integers(0, 120)), min_size=26, max_size=26),
)
def test_whatever_is_repeated_set_anew_or_deleted_each_event_is_sealed_at_most_once(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[int, list[int], bool]],
    durations: list[tuple[int, int]],
) -> None:
    """Time moves on, old events come again, restarts change delay and horizon, old segments are deleted."""
    folder = tmp_path_factory.mktemp("spool")
    known = KnownDimensions({}, {})
    spool, at_second, delay, room = Spool(FolderStore(folder)), 0, *durations[0]
    sealer = make(spool, known, delay=delay, horizon=delay + room)
    published: list[tuple[int, int]] = []
    times_sealed: dict[bytes, int] = {}
    for number, (seconds, repeated, restarts) in enumerate(steps):
        at_second += seconds
        published.append((number, at_second))
        if restarts:
            delay, room = durations[number + 1]
            spool = Spool(FolderStore(folder))
            sealer = make(spool, known, delay=delay, horizon=delay + room)
        again = [published[-1 - it] for it in repeated if it < len(published)]
        sealed = sealer.seal([pulled(WEB, [visit(*it) for it in [*again, published[-1]]])])
        if sealed is not None:
            for row in rows_of(spool, sealed.footer.number):
                times_sealed[row["identidade"]] = times_sealed.get(row["identidade"], 0) + 1
        needed_from = sealer.needed_from
        assert needed_from is not None
        unneeded = [it.number for it in spool.footers() if it.newest < needed_from]
        spool.delete([it for it in unneeded if it != sealer.head])
    assert set(times_sealed.values()) == {1}
    assert len(times_sealed) <= len(published)


def test_dimensions_that_cannot_be_looked_up_leave_everything_as_it_was(
    spool: Spool, sealer: Sealer, dimensions: KnownDimensions
) -> None:
    dimensions.away = True
    with pytest.raises(LiveStoreUnavailable):
        sealer.seal([pulled(SALES, [order(1, 0)])])
    assert spool.numbers() == []
    assert sealer.counters == Counters()
    dimensions.away = False
    assert sealer.seal([pulled(SALES, [order(1, 0)])]) is not None


def test_unknown_products_and_customers_are_counted_under_their_own_name(spool: Spool, sealer: Sealer) -> None:
    stranger = order(1, 0, id_usuario=str(UUID(int=77)), id_produto=str(UUID(int=78)), quantidade_produto=4)
    sealed = sealer.seal([pulled(SALES, [stranger])])
    assert sealed is not None
    row = rows_of(spool, 1)[0]
    assert (row["uf"], row["segmento"], row["itens"][0]["categoria"]) == ("desconhecido",) * 3
    assert row["itens"][0]["centavos"] == 10001


@settings_of_hypothesis(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.lists(st.integers(-3_000, 3_000), min_size=1, max_size=5), min_size=1, max_size=12),
    restarts=st.sets(st.integers(0, 11)),
)
def test_no_later_segment_holds_a_row_before_the_watermark_that_an_earlier_one_gave(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[int]], restarts: set[int]
) -> None:
    """What the heal relies on: a pane that ended before the published watermark is written no more."""
    folder = tmp_path_factory.mktemp("spool")
    known = KnownDimensions({}, {})
    spool = Spool(FolderStore(folder))
    sealer = make(spool, known)
    watermark: float | None = None
    number = 0
    for at_step, seconds in enumerate(steps):
        if at_step in restarts:
            spool = Spool(FolderStore(folder))
            sealer = make(spool, known)
        visits = []
        for second in seconds:
            number += 1
            visits.append(visit(number, second))
        sealed = sealer.seal([pulled(WEB, visits)])
        if sealed is None:
            continue
        rows = [it["instante"] for it in rows_of(spool, sealed.footer.number)]
        if watermark is not None:
            assert all(it.timestamp() >= watermark for it in rows)
        watermark = sealed.footer.newest / 1e6 - 600


@pytest.mark.parametrize("status", ["processando", "enviado"])
def test_what_comes_late_and_alone_is_known_after_a_restart(
    spool: Spool, dimensions: KnownDimensions, open_store: OpenStore, status: str
) -> None:
    """It is acknowledged like all else, and nobody delivers it again: in a new spool too, which has no newest event."""
    ten_minutes_ago = int(NOON.timestamp() - 600) * 1_000_000
    late = pulled(SALES, [order(1, -601, status_pedido=status)])
    sealer = make(spool, dimensions, late_before=ten_minutes_ago)
    first = sealer.seal([late])
    again = make(Spool(open_store()), dimensions)
    assert first is not None
    assert again.counters == sealer.counters == first.footer.counters
    assert again.counters.late + again.counters.late_versions == 1
    assert [it.identity for it in first.footer.late] == ([UUID(int=1001)] if status == "processando" else [])
    # What was late stays late, and what was on time stays so.
    after = again.seal([late, pulled(WEB, [visit(1, -600.001), visit(2, -600)])])
    assert after is not None
    assert after.footer.rows == 1
    assert after.footer.newest == ten_minutes_ago
    later = again.seal([pulled(WEB, [visit(3, 5)])])
    assert later is not None
    assert later.footer.watermark == ten_minutes_ago + 5_000_000


def test_a_segment_names_what_was_left_out_as_late(sealer: Sealer) -> None:
    sealer.seal([pulled(SALES, [order(1, 0)])])
    cancelled = order(2, -5, status_pedido="cancelado", data_status=at(-700))
    late = pulled(SALES, [order(3, -700), cancelled])
    shipped_long_ago = pulled(SALES, [order(4, -7000, status_pedido="enviado", data_status=at(0))])
    # Nothing but late events and the later status of an order that was counted long ago.
    alone = sealer.seal([pulled(WEB, [visit(1, -601)]), shipped_long_ago])
    sealed = sealer.seal([late])
    assert alone is not None
    assert sealed is not None
    noon = int(NOON.timestamp() * 1e6)
    assert alone.footer.late == (LateEvent(RowKind.WEB_EVENT, UUID(int=5001), noon - 601_000_000),)
    assert sealed.footer.late == (
        LateEvent(RowKind.SALE, UUID(int=1003), noon - 700_000_000),
        LateEvent(RowKind.CANCELLATION, UUID(int=1002), noon - 700_000_000),
    )
    after = sealer.seal([pulled(WEB, [visit(2, 0)])])
    assert after is not None
    assert after.footer.late == ()


def sent(number: int, *, produced: float, published: float) -> Delivery:
    """A visit, with the seconds after noon at which it was produced and the broker had it."""
    attributes = {PRODUCED_AT_ATTRIBUTE: at(produced)}
    return Delivery(str(number), str(number), NOON + dt.timedelta(seconds=published), visit(number, 0), attributes)


def test_a_segment_says_how_its_messages_came_and_how_long_the_one_before_took(sealer: Sealer) -> None:
    noon = NOON.timestamp()
    first = [
        # One that was held back for an hour says nothing of the others.
        Pulled(WEB, [sent(1, produced=-3600, published=0.5), sent(2, produced=0, published=0.5)], noon + 0.75),
        Pulled(WEB, [sent(3, produced=0.125, published=0.5)], noon + 1.0),
    ]
    before = time.time()
    one = sealer.seal(first)
    after = time.time()
    two = sealer.seal([pulled(WEB, [visit(9, 1)])])
    assert one is not None
    assert two is not None
    assert one.footer.arrival == Arrival(publish=500_000, broker=250_000, pulled=round((noon + 0.75) * 1e6))
    assert one.footer.sealing is None
    assert two.footer.sealing is not None
    assert before - 0.001 <= noon + 0.75 + two.footer.sealing / 1e6 <= after + 0.001


def test_clocks_that_disagree_make_no_stage_shorter_than_nothing(sealer: Sealer) -> None:
    sealed = sealer.seal([Pulled(WEB, [sent(1, produced=2, published=1)], NOON.timestamp())])
    assert sealed is not None
    assert sealed.footer.arrival == Arrival(publish=0, broker=0, pulled=round(NOON.timestamp() * 1e6))


class AnswerLost(FolderStore):
    """Stores, and now and then does not live to say so."""

    is_lost = True

    @override
    def put(self, number: int, content: bytes) -> None:
        super().put(number, content)
        if self.is_lost:
            self.is_lost = False
            raise StorageUnavailable("the answer was lost")


def test_a_segment_that_is_stored_again_because_the_answer_was_lost_is_the_same(
    tmp_path: Path, dimensions: KnownDimensions
) -> None:
    store = AnswerLost(tmp_path)
    spool = Spool(store)
    spool.lock()
    sealer = make(spool, dimensions)
    with pytest.raises(StorageUnavailable):
        sealer.seal([pulled(WEB, [visit(1, 0)])])
    # Another content under the same number would be refused for good.
    assert sealer.seal([pulled(WEB, [visit(1, 0)])]) is not None
    store.is_lost = True
    with pytest.raises(StorageUnavailable):
        sealer.seal([pulled(WEB, [visit(2, 0)])])
    again = sealer.seal([pulled(WEB, [visit(2, 0)])])
    assert again is not None
    assert (again.footer.number, again.footer.rows) == (2, 1)
