"""What each scenario does to the shop, and the log that makes it the same again."""

import datetime as dt
from collections import Counter
from uuid import UUID

import pytest

from contracts import events
from contracts.errors import UsageError
from contracts.events import EventoWeb, Produto, StatusPedido, TipoEvento, TransacaoVenda
from simulators import sample, scenarios
from simulators.agenda import SOURCES, Journal, as_mapping
from simulators.moments import MINUTE, SECOND, to_microseconds
from simulators.scenarios import NOTHING, Kind, Scenario, ScenarioLog
from simulators.shop import Shop, shards_of
from simulators.world import World

RATE, LASTING = 200, 600


@pytest.fixture
def opening(start: dt.datetime) -> int:
    return to_microseconds(start)


def during(opening: int, kind: Kind, *, begin: float = 0, end: float = LASTING, **how: object) -> ScenarioLog:
    return ScenarioLog(
        [Scenario(kind=kind, begin=opening + int(begin * SECOND), end=opening + int(end * SECOND), **how)]  # type: ignore[arg-type]
    )


def played(world: World, start: dt.datetime, log: ScenarioLog, seconds: float = LASTING) -> Journal:
    world.follow(log)
    return sample.play(sample.open_shop(world, range(64), rate=RATE, start=start), start, seconds)


def decoded(journal: Journal, start: dt.datetime) -> list[events.AnyEvent]:
    now = start + dt.timedelta(days=2)
    return [
        events.decode(SOURCES[it.source], it.payload, now=now, future_skew=dt.timedelta()) for it in journal.messages
    ]


def orders(found: list[events.AnyEvent]) -> list[TransacaoVenda]:
    return [it for it in found if isinstance(it, TransacaoVenda) and it.status_pedido == StatusPedido.PROCESSANDO]


@pytest.mark.parametrize("strength", [2, 8])
def test_on_black_friday_everything_happens_so_many_times_as_often(
    world: World, start: dt.datetime, opening: int, strength: int
) -> None:
    usual = played(world, start, ScenarioLog())
    busy = played(world, start, during(opening, Kind.BLACK_FRIDAY, strength=strength))

    assert len(busy.messages) == pytest.approx(strength * len(usual.messages), abs=strength)
    # Orders follow the messages: 500 of them vary by some per cent by chance.
    assert as_mapping(busy.amounts)["pedidos"] == pytest.approx(
        strength * as_mapping(usual.amounts)["pedidos"], rel=0.2
    )


def test_in_a_quiet_hour_a_tenth_of_the_messages_comes(world: World, start: dt.datetime, opening: int) -> None:
    assert len(played(world, start, during(opening, Kind.QUIET)).messages) == pytest.approx(RATE * LASTING / 10, abs=1)


def test_a_flash_sale_is_told_applied_looked_at_and_over(world: World, start: dt.datetime, opening: int) -> None:
    product = UUID(world.catalogue.ids[world.catalogue.ranking(opening)[20]])
    log = during(opening, Kind.FLASH_SALE, begin=300, end=900, product=product, strength=50)
    found = decoded(played(world, start, log, 1_500), start)
    number = world.catalogue.ids.index(str(product))
    regular = world.catalogue.price(number, opening)

    told = [round(100 * it.preco_unitario) for it in found if isinstance(it, Produto) and it.id_produto == product]
    assert told.count(world.price(number, opening + 600 * SECOND)) >= 1
    assert abs(world.price(number, opening + 600 * SECOND) - regular / 2) <= 100  # a price ends in 90 centavos
    assert told[-1] == regular
    sales = [
        (it.data_compra - start, it.total_centavos, it.quantidades[0])
        for it in orders(found)
        if it.produtos == [product]
    ]
    assert len(sales) > 40
    for after, total, pieces in sales:
        on_sale = dt.timedelta(seconds=300) <= after < dt.timedelta(seconds=900)
        assert total == pieces * (world.price(number, opening + 600 * SECOND) if on_sale else regular)
    views = [it for it in found if isinstance(it, EventoWeb) and it.tipo_evento == TipoEvento.VISUALIZACAO_PRODUTO]
    seen = [it.timestamp_evento - start for it in views if it.id_produto == product]
    in_sale = sum(dt.timedelta(seconds=400) <= it < dt.timedelta(seconds=900) for it in seen)
    of_all = sum(dt.timedelta(seconds=400) <= it.timestamp_evento - start < dt.timedelta(seconds=900) for it in views)
    assert 0.30 <= in_sale / of_all <= 0.40
    assert sum(it < dt.timedelta(seconds=300) for it in seen) < 300


def test_a_flash_sale_without_a_product_takes_a_popular_one(world: World, start: dt.datetime, opening: int) -> None:
    log = during(opening, Kind.FLASH_SALE)
    world.follow(log)

    assert world.on_sale(log.scenarios[0]) in world.catalogue.ranking(opening)[:50]


def test_bots_look_at_products_and_only_the_ledger_knows(world: World, start: dt.datetime, opening: int) -> None:
    journal = played(world, start, during(opening, Kind.BOTS, strength=1))
    amounts = as_mapping(journal.amounts)
    found = decoded(journal, start)

    # One of a bot for one of a shopper, on top of the usual ones.
    assert len(journal.messages) == pytest.approx(2 * RATE * LASTING, abs=2)
    assert amounts["eventos_de_robos"] == pytest.approx(RATE * LASTING, rel=0.05)
    web = Counter(it.tipo_evento for it in found if isinstance(it, EventoWeb))
    assert web[TipoEvento.VISUALIZACAO_PRODUTO] == amounts["eventos:visualizacao_produto"] > amounts["eventos_de_robos"]
    assert b"robo" not in b"".join(it.payload for it in journal.messages).lower()
    sessions = Counter(it.id_sessao for it in found if isinstance(it, EventoWeb))
    assert sum(number >= 20 for number in sessions.values()) > 1_000


def test_what_has_run_out_is_told_so_and_not_bought(world: World, start: dt.datetime, opening: int) -> None:
    log = during(opening, Kind.STOCK_OUT, begin=60, end=500, strength=5)
    found = decoded(played(world, start, log, 700), start)
    gone = {UUID(world.catalogue.ids[it]) for it in world.catalogue.ranking(opening)[:5]}

    stocks = {it: [p.estoque_disponivel for p in found if isinstance(p, Produto) and p.id_produto == it] for it in gone}
    assert all(0 in it and it[-1] > 0 for it in stocks.values())
    # Who was there before may still fill the cart with it; of some of those, nothing was told yet at the begin.
    there = {
        it.id_sessao
        for it in found
        if isinstance(it, EventoWeb) and it.timestamp_evento - start < dt.timedelta(seconds=200)
    }
    added = [
        it
        for it in found
        if isinstance(it, EventoWeb)
        and it.tipo_evento == TipoEvento.ADICIONAR_CARRINHO
        and dt.timedelta(seconds=200) <= it.timestamp_evento - start < dt.timedelta(seconds=500)
        and it.id_sessao not in there
    ]
    assert len(added) > 500
    assert not [it for it in added if it.id_produto in gone]
    viewed = [it for it in found if isinstance(it, EventoWeb) and it.tipo_evento == TipoEvento.VISUALIZACAO_PRODUTO]
    assert sum(it.id_produto in gone for it in viewed) > 5_000


def test_in_a_payment_outage_checkouts_begin_and_none_is_paid(world: World, start: dt.datetime, opening: int) -> None:
    journal = played(world, start, during(opening, Kind.PAYMENT_OUTAGE, begin=100, end=500), 600)
    found, amounts = decoded(journal, start), as_mapping(journal.amounts)

    inside = [it.data_compra - start for it in orders(found)]
    assert not [it for it in inside if dt.timedelta(seconds=100) <= it < dt.timedelta(seconds=500)]
    assert len(inside) > 100
    begun = [
        it
        for it in found
        if isinstance(it, EventoWeb)
        and it.tipo_evento == TipoEvento.CHECKOUT_INICIADO
        and dt.timedelta(seconds=100) <= it.timestamp_evento - start < dt.timedelta(seconds=500)
    ]
    assert len(begun) > 300
    assert amounts["pagamentos_recusados"] > 150
    # Some of them will try once more: their second visits are planned.
    assert sum(type(it.plan).__name__ == "Purchase" for it in journal.scheduled.values()) > 50
    thanked = sum(isinstance(it, EventoWeb) and it.tipo_evento == TipoEvento.CHECKOUT_CONCLUIDO for it in found)
    assert amounts["pedidos"] - thanked in range(5)


@pytest.mark.parametrize("processes", [3, 64])
def test_the_same_log_gives_the_same_bytes_whatever_the_number_of_processes_and_whenever_they_hear_of_it(
    world: World, start: dt.datetime, opening: int, processes: int
) -> None:
    log = ScenarioLog(
        [
            Scenario(kind=Kind.BLACK_FRIDAY, begin=opening + 30 * SECOND, end=opening + 60 * SECOND, strength=8),
            Scenario(kind=Kind.FLASH_SALE, begin=opening + 60 * SECOND, end=opening + 90 * SECOND),
            Scenario(kind=Kind.BOTS, begin=opening + 100 * SECOND, end=opening + MINUTE * 2),
        ]
    )
    alone = played(world, start, log, 150)
    together: Counter[tuple[int, bytes]] = Counter()
    for process in range(processes):
        world.follow(ScenarioLog())
        shop: Shop = sample.open_shop(world, shards_of(process, processes), rate=RATE, start=start)
        # Each process hears of it at another moment, the last ones more than a block before it begins.
        heard = opening + (2 + 18 * process // processes) * SECOND
        shop.foresee(heard)
        together += Counter((it.source, it.payload) for it in shop.advance(heard).messages)
        shop.follow(log, heard)
        shop.foresee(opening + 150 * SECOND)
        together += Counter((it.source, it.payload) for it in shop.advance(opening + 150 * SECOND).messages)

    assert together == Counter((it.source, it.payload) for it in alone.messages)


def test_a_new_scenario_ends_the_one_before(opening: int) -> None:
    log = ScenarioLog(
        [
            Scenario(kind=Kind.QUIET, begin=opening + 10, end=opening + 100),
            Scenario(kind=Kind.BOTS, begin=opening + 60, end=opening + 80),
        ]
    )

    moments = (5, 10, 59, 60, 79, 80, 99)
    assert [log.at(opening + it).kind for it in moments] == [
        *(Kind.NORMAL, Kind.QUIET, Kind.QUIET, Kind.BOTS, Kind.BOTS, Kind.NORMAL, Kind.NORMAL)
    ]
    assert log.next_bound(opening + 60) == opening + 80
    assert log.bounds(opening + 10, opening + 80) == [opening + 60, opening + 80]
    assert ScenarioLog().at(opening) is NOTHING


def test_a_log_is_the_same_after_it_was_written_down(opening: int) -> None:
    product = UUID("1a8f4a4e-5d6e-8f3b-8d1c-0e7a3b9c2d10")
    log = ScenarioLog(
        [
            Scenario(kind=Kind.FLASH_SALE, begin=opening, end=opening + 10 * SECOND, strength=30, product=product),
            Scenario(kind=Kind.QUIET, begin=opening + 10 * SECOND, end=opening + 20 * SECOND),
        ]
    )

    assert scenarios.from_json(scenarios.to_json(log), name="log") == log


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "is no log of scenarios"),
        (b'[{"cenario": "carnival", "inicio": "2026-11-23T12:00:00Z", "fim": "2026-11-23T13:00:00Z"}]', "carnival"),
        (b'[{"cenario": "bots", "inicio": "2026-11-23T12:00:00", "fim": "2026-11-23T13:00:00Z"}]', "need an offset"),
    ],
)
def test_what_is_no_log_is_refused_by_name(text: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        scenarios.from_json(text, name="--scenarios=log.json")
    assert "--scenarios=log.json" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "how", "said"),
    [
        (Kind.BLACK_FRIDAY, {"strength": 50.0}, "--strength=50: must be between 1 and 20 for black-friday"),
        (Kind.PAYMENT_OUTAGE, {"strength": 2.0}, "payment-outage has no strength"),
        (Kind.BOTS, {"product": UUID(int=1)}, "only flash-sale has one"),
        (Kind.FLASH_SALE, {"product": UUID(int=1)}, "is not in this shop's catalogue"),
    ],
)
def test_what_a_scenario_cannot_be_is_said_with_what_is_allowed(
    world: World, kind: Kind, how: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        scenarios.checked(kind, **{"strength": None, "product": None, **how}, products=world.catalogue.ids)  # type: ignore[arg-type]


def test_a_scenario_of_another_shops_product_is_refused(world: World, opening: int) -> None:
    with pytest.raises(UsageError, match="not in this shop's catalogue"):
        world.follow(during(opening, Kind.FLASH_SALE, product=UUID(int=1)))
