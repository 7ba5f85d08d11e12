"""Panes put right from Postgres, on a real Redis and Postgres. Sums are literal; times are whole hours ago."""

import datetime as dt
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa
import pytest

from contracts import database, dimensions, live
from contracts.errors import LiveStoreUnavailable, TerminalError
from contracts.events import AnyEvent, decode
from contracts.pane_sums import Pane
from contracts.panes import HOUR, MEASURES, MINUTE, SKETCHES, Dimension, Measures
from contracts.topology import Source, load
from jobs.ingest.decoding import Batch, Received
from jobs.ingest.upserts import Upserts
from jobs.streaming.generation import Generation
from jobs.streaming.healed_panes import ClaimChanged, HealedPanes
from jobs.streaming.healing import heal
from jobs.streaming.recomputations import Recomputations
from jobs.streaming.writer import PaneWriter
from tests.integration import known_set
from tests.integration.conftest import Shop, eventually
from tests.integration.known_set import JOGO, LIVRO, order, web_event

pytestmark = pytest.mark.timeout(300)

LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def closed(now: dt.datetime) -> int:
    """The start of an hour that ended an hour ago or more."""
    return int(now.timestamp()) // HOUR * HOUR - 2 * HOUR


@pytest.fixture
def under_way(now: dt.datetime) -> int:
    """The start of the minute under way."""
    return int(now.timestamp()) // MINUTE * MINUTE


def moment(second: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(second, dt.UTC)


def decoded(source: Source, document: dict[str, Any]) -> AnyEvent:
    text = msgspec.json.encode(document)
    return decode(source, text, now=dt.datetime.now(dt.UTC), future_skew=dt.timedelta(seconds=60))


def persist(
    shop: Shop, source: Source, documents: Sequence[dict[str, Any]], produced_at: dt.datetime = LONG_AGO
) -> None:
    connection = database.connect(shop.settings, application="tests-writer")
    received = [Received(decoded(source, it), produced_at) for it in documents]
    Upserts(connection, source).write(Batch(dict(enumerate(received))))
    connection.commit()
    connection.close()


def persist_sales(shop: Shop, *documents: dict[str, Any]) -> None:
    persist(shop, Source.TRANSACTIONS, documents)


def say(shop: Shop, *, watermark: float | None, persisted_until: float | None) -> None:
    """What the stream and ingest say of how far they are."""
    if watermark is not None:
        status = live.Status(
            written_at=watermark, generation=1, batch=0, newest_event=watermark, watermark=watermark, latency_p50=None,
            latency_p95=None, latency_p99=None, batch_rows=0, rows=0, late=0, late_versions=0, duplicates=0, rejected=0,
        )  # fmt: skip
        shop.redis.set(live.STATUS, msgspec.json.encode(status))
    claims = dict.fromkeys(load().consumed_by("ingest"), persisted_until or 0.0)
    shop.connection.cursor().execute(
        "insert into operacao.batimentos (parte, instancia, estado, dados) values ('ingest', 'x', 'ativo', %s::jsonb) "
        "on conflict (parte, instancia) do update set dados = excluded.dados, atualizado_em = clock_timestamp()",
        (msgspec.json.encode({"persistido_ate": claims}).decode(),),
    )
    shop.connection.commit()


@pytest.fixture
def settled(shop: Shop, now: dt.datetime) -> Shop:
    """A shop whose stream and ingest are up to now, with catalogue and customers."""
    persist(shop, Source.CATALOGUE, known_set.CATALOGUE)
    persist(shop, Source.CUSTOMERS, known_set.CUSTOMERS)
    say(shop, watermark=now.timestamp(), persisted_until=now.timestamp())
    return shop


def stream_wrote(shop: Shop, batch: int, *rows: tuple[int, int, Dimension, str, Measures]) -> None:
    """One batch of the stream: (pane's length, start, dimension, key, measures)."""
    table = pa.Table.from_pylist(
        [
            {"pane_seconds": seconds, "pane_start": start, "dimension": dimension.value, "key": key}
            | {name: getattr(measures, name) for name in MEASURES}
            | dict.fromkeys(SKETCHES, b"")
            for seconds, start, dimension, key, measures in rows
        ]
    )
    PaneWriter(shop.redis, Generation(1, 0.0), threading.Event()).write(table, batch)


def pane(shop: Shop, seconds: int, start: int, dimension: Dimension = Dimension.TOTAL) -> dict[str, Measures]:
    found = shop.redis.hgetall(live.pane_key(seconds, start, dimension))
    return {key.decode(): live.decode_measures(value) for key, value in found.items()}


def run(shop: Shop, *, only_changed: bool = False) -> None:
    heal(shop.settings, reason="teste", only_changed=only_changed)


def field(product: str) -> str:
    return dimensions.field(UUID(product))


def test_an_empty_store_is_filled_with_every_pane_that_windows_read(settled: Shop, closed: int) -> None:
    at = moment(closed + 65)
    persist_sales(
        settled,
        order(1, at, id_produto=[LIVRO, JOGO], quantidade_produto=[1, 1], valor_total_compra=40.01),
        order(2, at, valor_total_compra=5.0, metodo_pagamento="boleto", id_usuario=known_set.BIA, id_carrinho=None),
        order(3, at, valor_total_compra=7.0, status_pedido="cancelado", data_status=moment(closed + 130).isoformat()),
    )
    persist(settled, Source.WEB_EVENTS, [web_event(1, "carrinho_criado", at), web_event(11, "login", at)])
    run(settled)
    sales = Measures(bruta=5201, pedidos=3, unidades=4, pedidos_com_carrinho=2, eventos=2, carrinhos_criados=1)
    cancelled = Measures(canceladas=700, pedidos_cancelados=1)
    assert pane(settled, 60, closed + 60) == {"": sales}
    assert pane(settled, 60, closed + 120) == {"": cancelled}
    assert pane(settled, 3600, closed) == {"": sales + cancelled}
    for seconds, start in ((60, closed + 60), (3600, closed)):
        assert pane(settled, seconds, start, Dimension.PRODUCT) == {
            field(LIVRO): Measures(bruta=1000 + 500 + 700, unidades=3),
            field(JOGO): Measures(bruta=3001, unidades=1),
        }
        assert pane(settled, seconds, start, Dimension.CATEGORY) == {
            "Livros": Measures(bruta=2200, unidades=3),
            "Jogos": Measures(bruta=3001, unidades=1),
        }
        assert pane(settled, seconds, start, Dimension.EVENT_TYPE) == {
            "carrinho_criado": Measures(eventos=1),
            "login": Measures(eventos=1),
        }
    assert pane(settled, 3600, closed, Dimension.UF) == {
        "SP": Measures(bruta=4701, pedidos=2, canceladas=700, pedidos_cancelados=1),
        "RJ": Measures(bruta=500, pedidos=1),
    }
    assert pane(settled, 3600, closed, Dimension.SEGMENT) == {
        "VIP": Measures(bruta=4701, pedidos=2, canceladas=700, pedidos_cancelados=1),
        "novo": Measures(bruta=500, pedidos=1),
    }
    assert pane(settled, 3600, closed, Dimension.PAYMENT) == {
        "pix": Measures(bruta=4701, pedidos=2, canceladas=700, pedidos_cancelados=1),
        "boleto": Measures(bruta=500, pedidos=1),
    }
    reader = live.LiveReader(settled.redis, zone=settled.settings.zone)
    totals = reader.read_window("24h", moment(closed + 2 * HOUR)).totals
    assert totals.measures == sales + cancelled
    # Both web events are of the same session.
    assert (round(totals.compradores), round(totals.visitantes)) == (2, 1)
    for key in settled.redis.scan_iter(f"{live.PREFIX}pane:*"):
        assert settled.redis.ttl(key) > 0


def test_an_order_is_described_as_things_were_when_it_was_placed(settled: Shop, closed: int) -> None:
    moved = {**known_set.CUSTOMERS[0], "estado": "RJ", "segmento_cliente": "fiel"}
    renamed = {**known_set.CATALOGUE[0], "categoria": "Usados", "preco_unitario": 1.0}
    persist(settled, Source.CUSTOMERS, [moved], moment(closed + 100))
    persist(settled, Source.CATALOGUE, [renamed], moment(closed + 100))
    persist_sales(
        settled,
        order(1, moment(closed + 99), valor_total_compra=1.0),
        order(2, moment(closed + 100), valor_total_compra=10.0),
    )
    run(settled)
    assert pane(settled, 3600, closed, Dimension.UF) == {
        "SP": Measures(bruta=100, pedidos=1),
        "RJ": Measures(bruta=1000, pedidos=1),
    }
    assert pane(settled, 3600, closed, Dimension.CATEGORY) == {
        "Livros": Measures(bruta=100, unidades=1),
        "Usados": Measures(bruta=1000, unidades=1),
    }


def test_late_events_are_put_right_and_the_difference_is_recorded(settled: Shop, closed: int) -> None:
    in_time, late = order(1, moment(closed), valor_total_compra=1.0), order(2, moment(closed), valor_total_compra=2.5)
    known = (Measures(bruta=100, pedidos=1, unidades=1, pedidos_com_carrinho=1), Measures(bruta=100, pedidos=1))
    stream_wrote(
        settled,
        0,
        (3600, closed, Dimension.TOTAL, "", known[0]),
        (3600, closed, Dimension.PAYMENT, "pix", known[1]),
        (3600, closed, Dimension.PAYMENT, "nobody", known[1]),
    )
    persist_sales(settled, in_time, late)
    edition = settled.redis.get(live.EDITION)
    run(settled)
    after = Measures(bruta=350, pedidos=2, unidades=2, pedidos_com_carrinho=2)
    assert pane(settled, 3600, closed) == {"": after}
    # Whole: a key that Postgres knows nothing of is gone.
    assert pane(settled, 3600, closed, Dimension.PAYMENT) == {"pix": Measures(bruta=350, pedidos=2)}
    assert settled.redis.get(live.EDITION) != edition
    found = settled.rows(
        "select segundos, inicio, dimensao, chaves, antes, depois from operacao.recomposicoes_diferencas "
        "where segundos = 3600 and dimensao in ('total', 'metodo_pagamento') order by dimensao"
    )
    assert found == [
        (3600, moment(closed), "metodo_pagamento", 2, {"bruta": 200, "pedidos": 2}, {"bruta": 350, "pedidos": 2}),
        (
            3600,
            moment(closed),
            "total",
            1,
            {"bruta": 100, "pedidos": 1, "unidades": 1, "pedidos_com_carrinho": 1},
            {"bruta": 350, "pedidos": 2, "unidades": 2, "pedidos_com_carrinho": 2},
        ),
    ]
    assert settled.rows("select motivo, situacao, substituidos from operacao.recomposicoes") == [
        ("teste", "concluida", 1)
    ]


def test_a_second_heal_finds_nothing_to_do_until_postgres_knows_more(settled: Shop, closed: int) -> None:
    persist_sales(settled, order(1, moment(closed), valor_total_compra=1.0))
    run(settled, only_changed=True)
    run(settled, only_changed=True)
    persist_sales(settled, order(2, moment(closed), valor_total_compra=2.0))
    run(settled, only_changed=True)
    worked = settled.rows("select horas, substituidos from operacao.recomposicoes order by numero")
    # The hours that are not closed yet are looked at each time: the one under way, the one before within
    # twice the delay of its end, and the next one within a minute of its start.
    still_open = worked[1][0]
    assert 1 <= still_open <= 2
    assert worked[0][0] in (51, 52)
    assert worked[2][0] == still_open + 1
    assert [it[1] for it in worked][:2] == [0, 0]
    assert worked[2][1] > 0
    assert pane(settled, 3600, closed)[""].bruta == 300


def test_an_open_pane_of_the_stream_s_is_left_alone_whatever_it_lacks(settled: Shop, under_way: int) -> None:
    """Its order's customer was unknown when it came: filled from Postgres as well, it would be there twice."""
    persist_sales(settled, order(1, moment(under_way), valor_total_compra=1.0))
    persist(settled, Source.WEB_EVENTS, [web_event(1, "login", moment(under_way))])
    stream_wrote(
        settled,
        0,
        (60, under_way, Dimension.TOTAL, "", Measures(bruta=100, pedidos=1)),
        (60, under_way, Dimension.UF, "desconhecido", Measures(bruta=100, pedidos=1)),
    )
    run(settled)
    assert pane(settled, 60, under_way) == {"": Measures(bruta=100, pedidos=1)}
    assert pane(settled, 60, under_way, Dimension.UF) == {"desconhecido": Measures(bruta=100, pedidos=1)}
    # Nor one that is empty yet: the stream has that event still before it.
    assert pane(settled, 60, under_way, Dimension.EVENT_TYPE) == {}
    assert settled.rows("select count(*) from operacao.recomposicoes_diferencas") == [(0,)]


def test_an_open_pane_that_nobody_writes_is_replaced_whole_by_what_knows_more(settled: Shop, under_way: int) -> None:
    """A new checkpoint has left it alone, and the one before died: in its panes is what Postgres calls SP."""
    of_before = Measures(bruta=100, pedidos=1)
    stream_wrote(
        settled,
        0,
        (60, under_way - 60, Dimension.TOTAL, "", of_before),
        (60, under_way - 60, Dimension.UF, "desconhecido", of_before),
    )
    PaneWriter(settled.redis, Generation(2, under_way), threading.Event()).claim(after=under_way)
    run(settled)
    assert pane(settled, 60, under_way - 60, Dimension.UF) == {"desconhecido": of_before}
    persist_sales(settled, order(1, moment(under_way - 50), valor_total_compra=1.0))
    run(settled)
    # As much as is there: perhaps another part of it.
    assert pane(settled, 60, under_way - 60, Dimension.UF) == {"desconhecido": of_before}
    persist_sales(settled, order(2, moment(under_way - 40), valor_total_compra=2.0))
    run(settled)
    assert pane(settled, 60, under_way - 60)[""].bruta == 300
    assert pane(settled, 60, under_way - 60, Dimension.UF) == {"SP": Measures(bruta=300, pedidos=2)}


def test_what_the_stream_claims_between_reading_and_writing_is_not_replaced(settled: Shop, under_way: int) -> None:
    store = HealedPanes(settled.redis, 1)
    store.begin()
    it = (60, under_way)
    assert store.is_free(it, store.read([it], lambda _: [Dimension.TOTAL])[it])
    stream_wrote(settled, 0, (60, under_way, Dimension.TOTAL, "", Measures(bruta=7, pedidos=1)))
    with pytest.raises(ClaimChanged):
        store.replace({it: panes_of(100)}, lambda _: [Dimension.TOTAL])
    assert pane(settled, 60, under_way) == {"": Measures(bruta=7, pedidos=1)}
    assert not store.is_free(it, store.read([it], lambda _: [Dimension.TOTAL])[it])


def test_a_claim_that_comes_in_the_middle_has_the_hour_compared_again(
    settled: Shop, closed: int, under_way: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hour is replaced all the same, and its difference recorded once."""
    stream_wrote(settled, 0, (3600, closed, Dimension.TOTAL, "", Measures(bruta=1, pedidos=1)))
    persist_sales(settled, order(1, moment(closed), valor_total_compra=3.0))
    replace, claims = HealedPanes.replace, iter([under_way])

    def claimed_first(self: HealedPanes, *arguments: Any) -> None:
        for after in claims:
            PaneWriter(settled.redis, Generation(2, after), threading.Event()).claim(after)
        replace(self, *arguments)

    monkeypatch.setattr(HealedPanes, "replace", claimed_first)
    run(settled)
    assert pane(settled, 3600, closed)[""].bruta == 300
    assert settled.rows(
        "select count(*) from operacao.recomposicoes_diferencas where segundos = 3600 and dimensao = 'total'"
    ) == [(1,)]


@pytest.mark.parametrize("behind", ["watermark", "persisted_until"])
def test_an_hour_that_the_stream_or_ingest_has_not_left_behind_is_not_replaced(
    settled: Shop, closed: int, now: dt.datetime, behind: str
) -> None:
    stream_wrote(settled, 0, (3600, closed, Dimension.TOTAL, "", Measures(bruta=999, pedidos=9)))
    persist_sales(settled, order(1, moment(closed), valor_total_compra=1.0))
    far = now.timestamp()
    said = {"watermark": far, "persisted_until": far} | {behind: closed + HOUR + 100.0}
    say(settled, **said)
    run(settled)
    assert pane(settled, 3600, closed) == {"": Measures(bruta=999, pedidos=9)}
    say(settled, watermark=far, persisted_until=far)
    run(settled)
    assert pane(settled, 3600, closed)[""].bruta == 100


def test_where_nobody_says_who_writes_only_what_is_empty_is_filled(settled: Shop, closed: int) -> None:
    persist_sales(settled, order(1, moment(closed), valor_total_compra=1.0))
    settled.redis.flushall()
    run(settled)
    assert pane(settled, 3600, closed)[""].bruta == 100
    persist_sales(settled, order(2, moment(closed), valor_total_compra=1.0))
    run(settled)
    assert pane(settled, 3600, closed)[""].bruta == 100


class Stream(threading.Thread):
    """Writes batches as fast as it can until told to stop: the minute under way, ever more."""

    def __init__(self, shop: Shop, minute: int) -> None:
        super().__init__()
        self.batches = 0
        self._shop = shop
        self._minute = minute
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            measures = Measures(bruta=self.batches + 1, pedidos=1)
            stream_wrote(self._shop, self.batches, (60, self._minute, Dimension.TOTAL, "", measures))
            self.batches += 1


@pytest.fixture
def stream(settled: Shop, under_way: int) -> Iterator[Stream]:
    started = Stream(settled, under_way)
    started.start()
    yield started
    started.stopping.set()
    started.join(20)


def test_a_rebuild_while_the_stream_writes_loses_neither_s_values(
    settled: Shop, stream: Stream, closed: int, under_way: int
) -> None:
    orders = [order(it, moment(closed - HOUR + 60 * it), valor_total_compra=it / 100) for it in range(1, 100)]
    persist_sales(settled, *orders, order(500, moment(under_way), valor_total_compra=77.0))
    for _ in range(3):
        run(settled)
        # 1 + 2 + … + 99 centavos, one a minute.
        sums = [pane(settled, 60, closed - HOUR + 60 * it)[""].bruta for it in range(1, 100)]
        assert sums == list(range(1, 100))
    stream.stopping.set()
    stream.join(20)
    assert stream.batches > 10
    assert pane(settled, 60, under_way)[""] == Measures(bruta=stream.batches, pedidos=1)


def test_two_rebuilds_at_once_wait_for_one_another_and_record_a_difference_once(settled: Shop, closed: int) -> None:
    stream_wrote(settled, 0, (3600, closed, Dimension.TOTAL, "", Measures(bruta=1, pedidos=1)))
    persist_sales(settled, order(1, moment(closed), valor_total_compra=3.0))
    jobs = [settled.start("jobs.streaming", "rebuild") for _ in range(2)]
    assert [it.process.wait(120) for it in jobs] == [0, 0], [it.output for it in jobs]
    assert pane(settled, 3600, closed)[""].bruta == 300
    assert settled.rows("select situacao from operacao.recomposicoes") == [("concluida",), ("concluida",)]
    assert settled.rows(
        "select count(*) from operacao.recomposicoes_diferencas where segundos = 3600 and dimensao = 'total'"
    ) == [(1,)]


def test_a_recomputation_thought_dead_writes_nothing_once_a_newer_one_has_begun(settled: Shop, closed: int) -> None:
    old, new = HealedPanes(settled.redis, 1), HealedPanes(settled.redis, 2)
    old.begin()
    new.begin()
    with pytest.raises(TerminalError, match="recomputation 2 has begun after 1"):
        old.replace({(3600, closed): panes_of(1)}, lambda _: [Dimension.TOTAL])
    assert pane(settled, 3600, closed) == {}
    new.replace({(3600, closed): panes_of(2)}, lambda _: [Dimension.TOTAL])
    assert pane(settled, 3600, closed) == {"": Measures(bruta=2)}


def panes_of(bruta: int) -> Pane:
    return Pane({Dimension.TOTAL: {"": Measures(bruta=bruta)}}, {})


def test_a_full_redis_ends_a_heal_and_the_next_one_makes_everything_whole(settled: Shop, closed: int) -> None:
    persist_sales(settled, *[order(it, moment(closed + 60 * it), valor_total_compra=1.0) for it in range(60)])
    settled.redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(LiveStoreUnavailable, match="putting panes right"):
            run(settled)
    finally:
        settled.redis.config_set("maxmemory", "0")
    failed = settled.rows("select situacao, falha, terminada_em is not null from operacao.recomposicoes")
    assert [it[0] for it in failed] == ["falhou"]
    assert failed[0][1].startswith("putting panes right: ")
    assert failed[0][2]
    run(settled, only_changed=True)
    assert pane(settled, 3600, closed)[""].bruta == 6_000
    assert [pane(settled, 60, closed + 60 * it)[""].bruta for it in range(60)] == [100] * 60


def test_a_rebuild_that_was_killed_is_recognised_and_taken_up_by_the_next(settled: Shop, closed: int) -> None:
    persist_sales(settled, order(1, moment(closed), valor_total_compra=3.0))
    with uncommitted(settled, "lock table catalogo_produtos_versoes in access exclusive mode"):
        job = settled.start("jobs.streaming", "rebuild")
        eventually(
            lambda: settled.rows("select situacao from operacao.recomposicoes"), lambda it: it == [("em_curso",)]
        )
        Recomputations(settled.connection).recognise_interrupted()
        assert settled.rows("select situacao from operacao.recomposicoes") == [("em_curso",)]
        job.kill()
    eventually(
        lambda: settled.rows(
            "select count(*) from pg_locks join pg_database on database = pg_database.oid "
            "where datname = current_database() and locktype = 'advisory'"
        ),
        lambda it: it == [(0,)],
    )
    Recomputations(settled.connection).recognise_interrupted()
    assert settled.rows("select situacao, falha from operacao.recomposicoes") == [("falhou", "interrompida")]
    run(settled)
    assert pane(settled, 3600, closed)[""].bruta == 300
    assert settled.rows("select situacao from operacao.recomposicoes order by numero") == [
        ("falhou",),
        ("concluida",),
    ]


@contextmanager
def uncommitted(shop: Shop, statement: str) -> Iterator[None]:
    """While it lasts, the statement's locks are held."""
    connection = database.connect(shop.settings, application="tests-locker")
    connection.cursor().execute(statement)
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


def test_a_version_that_comes_after_its_hour_was_put_right_has_it_put_right_again(settled: Shop, closed: int) -> None:
    persist_sales(settled, order(1, moment(closed + 60), valor_total_compra=1.0))
    run(settled, only_changed=True)
    assert pane(settled, 3600, closed, Dimension.CATEGORY).keys() == {"Livros"}
    assert pane(settled, 3600, closed, Dimension.SEGMENT).keys() == {"VIP"}
    # Valid from before the order, told only now.
    livro, ana = known_set.CATALOGUE[0], known_set.CUSTOMERS[0]
    persist(settled, Source.CATALOGUE, [{**livro, "categoria": "Usados"}], moment(closed + 30))
    persist(settled, Source.CUSTOMERS, [{**ana, "segmento_cliente": "fiel"}], moment(closed + 30))
    run(settled, only_changed=True)
    assert pane(settled, 3600, closed, Dimension.CATEGORY) == {"Usados": Measures(bruta=100, unidades=1)}
    assert pane(settled, 3600, closed, Dimension.SEGMENT) == {"fiel": Measures(bruta=100, pedidos=1)}
    # A version of later says nothing of that hour, which is left alone.
    worked = settled.rows("select horas from operacao.recomposicoes order by numero desc limit 1")[0][0]
    persist(settled, Source.CATALOGUE, [{**livro, "categoria": "Raros"}], moment(closed + HOUR))
    run(settled, only_changed=True)
    assert settled.rows("select horas from operacao.recomposicoes order by numero desc limit 1")[0][0] < worked
    assert pane(settled, 3600, closed, Dimension.CATEGORY).keys() == {"Usados"}


def test_a_customer_and_a_product_of_whom_nobody_knew_are_put_right_once_they_are_told_of(
    settled: Shop, closed: int
) -> None:
    stranger, unheard = known_set.identity(299), known_set.identity(199)
    bought = order(1, moment(closed + 60), id_usuario=stranger, id_produto=[unheard], valor_total_compra=1.0)
    persist_sales(settled, bought)
    run(settled, only_changed=True)
    assert pane(settled, 3600, closed, Dimension.UF).keys() == {"desconhecido"}
    assert pane(settled, 3600, closed, Dimension.CATEGORY).keys() == {"desconhecido"}
    # Their first versions are younger than the order: the oldest known one is taken.
    later = moment(closed + 2 * HOUR - 1)
    persist(settled, Source.CUSTOMERS, [{**known_set.CUSTOMERS[1], "id_usuario": stranger}], later)
    persist(settled, Source.CATALOGUE, [{**known_set.CATALOGUE[1], "id_produto": unheard}], later)
    run(settled, only_changed=True)
    assert pane(settled, 3600, closed, Dimension.UF) == {"RJ": Measures(bruta=100, pedidos=1)}
    assert pane(settled, 3600, closed, Dimension.CATEGORY) == {"Jogos": Measures(bruta=100, unidades=1)}
