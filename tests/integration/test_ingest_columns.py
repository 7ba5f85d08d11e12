"""Batches that are written by columns: the same tables as one by one, whatever is in them."""

import datetime as dt
import json
import random
import threading
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contracts import database, events
from contracts.broker import Delivery
from contracts.database import Connection
from contracts.events import EventoWeb, MetodoPagamento, Rejection, StatusPedido, TipoEvento
from contracts.topology import Source
from jobs.ingest.decoding import Batch, decode_batch
from jobs.ingest.upserts import Upserts
from tests.integration.conftest import Shop, eventually
from tests.integration.known_set import message
from tests.odd_messages import SALE, WEB_EVENT, payloads

pytestmark = pytest.mark.timeout(300)

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
SKEW = dt.timedelta(seconds=60)
MANY = 250
TABLES = ("eventos_web", "transacoes_vendas", "achados_qualidade")
CONTENT = {
    "eventos_web": "select * from eventos_web order by id_evento, timestamp_evento",
    "transacoes_vendas": "select to_jsonb(t) - 'persistido_em' from transacoes_vendas t order by id_transacao",
    "achados_qualidade": "select tipo, identidade, detalhe::text from achados_qualidade order by 1, 2, 3",
}
# In both topics: what is not for one of them is refused there.
UGLY = [
    b"",
    b"\0",
    b"\xff\xfe\0\x80",
    bytes(range(256)),
    b'{"x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    json.dumps({**WEB_EVENT, "tipo_evento": "a\0b"}).encode(),
    json.dumps({**WEB_EVENT, "id_usuario": "\0" * 36}).encode(),
    json.dumps({**WEB_EVENT, "id_usuario": "é" * 18}, ensure_ascii=False).encode(),
    json.dumps({**WEB_EVENT, "x": 10**400, "y": "a\0b\ud800"}).encode(),
    json.dumps({**WEB_EVENT, "timestamp_evento": "2026-11-23T11:59:59.00000\0Z"}).encode(),
    json.dumps(WEB_EVENT).encode()[:-1] + b',"id_sessao":"00000000-0000-0000-0000-000000000009","x":1e999}',
    json.dumps({**SALE, "valor_total_compra": 10**400}).encode(),
    json.dumps({**SALE, "valor_total_compra": 0.1 + 0.2}).encode(),
    json.dumps({**SALE, "valor_total_compra": float("nan")}).encode(),
    json.dumps({**SALE, "quantidade_produto": [10**30, 1]}).encode(),
    json.dumps({**SALE, "id_produto": "\N{WINKING FACE}" * 2_000}).encode(),
    json.dumps(
        {
            **SALE,
            "id_produto": [str(UUID(int=it)) for it in range(1_000)],
            "quantidade_produto": [7] * 1_000,
        }
    ).encode(),
]


@pytest.fixture
def connection(shop: Shop) -> Iterator[Connection]:
    opened = database.connect(shop.settings, application="tests-writer")
    yield opened
    opened.close()


def delivery(payload: bytes) -> Delivery:
    return Delivery("ack", "1", NOON, payload, {})


def web_event(chance: random.Random, number: int) -> dict[str, Any]:
    """A plain one, of an id that says all but its time: one may come at two times."""
    own = random.Random(number)
    some = [None, str(UUID(int=own.getrandbits(128))), str(UUID(int=0)), "F" * 8 + str(UUID(int=7))[8:]]
    return {
        "id_evento": str(UUID(int=own.getrandbits(128))),
        "id_sessao": str(UUID(int=number)),
        "id_usuario": own.choice(some),
        "id_carrinho": own.choice(some),
        "id_produto": own.choice(some),
        "tipo_evento": own.choice(list(TipoEvento)),
        "timestamp_evento": chance.choice(["2026-10-31T23:59:59.999999Z", "2026-11-01T00:00:00.000000Z"]),
    }


def sale(chance: random.Random, number: int) -> dict[str, Any]:
    """A plain version of an order; now and then of another order, or with another total, than the one before."""
    own = random.Random(number)
    items = chance.choice([1, 1, 2, 5, 20, 21])
    return {
        "id_transacao": str(UUID(int=own.getrandbits(128))),
        "id_pedido": str(UUID(int=chance.choice([number, number, number, number // 2]))),
        "id_usuario": str(UUID(int=own.getrandbits(128))),
        "id_produto": [str(UUID(int=it)) for it in range(items)],
        "quantidade_produto": [chance.choice([1, 2_147_483_647]) for _ in range(items)],
        "valor_total_compra": chance.choice([0, -0.0, 0.01, 0.1, 59.980000000000004, 9_999.99, 10_000, 99_999_999.99,
                                             123_456_789_012.34, 999_999_999_999.0]),
        "metodo_pagamento": own.choice(list(MetodoPagamento)),
        "id_carrinho": own.choice([None, str(UUID(int=number))]),
        "data_compra": "2026-11-01T00:00:00.000001Z",
        "status_pedido": chance.choice(list(StatusPedido)),
        "data_status": chance.choice([None, "2026-11-01T00:00:00.000002Z", "2000-01-01T00:00:00.000000Z"]),
    }  # fmt: skip


def batches_of(source: Source, chance: random.Random, odd: Sequence[bytes]) -> list[list[Delivery]]:
    """Three of many messages: good ones, some of them several times, and odd ones in between."""
    make = web_event if source is Source.WEB_EVENTS else sale
    return [
        [
            delivery(chance.choice(odd) if chance.random() < 0.2
                     else json.dumps(make(chance, chance.randrange(400))).encode())
            for _ in range(MANY)
        ]
        for _ in range(3)
    ]  # fmt: skip


def of_one_content(web_events: Sequence[bytes]) -> list[bytes]:
    """Of accepted ones with one id and time the first: which of two is kept nobody promises."""
    kept: dict[object, bytes] = {}
    for payload in web_events:
        try:
            event = events.decode(Source.WEB_EVENTS, payload, now=NOON, future_skew=SKEW)
        except Rejection:
            kept[payload] = payload
            continue
        assert isinstance(event, EventoWeb)
        kept.setdefault((event.id_evento, event.timestamp_evento), payload)
    return list(kept.values())


def by_columns(source: Source, deliveries: list[Delivery]) -> Batch:
    batch = decode_batch(source, deliveries, now=NOON, future_skew=SKEW)
    assert batch.columns is not None
    return batch


def one_by_one(source: Source, deliveries: list[Delivery]) -> Batch:
    batches = [decode_batch(source, [it], now=NOON, future_skew=SKEW) for it in deliveries]
    received = {place: it.received[0] for place, it in enumerate(batches) if it.received}
    return Batch(received, rejected=[rejected for it in batches for rejected in it.rejected])


def write(connection: Connection, upserts: Upserts, batch: Batch) -> None:
    upserts.write(batch)
    connection.commit()


@pytest.mark.parametrize(("source", "plain"), [(Source.WEB_EVENTS, WEB_EVENT), (Source.TRANSACTIONS, SALE)])
@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_columns_make_the_same_tables_as_one_by_one(
    shop: Shop, connection: Connection, source: Source, plain: dict[str, Any], data: st.DataObject
) -> None:
    chance = random.Random(data.draw(st.integers(0, 1 << 32), label="seed"))
    odd = data.draw(st.lists(payloads(plain), max_size=30), label="odd")
    odd = of_one_content([*UGLY, *odd]) if source is Source.WEB_EVENTS else [*UGLY, *odd]
    batches = batches_of(source, chance, odd)
    seen = []
    for decoded in (by_columns, one_by_one):
        # After a failed example.
        connection.rollback()
        connection.cursor().execute(f"truncate {', '.join(TABLES)}")
        connection.cursor().execute(f"drop table if exists pg_temp.entrada_{source}")
        connection.commit()
        upserts = Upserts(connection, source)
        decodings = [decoded(source, it) for it in batches]
        for batch in [*decodings, decodings[0]]:
            write(connection, upserts, batch)
        tables = {name: shop.rows(CONTENT[name]) for name in TABLES}
        refused = [[(str(it.rejection), it.delivery) for it in batch.rejected] for batch in decodings]
        seen.append((tables, refused, [it.count for it in decodings]))
    assert seen[0] == seen[1]


class TestWebEventsThatOthersWrote:
    @staticmethod
    def deliveries(numbers: Sequence[int]) -> list[Delivery]:
        documents = [web_event(random.Random(1), it) for it in numbers]
        return [delivery(json.dumps({**it, "timestamp_evento": "2026-11-01T00:00:00.000000Z"}).encode())
                for it in documents]  # fmt: skip

    def test_are_written_once_and_what_is_new_beside_them_as_well(self, shop: Shop, connection: Connection) -> None:
        first = Upserts(connection, Source.WEB_EVENTS)
        write(connection, first, by_columns(Source.WEB_EVENTS, self.deliveries(range(300))))
        other = database.connect(shop.settings, application="tests-other")
        second = Upserts(other, Source.WEB_EVENTS)
        for begin in (200, 600, 500, 900):
            write(other, second, by_columns(Source.WEB_EVENTS, self.deliveries(range(begin, begin + 300))))
        other.close()
        assert shop.rows("select count(*), count(distinct id_evento) from eventos_web") == [(1_200, 1_200)]

    def test_are_copied_again_after_a_while(self, shop: Shop, connection: Connection) -> None:
        write(
            connection,
            Upserts(connection, Source.WEB_EVENTS),
            by_columns(Source.WEB_EVENTS, self.deliveries([*range(300)])),
        )
        other = database.connect(shop.settings, application="tests-other")
        upserts = Upserts(other, Source.WEB_EVENTS)
        for part in range(60):
            begin = part * 200
            write(other, upserts, by_columns(Source.WEB_EVENTS, self.deliveries(range(begin, begin + 200))))
        other.close()
        assert shop.rows("select count(*) from eventos_web") == [(12_000,)]

    def test_do_not_stop_two_writers_of_them_in_opposite_order(self, shop: Shop) -> None:
        failures: list[BaseException] = []
        deliveries = self.deliveries(range(2_000))

        def work(chosen: list[Delivery]) -> None:
            try:
                own = database.connect(shop.settings, application="tests-parallel")
                upserts = Upserts(own, Source.WEB_EVENTS)
                for begin in range(0, len(chosen), 500):
                    write(own, upserts, by_columns(Source.WEB_EVENTS, chosen[begin : begin + 500]))
                own.close()
            except BaseException as error:  # noqa: BLE001 - carried to the test's thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(it,)) for it in (deliveries, deliveries[::-1], deliveries)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        assert shop.rows("select count(*) from eventos_web") == [(2_000,)]


def test_a_web_event_that_postgres_refuses_is_singled_out_of_many(shop: Shop) -> None:
    shop.connection.cursor().execute(
        "alter table eventos_web add constraint probe check (id_sessao <> '00000000-0000-0000-0000-000000000007')"
    )
    shop.connection.commit()
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    documents = [
        {**WEB_EVENT, "id_evento": str(uuid4()), "id_sessao": str(UUID(int=it)), "timestamp_evento": now}
        for it in range(600)
    ]
    shop.publisher.publish("eventos_web", [message(it) for it in documents])
    job = shop.start("jobs.ingest", "run")
    eventually(lambda: shop.rows("select count(*) from eventos_web"), lambda it: it == [(599,)])
    eventually(lambda: shop.rows("select codigo from eventos_rejeitados"), lambda it: it == [("recusado_pelo_banco",)])
    [(payload,)] = shop.rows("select conteudo from eventos_rejeitados")
    assert json.loads(bytes(payload)) == documents[7]
    assert job.stop() == 0
