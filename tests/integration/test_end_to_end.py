"""What is published is what Postgres, the live panes and the batch say, to the centavo."""

import datetime as dt
import random
import time
from decimal import Decimal
from uuid import UUID

import pytest
from datasketches import hll_sketch

from contracts import dimensions, heartbeat, live, topology
from contracts.closing import persisted_until
from contracts.live import Status
from contracts.panes import Dimension, Measures
from tests.integration import known_set
from tests.integration.conftest import Job, Shop, eventually
from tests.integration.known_set import message, order, web_event

pytestmark = pytest.mark.timeout(500)


@pytest.fixture
def base() -> dt.datetime:
    """A whole minute, some minutes ago."""
    return dt.datetime.now(dt.UTC).replace(second=0, microsecond=0) - dt.timedelta(minutes=4)


def publish_dimensions(shop: Shop) -> None:
    shop.publisher.publish("catalogo_produtos", [message(it, known_set.LONG_AGO) for it in known_set.CATALOGUE])
    shop.publisher.publish("dados_clientes", [message(it, known_set.LONG_AGO) for it in known_set.CUSTOMERS])


def known_dimensions(shop: Shop) -> tuple[int, int]:
    return (
        shop.rows("select count(*) from catalogo_produtos")[0][0],
        shop.rows("select count(*) from dados_clientes")[0][0],
    )


def live_status(shop: Shop) -> Status | None:
    return live.read_status(shop.redis)


def live_rows(shop: Shop) -> int:
    status = live_status(shop)
    return status.rows if status else 0


def sealer_counts(shop: Shop) -> dict[str, int]:
    beats = [it for it in heartbeat.read(shop.connection) if it.part == "streaming"]
    return {name: beats[0].data[name] for name in ("rejeitados", "atrasados", "duplicados")} if beats else {}


def panes(shop: Shop, seconds: int, dimension: Dimension) -> dict[int, dict[str, Measures]]:
    """All panes of one length and dimension: start to key to measures."""
    found = {}
    for key in shop.redis.scan_iter(f"{live.PREFIX}pane:{seconds}:*:{dimension}"):
        start = int(key.decode().removeprefix(live.PREFIX).split(":")[2])
        found[start] = {k.decode(): live.decode_measures(v) for k, v in shop.redis.hgetall(key).items()}
    return found


def field(product: str) -> str:
    """A product's key in panes: the field of its name and price."""
    return dimensions.field(UUID(product))


def summed(found: dict[int, dict[str, Measures]]) -> dict[str, Measures]:
    result: dict[str, Measures] = {}
    for pane in found.values():
        for key, measures in pane.items():
            result[key] = result.get(key, Measures()) + measures
    return result


def test_postgres_live_panes_and_batch_agree_to_the_centavo_on_a_set_with_duplicates_disorder_and_garbage(
    shop: Shop, base: dt.datetime
) -> None:
    ingest, streaming = shop.start("jobs.ingest", "run"), shop.start("jobs.streaming", "run")
    publish_dimensions(shop)
    eventually(lambda: known_dimensions(shop), lambda it: it == (2, 2))
    garbage = known_set.malformed(base)
    shop.publisher.publish(
        "transacoes_vendas", [message(it) for it in [*known_set.orders(base), *(bad for bad, _ in garbage.values())]]
    )
    shop.publisher.publish("eventos_web", [message(it) for it in known_set.web_events(base)])

    # Four sales, one cancellation, ten web events.
    eventually(lambda: live_status(shop), lambda it: it is not None and it.rows == 15, seconds=150)
    eventually(lambda: shop.rows("select count(*) from eventos_web"), lambda it: it == [(10,)])
    eventually(lambda: shop.rows("select count(*) from eventos_rejeitados"), lambda it: it == [(len(garbage),)])

    assert shop.rows(
        "select valor_total_compra, status_pedido::text, data_status from transacoes_vendas order by data_compra"
    ) == [
        (Decimal("40.01"), "processando", base + dt.timedelta(seconds=5)),
        (Decimal("55.50"), "cancelado", base + dt.timedelta(seconds=130)),
        (Decimal("30.00"), "enviado", base + dt.timedelta(seconds=90)),
        (Decimal("10.00"), "processando", base + dt.timedelta(seconds=75)),
    ]
    rejected = {bytes(payload): code for payload, code in shop.rows("select conteudo, codigo from eventos_rejeitados")}
    assert rejected == {message(document).payload: code for document, code in garbage.values()}
    assert shop.rows("select count(*) from achados_qualidade") == [(0,)]

    start = int(base.timestamp())
    assert panes(shop, 60, Dimension.TOTAL) == {
        start: {
            "": Measures(bruta=4001, pedidos=1, unidades=2, pedidos_com_carrinho=1, eventos=5, carrinhos_criados=1),
        },
        start + 60: {
            "": Measures(bruta=9550, pedidos=3, unidades=9, pedidos_com_carrinho=2, eventos=5, carrinhos_criados=2)
        },
        start + 120: {"": Measures(canceladas=5550, pedidos_cancelados=1)},
    }
    assert summed(panes(shop, 10, Dimension.TOTAL)) == summed(panes(shop, 60, Dimension.TOTAL))
    assert summed(panes(shop, 3600, Dimension.TOTAL)) == summed(panes(shop, 60, Dimension.TOTAL))
    for seconds in (60, 3600):
        assert summed(panes(shop, seconds, Dimension.PRODUCT)) == {
            # 40.01 as 10 : 30, the odd centavo to the larger remainder; 10.00 by quantity, 1 : 3.
            field(known_set.LIVRO): Measures(bruta=1000 + 3000 + 750, unidades=1 + 3 + 3),
            field(known_set.JOGO): Measures(bruta=3001 + 5550, unidades=1 + 2),
            field(known_set.SEM_CATALOGO): Measures(bruta=250, unidades=1),
        }
        assert summed(panes(shop, seconds, Dimension.CATEGORY)) == {
            "Livros": Measures(bruta=4750, unidades=7),
            "Jogos": Measures(bruta=8551, unidades=3),
            "desconhecido": Measures(bruta=250, unidades=1),
        }
        assert summed(panes(shop, seconds, Dimension.PAYMENT)) == {
            "pix": Measures(bruta=5001, pedidos=2),
            "boleto": Measures(bruta=5550, pedidos=1, canceladas=5550, pedidos_cancelados=1),
            "cartao_credito": Measures(bruta=3000, pedidos=1),
        }
        assert summed(panes(shop, seconds, Dimension.UF)) == {
            "SP": Measures(bruta=8001, pedidos=3),
            "RJ": Measures(bruta=5550, pedidos=1, canceladas=5550, pedidos_cancelados=1),
        }
        assert summed(panes(shop, seconds, Dimension.SEGMENT)) == {
            "VIP": Measures(bruta=8001, pedidos=3),
            "novo": Measures(bruta=5550, pedidos=1, canceladas=5550, pedidos_cancelados=1),
        }
        assert summed(panes(shop, seconds, Dimension.EVENT_TYPE)) == {
            "visualizacao_produto": Measures(eventos=4),
            "carrinho_criado": Measures(eventos=3),
            "adicionar_carrinho": Measures(eventos=2),
            "login": Measures(eventos=1),
        }
    window = live.LiveReader(shop.redis, zone=shop.settings.zone).read_window("15min", base + dt.timedelta(minutes=4))
    assert window.totals.measures == Measures(
        bruta=13551,
        pedidos=4,
        unidades=11,
        canceladas=5550,
        pedidos_cancelados=1,
        pedidos_com_carrinho=3,
        eventos=10,
        carrinhos_criados=3,
    )
    assert round(window.totals.compradores) == 2
    assert round(window.totals.visitantes) == 10
    # Twice: order 1, the sales of orders 2 (two more times) and 3, order 2's cancellation, three web events.
    eventually(
        lambda: sealer_counts(shop), lambda it: it == {"rejeitados": len(garbage), "atrasados": 0, "duplicados": 8}
    )

    assert ingest.stop() == 0
    assert streaming.stop() == 0
    batch = shop.run("jobs.batch", "run")
    assert batch.process.returncode == 0, batch.output
    days = shop.rows(
        "select sum(bruta), sum(canceladas), sum(liquida) from metricas.vendas_totais where periodo = 'dia'"
    )
    assert days == [(Decimal("135.51"), Decimal("55.50"), Decimal("80.01"))]
    months = shop.rows("select sum(pedidos), sum(cancelados) from metricas.numero_pedidos where periodo = 'mes'")
    assert months == [(3, 1)]


def every_pane(shop: Shop) -> dict[str, dict[str, Measures]]:
    """All panes but sketches: key to field to measures."""
    return {
        key.decode(): {k.decode(): live.decode_measures(v) for k, v in shop.redis.hgetall(key).items()}
        for key in shop.redis.scan_iter(f"{live.PREFIX}pane:*")
        if not key.endswith(b":sketch")
    }


def every_estimate(shop: Shop) -> dict[str, dict[str, int]]:
    """All sketches: key to name to how many it counted."""
    return {
        key.decode(): {k.decode(): round(hll_sketch.deserialize(v).get_estimate()) for k, v in found.items()}
        for key in shop.redis.scan_iter(f"{live.PREFIX}pane:*:sketch")
        if (found := shop.redis.hgetall(key))
    }


def test_a_wiped_redis_is_restored_from_postgres_while_the_stream_runs(shop: Shop, base: dt.datetime) -> None:
    """First by hand, then by the job itself, which notices with its next batch."""
    shop.start("jobs.ingest", "run")
    streaming = shop.start("jobs.streaming", "run")
    publish_dimensions(shop)
    eventually(lambda: known_dimensions(shop), lambda it: it == (2, 2))
    shop.publisher.publish("transacoes_vendas", [message(it) for it in known_set.orders(base)])
    shop.publisher.publish("eventos_web", [message(it) for it in known_set.web_events(base)])
    eventually(lambda: live_rows(shop), lambda it: it == 15, seconds=150)
    eventually(lambda: shop.rows("select count(*) from eventos_web"), lambda it: it == [(10,)])
    eventually(lambda: shop.rows("select count(*) from transacoes_vendas"), lambda it: it == [(4,)])
    # A stranger, whom Postgres will know before Redis is lost: the stream has counted her order already.
    stranger = known_set.identity(299)
    hers = order(9, base + dt.timedelta(seconds=10), id_usuario=stranger, valor_total_compra=3.0)
    shop.publisher.publish("transacoes_vendas", [message(hers)])
    eventually(lambda: live_rows(shop), lambda it: it == 16)
    written, estimated = every_pane(shop), every_estimate(shop)
    first_minute = live.pane_key(60, int(base.timestamp()), Dimension.UF)
    assert written[first_minute].keys() == {"SP", "desconhecido"}
    told = {**known_set.CUSTOMERS[1], "id_usuario": stranger}
    shop.publisher.publish("dados_clientes", [message(told, known_set.LONG_AGO)])
    eventually(lambda: known_dimensions(shop), lambda it: it == (2, 3))
    eventually(lambda: shop.rows("select count(*) from transacoes_vendas"), lambda it: it == [(5,)])
    # Totals of 10 s, 1 min and 1 h, and six dimensions of 1 min and 1 h.
    assert {key.removeprefix(live.PREFIX).split(":")[3] for key in written} == {it.value for it in Dimension}

    shop.redis.flushall()
    rebuilt = shop.run("jobs.streaming", "rebuild")
    assert rebuilt.process.returncode == 0, rebuilt.output
    by_segment_or_uf = (Dimension.UF.value, Dimension.SEGMENT.value)
    rebuilt_panes = every_pane(shop)
    assert {k: v for k, v in rebuilt_panes.items() if not k.endswith(by_segment_or_uf)} == {
        k: v for k, v in written.items() if not k.endswith(by_segment_or_uf)
    }
    assert rebuilt_panes[first_minute].keys() == {"SP", "RJ"}
    assert every_estimate(shop) == estimated

    # Not lost again: the stream's next batch finds what was filled in its place.
    sent = time.time()
    # In a minute of its own, so that it is told apart.
    shop.publisher.publish("eventos_web", [message(web_event(99, "login", base + dt.timedelta(seconds=185)))])
    minute = live.pane_key(60, int(base.timestamp()) + 180, Dimension.TOTAL)
    hour = live.pane_key(3600, int(base.timestamp()) + 180 - (int(base.timestamp()) + 180) % 3600, Dimension.TOTAL)
    eventually(lambda: set(written) - set(every_pane(shop)), lambda it: it == set(), seconds=60)
    eventually(
        lambda: {k: v for k, v in every_pane(shop).items() if k in written and written[k] != v},
        lambda it: set(it) <= {hour, hour.replace(":total", ":tipo_evento")},
    )
    assert every_pane(shop)[minute] == {"": Measures(eventos=1)}
    assert every_pane(shop)[first_minute] == written[first_minute]
    # That event was a batch of its own: where its time went is told, and is no more than has passed.
    status = eventually(lambda: live.read_status(shop.redis), lambda it: it is not None and it.rows == 17)
    assert status is not None
    assert status.stages is not None
    assert min(status.stages.seal, status.stages.batch, status.stages.write) > 0
    assert status.stages.broker + status.stages.batch + status.stages.write < status.written_at - sent + 0.01
    # What the stream holds no more comes from Postgres.
    eventually(
        lambda: [it[0] for it in shop.rows("select motivo from operacao.recomposicoes")],
        lambda it: "redis_perdeu_dados" in it,
    )
    # Ingest says of all four sources how far it is; panes are replaced up to there.
    ingested = topology.load().consumed_by("ingest")
    recently = dt.datetime.now(dt.UTC).timestamp() - 60
    eventually(
        lambda: persisted_until(heartbeat.read(shop.connection), ingested), lambda it: it is not None and it > recently
    )
    assert streaming.stop() == 0


def test_the_numbers_are_the_same_after_sigkill_in_the_middle(shop: Shop, base: dt.datetime) -> None:
    """Sales of 1, 2, … 600 centavos and as many web events, in six parts with a crash after most of them."""
    chance = random.Random(20261123)
    sales = [order(i, base + dt.timedelta(seconds=i % 180), valor_total_compra=i / 100) for i in range(1, 601)]
    web = [web_event(i, "pesquisa", base + dt.timedelta(seconds=i % 180)) for i in range(1, 601)]
    jobs: dict[str, Job] = {}

    def start(name: str) -> None:
        jobs[name] = shop.start(name, "run")

    start("jobs.ingest")
    start("jobs.streaming")
    publish_dimensions(shop)
    eventually(lambda: known_dimensions(shop), lambda it: it == (2, 2))
    for part in range(6):
        chunk = [message(it) for it in [*sales[part::6], *chance.sample(sales[part::6], 20)]]
        shop.publisher.publish("transacoes_vendas", chance.sample(chunk, len(chunk)))
        shop.publisher.publish("eventos_web", [message(it) for it in web[part::6]])
        if part in (0, 2, 4):
            # Mid-way through what was just published: some sealed, some not, some written, some not.
            before = live_rows(shop)
            if part != 4:
                eventually(lambda before=before: live_rows(shop), lambda it, before=before: it > before, seconds=150)
            jobs["jobs.streaming"].kill()
            jobs["jobs.ingest"].kill()
            start("jobs.ingest")
            start("jobs.streaming")

    eventually(lambda: live_rows(shop), lambda it: it == 1200, seconds=200)
    totals = summed(panes(shop, 60, Dimension.TOTAL))
    # 1 + 2 + … + 600 = 180,300 centavos.
    assert totals == {"": Measures(bruta=180_300, pedidos=600, unidades=600, pedidos_com_carrinho=600, eventos=600)}
    assert summed(panes(shop, 10, Dimension.TOTAL)) == totals
    assert summed(panes(shop, 3600, Dimension.TOTAL)) == totals
    assert summed(panes(shop, 60, Dimension.PRODUCT)) == {field(known_set.LIVRO): Measures(bruta=180_300, unidades=600)}
    assert summed(panes(shop, 60, Dimension.PAYMENT)) == {"pix": Measures(bruta=180_300, pedidos=600)}
    assert summed(panes(shop, 60, Dimension.EVENT_TYPE)) == {"pesquisa": Measures(eventos=600)}
    eventually(
        lambda: shop.rows("select count(*), sum(valor_total_compra) from transacoes_vendas"),
        lambda it: it == [(600, Decimal("1803.00"))],
    )
    eventually(lambda: shop.rows("select count(*) from eventos_web"), lambda it: it == [(600,)])
    assert shop.rows("select count(*) from eventos_rejeitados") == [(0,)]
