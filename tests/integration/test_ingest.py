"""Ingest on a real broker, Postgres and Redis: any order, any repetition, any outage, the same tables."""

import datetime as dt
import itertools
import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contracts import broker, database, dimensions, live_store
from contracts.broker import Message
from contracts.database import Connection
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.events import (
    MOST_ITEMS,
    Cliente,
    EventoWeb,
    MetodoPagamento,
    Produto,
    SegmentoCliente,
    StatusPedido,
    TipoEvento,
    TransacaoVenda,
    Uf,
)
from contracts.topology import Source
from jobs.ingest.decoding import Batch, Received
from jobs.ingest.dimension_hashes import DimensionHashes
from jobs.ingest.upserts import Upserts
from local.servers import StartedServers
from tests.integration import known_set
from tests.integration.conftest import Shop, eventually
from tests.integration.known_set import message, order, web_event

pytestmark = pytest.mark.timeout(300)

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def product(number: int, **fields: Any) -> dict[str, Any]:
    return {**known_set.CATALOGUE[0], "id_produto": known_set.identity(number), **fields}


def customer(number: int, **fields: Any) -> dict[str, Any]:
    return {**known_set.CUSTOMERS[0], "id_usuario": known_set.identity(number), **fields}


@pytest.fixture
def connection(shop: Shop) -> Iterator[Connection]:
    """A connection to write through, beside the one that the test looks through."""
    opened = database.connect(shop.settings, application="tests-writer")
    yield opened
    opened.close()


def version(identity: UUID, status: StatusPedido, seconds: int, **fields: Any) -> TransacaoVenda:
    """A version of an order of noon, its status reached some seconds later."""
    given_fields: dict[str, Any] = {
        "id_transacao": identity,
        "id_pedido": identity,
        "id_usuario": UUID(known_set.ANA),
        "id_produto": [UUID(known_set.LIVRO)],
        "quantidade_produto": [1],
        "valor_total_compra": 10.0,
        "data_compra": NOON,
        "metodo_pagamento": MetodoPagamento.PIX,
        "status_pedido": status,
        "data_status": NOON + dt.timedelta(seconds=seconds),
    }
    return TransacaoVenda(**(given_fields | fields))


def write(connection: Connection, upserts: Upserts, events: Sequence[Any], produced_at: dt.datetime = NOON) -> None:
    upserts.write(Batch({place: Received(it, produced_at) for place, it in enumerate(events)}))
    connection.commit()


class TestStatusMerge:
    @hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_is_independent_of_order_repetition_and_batches(
        self, shop: Shop, connection: Connection, data: st.DataObject
    ) -> None:
        upserts = self.upserts(shop, connection)
        # Few seconds, so that equal statuses at equal and at different times are common.
        said = data.draw(
            st.lists(st.tuples(st.sampled_from(StatusPedido), st.integers(0, 3)), min_size=1, max_size=6), label="said"
        )
        repeated = data.draw(st.lists(st.sampled_from(said), max_size=4), label="repeated")
        arrival = data.draw(st.permutations([*said, *repeated]), label="arrival")
        cuts = data.draw(st.sets(st.integers(0, len(arrival)), max_size=3), label="cuts")
        identity = uuid4()
        for start, end in itertools.pairwise(sorted({0, len(arrival), *cuts})):
            write(connection, upserts, [version(identity, status, after) for status, after in arrival[start:end]])

        highest = max(said, key=lambda it: it[0].rank)[0]
        earliest = min(after for status, after in said if status is highest)
        assert shop.rows(
            "select status_pedido::text, data_status from transacoes_vendas where id_transacao = %s", (identity,)
        ) == [(highest.value, NOON + dt.timedelta(seconds=earliest))]
        assert shop.rows("select count(*) from achados_qualidade") == [(0,)]

    def upserts(self, shop: Shop, connection: Connection) -> Upserts:
        """One for all examples: it makes a temporary table."""
        if not hasattr(shop, "upserts"):
            shop.upserts = Upserts(connection, Source.TRANSACTIONS)  # type: ignore[attr-defined]
        made: Upserts = shop.upserts  # type: ignore[attr-defined]
        return made

    def test_a_cancellation_is_final_even_if_it_came_first(self, shop: Shop, connection: Connection) -> None:
        upserts, identity = Upserts(connection, Source.TRANSACTIONS), uuid4()
        for status, after in [(StatusPedido.CANCELADO, 5), (StatusPedido.ENTREGUE, 9), (StatusPedido.PROCESSANDO, 0)]:
            write(connection, upserts, [version(identity, status, after)])
        assert shop.rows("select status_pedido::text, data_status, data_compra from transacoes_vendas") == [
            ("cancelado", NOON + dt.timedelta(seconds=5), NOON)
        ]

    def test_two_writers_of_the_same_orders_in_opposite_order_both_end(self, shop: Shop) -> None:
        identities = [uuid4() for _ in range(300)]
        failures: list[BaseException] = []

        def work(statuses: list[StatusPedido], chosen: list[UUID]) -> None:
            try:
                own = database.connect(shop.settings, application="tests-parallel")
                upserts = Upserts(own, Source.TRANSACTIONS)
                for status in statuses:
                    write(own, upserts, [version(it, status, status.rank) for it in chosen])
                own.close()
            except BaseException as error:  # noqa: BLE001 - carried to the test's thread
                failures.append(error)

        threads = [
            threading.Thread(target=work, args=(list(StatusPedido)[:3], identities)),
            threading.Thread(target=work, args=(list(reversed(StatusPedido)), identities[::-1])),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        assert shop.rows("select status_pedido::text, count(*) from transacoes_vendas group by 1") == [
            ("cancelado", 300)
        ]


class TestFindings:
    def test_a_version_that_differs_in_a_fixed_field_is_kept_as_a_finding(
        self, shop: Shop, connection: Connection
    ) -> None:
        upserts, identity = Upserts(connection, Source.TRANSACTIONS), uuid4()
        first = version(identity, StatusPedido.PROCESSANDO, 0)
        other = version(identity, StatusPedido.ENVIADO, 9, valor_total_compra=99.99)
        write(connection, upserts, [first])
        write(connection, upserts, [other])
        write(connection, upserts, [other])
        # The fixed fields of the first to arrive, the status of the furthest.
        assert shop.rows("select valor_total_compra, status_pedido::text from transacoes_vendas") == [
            (Decimal("10.00"), "enviado")
        ]
        [(kind, who, detail)] = shop.rows("select tipo, identidade, detalhe from achados_qualidade")
        assert (kind, who) == ("versao_divergente", str(identity))
        assert json.loads(detail)["valor_total_compra"] == 99.99
        assert "ordem" not in json.loads(detail)

    def test_a_finding_may_say_more_than_a_key_of_postgres_holds(self, shop: Shop, connection: Connection) -> None:
        """An index takes 2.7 kB a row: a version of so many items that differs once stopped everything behind it."""
        upserts, identity = Upserts(connection, Source.TRANSACTIONS), uuid4()
        many = {"id_produto": [uuid4() for _ in range(MOST_ITEMS)], "quantidade_produto": [1] * MOST_ITEMS}
        write(connection, upserts, [version(identity, StatusPedido.PROCESSANDO, 0, **many)])
        for _ in range(2):
            write(connection, upserts, [version(identity, StatusPedido.ENVIADO, 9, valor_total_compra=9.99, **many)])
        assert shop.rows("select status_pedido::text from transacoes_vendas") == [("enviado",)]
        [(kind, who, detail)] = shop.rows("select tipo, identidade, detalhe from achados_qualidade")
        assert (kind, who) == ("versao_divergente", str(identity))
        assert len(json.loads(detail)["id_produto"]) == MOST_ITEMS

    def test_two_versions_that_differ_within_one_batch_are_a_finding_too(
        self, shop: Shop, connection: Connection
    ) -> None:
        identity = uuid4()
        batch = [
            version(identity, StatusPedido.PROCESSANDO, 0, id_carrinho=UUID(int=7)),
            version(identity, StatusPedido.ENVIADO, 1),
        ]
        write(connection, Upserts(connection, Source.TRANSACTIONS), batch)
        assert shop.rows("select id_carrinho from transacoes_vendas") == [(UUID(int=7),)]
        assert shop.rows("select tipo from achados_qualidade") == [("versao_divergente",)]

    def test_a_second_transaction_of_an_order_is_kept_and_both_are_found(
        self, shop: Shop, connection: Connection
    ) -> None:
        upserts = Upserts(connection, Source.TRANSACTIONS)
        shared, first, second = UUID(int=1), UUID(int=2), UUID(int=3)
        write(connection, upserts, [version(first, StatusPedido.PROCESSANDO, 0, id_pedido=shared)])
        assert shop.rows("select count(*) from achados_qualidade") == [(0,)]
        for _ in range(2):
            write(connection, upserts, [version(second, StatusPedido.PROCESSANDO, 0, id_pedido=shared)])
        assert shop.rows("select count(*) from transacoes_vendas") == [(2,)]
        assert shop.rows("select tipo, identidade, detalhe from achados_qualidade order by detalhe") == [
            ("pedido_repetido", str(shared), str(first)),
            ("pedido_repetido", str(shared), str(second)),
        ]


class TestVersions:
    @pytest.mark.parametrize("arrival", list(itertools.permutations([1, 2, 3])))
    def test_of_a_product_keep_the_newest_by_its_producers_time(
        self, shop: Shop, connection: Connection, arrival: tuple[int, ...]
    ) -> None:
        upserts = Upserts(connection, Source.CATALOGUE)
        for hour in [*arrival, arrival[0]]:
            event = Produto(
                id_produto=UUID(int=1),
                nome_produto=f"Livro {hour}",
                descricao_produto="\\N\t\n\r\\.",
                categoria="Livros",
                preco_unitario=hour + 0.99,
                estoque_disponivel=hour,
            )
            write(connection, upserts, [event], NOON + dt.timedelta(hours=hour))
        assert shop.rows(
            "select nome_produto, descricao_produto, preco_unitario, estoque_disponivel, produzido_em "
            "from catalogo_produtos"
        ) == [("Livro 3", "\\N\t\n\r\\.", Decimal("3.99"), 3, NOON + dt.timedelta(hours=3))]
        assert shop.rows("select preco_unitario from catalogo_produtos_versoes order by produzido_em") == [
            (Decimal("1.99"),),
            (Decimal("2.99"),),
            (Decimal("3.99"),),
        ]

    def test_of_a_customer_keep_the_newest_within_one_batch(self, shop: Shop, connection: Connection) -> None:
        def anna(uf: str) -> Cliente:
            return Cliente(
                id_usuario=UUID(int=1),
                nome_usuario="",
                email_usuario="ana@example.com",
                data_cadastro=NOON,
                segmento_cliente=SegmentoCliente.VIP,
                cidade="'; drop table dados_clientes; --",
                estado=Uf(uf),
                pais="Brasil",
            )

        hours = {"SP": 2, "RJ": 3, "MG": 1}
        received = [Received(anna(uf), NOON + dt.timedelta(hours=hour)) for uf, hour in hours.items()]
        Upserts(connection, Source.CUSTOMERS).write(Batch(dict(enumerate(received))))
        connection.commit()
        assert shop.rows("select estado, cidade from dados_clientes") == [("RJ", "'; drop table dados_clientes; --")]
        assert shop.rows("select estado from dados_clientes_versoes order by produzido_em") == [
            ("MG",),
            ("SP",),
            ("RJ",),
        ]


class TestMonthPartitions:
    def test_are_made_for_the_months_that_come_and_hold_what_belongs_to_them(
        self, shop: Shop, connection: Connection
    ) -> None:
        moments = [
            "2000-01-01T00:00:00+00:00",
            "2026-01-31T23:59:59.999999+00:00",
            "2026-02-01T00:00:00+00:00",
            # In São Paulo still January.
            "2026-02-01T02:59:59+00:00",
        ]
        events = [
            EventoWeb(
                id_evento=UUID(int=number),
                id_sessao=UUID(int=1),
                tipo_evento=TipoEvento.PESQUISA,
                timestamp_evento=dt.datetime.fromisoformat(moment),
            )
            for number, moment in enumerate(moments, 1)
        ]
        upserts = Upserts(connection, Source.WEB_EVENTS)
        write(connection, upserts, events)
        write(connection, upserts, [*events, *events])
        assert shop.rows("select tableoid::regclass::text, id_evento from eventos_web order by id_evento") == [
            ("eventos_web_2000_01", UUID(int=1)),
            ("eventos_web_2026_01", UUID(int=2)),
            ("eventos_web_2026_02", UUID(int=3)),
            ("eventos_web_2026_02", UUID(int=4)),
        ]

    def test_are_made_once_by_two_writers(self, shop: Shop) -> None:
        failures: list[BaseException] = []

        def work(number: int) -> None:
            try:
                own = database.connect(shop.settings, application="tests-parallel")
                upserts = Upserts(own, Source.WEB_EVENTS)
                for month in range(1, 13):
                    event = EventoWeb(
                        id_evento=UUID(int=number),
                        id_sessao=UUID(int=1),
                        tipo_evento=TipoEvento.LOGIN,
                        timestamp_evento=dt.datetime(2025, month, 15, tzinfo=dt.UTC),
                    )
                    write(own, upserts, [event])
                own.close()
            except BaseException as error:  # noqa: BLE001 - carried to the test's thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        assert shop.rows("select count(*), count(distinct tableoid) from eventos_web") == [(36, 12)]


def pulled(shop: Shop, subscription: str, most: int) -> dict[bytes, dict[str, str]]:
    """The first ``most`` different messages of a subscription: payload to attributes."""
    found: dict[bytes, dict[str, str]] = {}
    with broker.Subscriber(shop.settings) as subscriber:
        while len(found) < most:
            for it in subscriber.pull(subscription):
                found[it.payload] = dict(it.attributes)
    return found


class TestRejectedEvents:
    def test_land_byte_by_byte_in_the_table_and_in_the_topic_with_their_reason(self, shop: Shop) -> None:
        good = order(1, NOON, valor_total_compra=1.0)
        rejected = {
            b"": "json_invalido",
            b"\0": "json_invalido",
            b"\xff\xfe\0\x80": "json_invalido",
            bytes(range(256)): "json_invalido",
            json.dumps({**good, "status_pedido": "a\0b\ud800"}).encode(): "json_invalido",
            json.dumps({**good, "status_pedido": "a\0b"}).encode(): "valor_invalido",
            json.dumps({**good, "id_pedido": "\N{WINKING FACE}" * 2_000}).encode(): "valor_invalido",
            b'{"x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}": "json_invalido",
        }
        job = shop.start("jobs.ingest", "run")
        attributes = {"schema_version": "1", "x": "a\0b\\u0000 é"}
        other_version = Message(json.dumps(good).encode(), {"schema_version": "9"})
        shop.publisher.publish(
            "transacoes_vendas", [other_version, *(Message(payload, attributes) for payload in rejected)]
        )
        shop.publisher.publish("transacoes_vendas", [message(order(2, NOON, valor_total_compra=2.0))])
        rejected[other_version.payload] = "versao_desconhecida"

        eventually(lambda: shop.rows("select count(*) from eventos_rejeitados"), lambda it: it == [(len(rejected),)])
        eventually(lambda: shop.rows("select count(*) from transacoes_vendas"), lambda it: it == [(1,)])
        kept = shop.rows("select conteudo, codigo, topico, regra from eventos_rejeitados")
        assert {bytes(payload): code for payload, code, _, _ in kept} == rejected
        assert {topic for _, _, topic, _ in kept} == {"transacoes_vendas"}
        assert all(rule for _, _, _, rule in kept)

        published = pulled(shop, "rejeitados-inspecao", len(rejected))
        assert {payload: it["codigo"] for payload, it in published.items()} == rejected
        assert all(it["topico"] == "transacoes_vendas" and it["motivo"] for it in published.values())
        ids = {it for (it,) in shop.rows("select id_mensagem from eventos_rejeitados")}
        assert {it["id_mensagem"] for it in published.values()} == ids
        assert job.stop() == 0

    def test_a_value_that_postgres_refuses_is_singled_out_and_the_rest_is_kept(self, shop: Shop) -> None:
        # As a rule that code and database do not share would do.
        shop.connection.cursor().execute(
            "alter table catalogo_produtos add constraint probe check (nome_produto not like 'proibido%')"
        )
        shop.connection.commit()
        products = [
            product(i, nome_produto=f"proibido {i}" if i in (3, 64) else f"Livro {i}", preco_unitario=i)
            for i in range(1, 101)
        ]
        shop.publisher.publish("catalogo_produtos", [message(it, known_set.LONG_AGO) for it in products])
        job = shop.start("jobs.ingest", "run")
        eventually(lambda: shop.rows("select count(*) from catalogo_produtos"), lambda it: it == [(98,)])
        eventually(lambda: shop.rows("select count(*) from eventos_rejeitados"), lambda it: it == [(2,)])
        assert shop.rows("select sum(preco_unitario) from catalogo_produtos") == [(Decimal(5_050 - 3 - 64),)]
        assert shop.rows("select count(*) from catalogo_produtos_versoes") == [(98,)]
        refused = shop.rows("select codigo, conteudo, regra from eventos_rejeitados")
        assert {(code, json.loads(bytes(payload))["preco_unitario"]) for code, payload, _ in refused} == {
            ("recusado_pelo_banco", 3),
            ("recusado_pelo_banco", 64),
        }
        assert all("SQLSTATE 23514" in rule for _, _, rule in refused)
        assert job.stop() == 0

    def test_are_published_again_once_they_are_accepted_or_mended(self, shop: Shop, tmp_path: Path) -> None:
        cursor = shop.connection.cursor()
        cursor.execute("alter table catalogo_produtos add constraint probe check (nome_produto <> 'proibido')")
        shop.connection.commit()
        forbidden = product(1, nome_produto="proibido", preco_unitario=7)
        shop.publisher.publish("catalogo_produtos", [Message(json.dumps(forbidden).encode(), {})])
        shop.publisher.publish("transacoes_vendas", [Message(b'{"id_transacao": ', {})])
        job = shop.start("jobs.ingest", "run")
        eventually(lambda: shop.rows("select count(*) from eventos_rejeitados"), lambda it: it == [(2,)])
        cursor.execute("alter table catalogo_produtos drop constraint probe")
        shop.connection.commit()

        tried = shop.run("jobs.ingest", "replay", "--dry-run")
        assert "1 rejected events would be published again" in tried.output
        assert shop.rows("select count(*) from eventos_rejeitados where reenviado_em is not null") == [(0,)]
        done = shop.run("jobs.ingest", "replay")
        assert "1 rejected events published again" in done.output
        assert "1 left: they would be rejected again (json_invalido)" in done.output
        # As old as it was first published: a newer version of the product must stay the newest.
        first_published = "select publicado_em from eventos_rejeitados where topico = 'catalogo_produtos'"
        produced = eventually(lambda: shop.rows("select produzido_em from catalogo_produtos"), bool)
        assert produced == shop.rows(first_published)
        assert "0 rejected events published again" in shop.run("jobs.ingest", "replay", "--reason", "valor").output

        [(identity,)] = shop.rows("select id_mensagem from eventos_rejeitados where reenviado_em is null")
        file = tmp_path / "mended.json"
        file.write_text('{"id_transacao": 1}')
        options = ("--topic", "transacoes_vendas", "--message-id", identity, "--mended", str(file))
        refused = shop.run("jobs.ingest", "replay", *options)
        assert (refused.process.returncode, "would be rejected again" in refused.output) == (2, True)
        file.write_text(json.dumps(order(1, NOON, valor_total_compra=1.0)))
        assert shop.run("jobs.ingest", "replay", *options).process.returncode == 0
        eventually(lambda: shop.rows("select count(*) from transacoes_vendas"), lambda it: it == [(1,)])
        unnamed = shop.run("jobs.ingest", "replay", "--again", "--mended", str(file))
        assert (unnamed.process.returncode, "2 are chosen" in unnamed.output) == (2, True)
        assert shop.rows("select count(*) from eventos_rejeitados where reenviado_em is null") == [(0,)]
        assert job.stop() == 0


class TestOutages:
    def test_postgres_killed_in_the_middle_of_a_stream_loses_nothing(self, shop: Shop, servers: StartedServers) -> None:
        job = shop.start("jobs.ingest", "run")
        base = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)
        sales = [message(order(i, base, valor_total_compra=i / 100)) for i in range(1, 1_001)]
        web = [message(web_event(i, "pesquisa", base)) for i in range(1, 1_001)]
        for part in range(10):
            shop.publisher.publish("transacoes_vendas", sales[part::10])
            shop.publisher.publish("eventos_web", web[part::10])
            if part == 4:
                eventually(lambda: shop.rows("select count(*) from transacoes_vendas"), lambda it: it[0][0] > 0)
                pid = servers["postgres"].pid
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
        eventually(lambda: job.output, lambda it: "trying again" in it)
        servers["postgres"].start()
        servers["postgres"].ready(60)
        shop.connection = database.connect(shop.settings, application="tests")
        eventually(
            lambda: shop.rows("select count(*), sum(valor_total_compra) from transacoes_vendas"),
            # 1 + 2 + … + 1,000 = 500,500 centavos.
            lambda it: it == [(1_000, Decimal("5005.00"))],
        )
        eventually(lambda: shop.rows("select count(*) from eventos_web"), lambda it: it == [(1_000,)])
        assert shop.rows("select count(*) from eventos_rejeitados") == [(0,)]
        assert job.stop() == 0
        assert "Traceback" not in job.output

    def test_products_that_change_while_redis_is_away_are_in_the_hashes_once_it_is_back(
        self, shop: Shop, servers: StartedServers
    ) -> None:
        job = shop.start("jobs.ingest", "run")
        shop.publisher.publish("catalogo_produtos", [message(product(1, preco_unitario=1), "2026-01-01T00:00:00Z")])
        shop.publisher.publish("dados_clientes", [message(customer(9), "2026-01-01T00:00:00Z")])
        eventually(
            lambda: (shop.redis.hlen(dimensions.PRODUCTS), shop.redis.hlen(dimensions.CUSTOMERS)),
            lambda it: it == (1, 1),
        )
        pid = servers["redis"].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        changed = [
            message(product(1, preco_unitario=2), "2026-01-02T00:00:00Z"),
            *(message(product(i, preco_unitario=i), "2026-01-02T00:00:00Z") for i in range(2, 51)),
        ]
        shop.publisher.publish("catalogo_produtos", changed)
        shop.publisher.publish("dados_clientes", [message(customer(9, estado="RJ"), "2026-01-02T00:00:00Z")])
        # Persisting does not wait for Redis.
        eventually(lambda: shop.rows("select count(*) from catalogo_produtos"), lambda it: it == [(50,)])
        eventually(lambda: shop.rows("select estado from dados_clientes"), lambda it: it == [("RJ",)])
        servers["redis"].start()
        servers["redis"].ready(30)
        shop.redis = live_store.connect(shop.settings)
        eventually(lambda: shop.redis.hlen(dimensions.PRODUCTS), lambda it: it == 50)
        eventually(lambda: prices(shop.redis, 1), lambda it: it == [200, 100])
        eventually(lambda: states(shop.redis, 9), lambda it: it == ["RJ", "SP"])
        assert job.stop() == 0


def prices(client: redis.Redis, number: int) -> list[int]:
    value = client.hget(dimensions.PRODUCTS, dimensions.field(UUID(known_set.identity(number))))
    return [it.price for it in dimensions.decode_products(value)] if value else []  # type: ignore[arg-type]


def states(client: redis.Redis, number: int) -> list[str]:
    value = client.hget(dimensions.CUSTOMERS, dimensions.field(UUID(known_set.identity(number))))
    return [it.uf for it in dimensions.decode_customers(value)] if value else []  # type: ignore[arg-type]


class TestDimensionHashes:
    MICROS = 1_780_315_200_000_000

    @pytest.fixture(autouse=True)
    def _one_product_and_one_customer(self, shop: Shop) -> None:
        cursor = shop.connection.cursor()
        for hour in range(6):
            cursor.execute(
                "insert into catalogo_produtos_versoes values (%s, %s, 'Livro', 'Livros', %s, 7)",
                (UUID(known_set.identity(1)), NOON + dt.timedelta(hours=hour), Decimal(hour)),
            )
        cursor.execute(
            "insert into dados_clientes_versoes values (%s, %s, 'VIP', 'São Paulo', 'SP')",
            (UUID(known_set.identity(9)), NOON),
        )
        shop.connection.commit()

    def moved(self, hours: int) -> Received:
        event = Cliente(
            id_usuario=UUID(known_set.identity(9)),
            nome_usuario="Ana",
            email_usuario="",
            data_cadastro=NOON,
            segmento_cliente=SegmentoCliente.FIEL,
            cidade="Niterói",
            estado=Uf.RJ,
            pais="Brasil",
        )
        return Received(event, NOON + dt.timedelta(hours=hours))

    def test_are_loaded_from_postgres_at_start_the_latest_four_versions(self, shop: Shop) -> None:
        job = shop.start("jobs.ingest", "run")
        eventually(lambda: shop.redis.exists(dimensions.LOADED), lambda it: it == 1)
        assert prices(shop.redis, 1) == [500, 400, 300, 200]
        value = shop.redis.hget(dimensions.CUSTOMERS, dimensions.field(UUID(known_set.identity(9))))
        assert dimensions.decode_customers(value) == [CustomerVersion(self.MICROS, "VIP", "SP", "São Paulo")]  # type: ignore[arg-type]
        assert job.stop() == 0

    def test_are_loaded_once_and_again_when_redis_lost_them(self, shop: Shop, connection: Connection) -> None:
        hashes = DimensionHashes(shop.redis)
        assert hashes.load_if_needed(connection)
        assert not hashes.load_if_needed(connection)
        shop.redis.flushall()
        assert hashes.load_if_needed(connection)
        assert prices(shop.redis, 1) == [500, 400, 300, 200]

    def test_a_customer_missed_in_a_short_outage_is_made_good_by_the_next_load(
        self, shop: Shop, connection: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashes = DimensionHashes(shop.redis)
        hashes.load_if_needed(connection)
        write(connection, Upserts(connection, Source.CUSTOMERS), [self.moved(1).event], NOON + dt.timedelta(hours=1))
        with monkeypatch.context() as away:
            away.setattr(shop.redis, "hset", refusing)
            hashes.update([self.moved(1)])
        assert states(shop.redis, 9) == ["SP"]
        assert hashes.load_if_needed(connection)
        assert states(shop.redis, 9) == ["RJ", "SP"]

    def test_redis_going_away_in_the_middle_of_a_load_leaves_it_for_the_next(
        self, shop: Shop, connection: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashes = DimensionHashes(shop.redis)
        with monkeypatch.context() as away:
            away.setattr(shop.redis, "hset", refusing)
            assert not hashes.load_if_needed(connection)
            assert not hashes.load_if_needed(connection)
        assert hashes.load_if_needed(connection)
        assert prices(shop.redis, 1) == [500, 400, 300, 200]

    def test_a_version_written_while_they_are_loaded_is_not_lost(self, shop: Shop, connection: Connection) -> None:
        # As by another consumer, between the reading from Postgres and the writing to Redis.
        hashes = DimensionHashes(shop.redis)
        hashes.update([self.moved(1)])
        assert hashes.load_if_needed(connection)
        assert states(shop.redis, 9) == ["RJ", "SP"]

    def test_sort_the_products_by_what_is_left_of_them_now(self, shop: Shop, connection: Connection) -> None:
        hashes = DimensionHashes(shop.redis)
        hashes.load_if_needed(connection)
        field = dimensions.field(UUID(known_set.identity(1)))
        assert shop.redis.zrange(dimensions.STOCK, 0, -1, withscores=True) == [(field.encode(), 7.0)]
        for hours, stock in ((6, 2), (-1, 99)):
            product = Produto(
                id_produto=UUID(known_set.identity(1)),
                nome_produto="Livro",
                descricao_produto="",
                categoria="Livros",
                preco_unitario=5.0,
                estoque_disponivel=stock,
            )
            hashes.update([Received(product, NOON + dt.timedelta(hours=hours))])
        # The version of an hour before noon came last and says nothing of now.
        assert shop.redis.zrange(dimensions.STOCK, 0, -1, withscores=True) == [(field.encode(), 2.0)]

    def test_hold_products_as_streaming_reads_them(self, shop: Shop, connection: Connection) -> None:
        DimensionHashes(shop.redis).load_if_needed(connection)
        value = shop.redis.hget(dimensions.PRODUCTS, dimensions.field(UUID(known_set.identity(1))))
        newest = dimensions.decode_products(value)[0]  # type: ignore[arg-type]
        assert newest == ProductVersion(self.MICROS + 5 * 3_600_000_000, "Livro", "Livros", 500, 7)


def refusing(*_: object, **__: object) -> None:
    raise redis.ConnectionError("away")
