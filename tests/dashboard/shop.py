"""A live store and a run of history to look at, written as the streaming job and the batch write them."""

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec
import redis
from datasketches import hll_sketch

from contracts import dimensions, live, panes
from contracts.database import Connection
from contracts.live_layout import Stages
from contracts.panes import Dimension, Measures, Sketch


def write_status(client: redis.Redis, *, newest_event: float | None, watermark: float = 0.0, **changes: object) -> None:
    """What the streaming job says with a batch."""
    status = live.Status(
        written_at=newest_event or 0.0,
        generation=1,
        batch=7,
        newest_event=newest_event,
        watermark=watermark,
        latency_p50=0.4,
        latency_p95=0.84,
        latency_p99=1.2,
        batch_rows=200,
        rows=120_000,
        late=3,
        late_versions=1,
        duplicates=12,
        rejected=5,
        stages=Stages(publish=0.03, broker=0.05, seal=0.08, wait=0.06, batch=0.22, write=0.01),
    )
    client.set(live.STATUS, msgspec.json.encode(msgspec.structs.replace(status, **changes)))


def write_pane(
    client: redis.Redis, seconds: int, start: int, dimension: Dimension, values: Mapping[str, Measures]
) -> None:
    """One pane, replaced whole."""
    key = live.pane_key(seconds, start, dimension)
    client.delete(key)
    client.hset(key, mapping={field: live.encode_measures(msgspec.structs.astuple(it)) for field, it in values.items()})
    client.expire(key, panes.life(seconds, dimension))


def write_total(client: redis.Redis, start: int, values: Measures) -> None:
    """A ten-second pane of totals, and the same in the pane of its minute."""
    write_pane(client, panes.TEN_SECONDS, start, Dimension.TOTAL, {"": values})


def write_sketches(client: redis.Redis, seconds: int, start: int, people: Mapping[Sketch, Iterable[str]]) -> None:
    """Who bought and who visited in a pane."""
    for name, ids in people.items():
        sketch = hll_sketch(panes.SKETCH_LG_K)
        for it in ids:
            sketch.update(it)
        client.hset(live.sketch_key(seconds, start), name, sketch.serialize_compact())


def write_products(client: redis.Redis, names: Mapping[str, str]) -> None:
    """The catalogue, name by id."""
    for product, name in names.items():
        version = dimensions.ProductVersion(0, name, "Casa", 10_00, 5)
        client.hset(dimensions.PRODUCTS, product, dimensions.encode([version]))


def write_run(
    connection: Connection,
    instant: dt.datetime,
    periods: Iterable[tuple[str, dt.date, bool, int, int, int, int]],
    also: Mapping[str, Iterable[tuple[object, ...]]] | None = None,
) -> int:
    """A finished run that the views show.

    Periods: (period, start, is complete, gross, cancelled, orders, cancelled orders). ``also`` are rows of
    other metrics, all columns but the run's.
    """
    cursor = connection.cursor()
    cursor.execute(
        "insert into metricas.execucoes (instante, terminada_em, situacao, dados, versao_codigo) "
        "values (%s, %s, 'concluida', '{\"achados\": {\"vendas_sem_valor\": 2}}', 'teste') returning id",
        (instant, instant + dt.timedelta(minutes=2)),
    )
    run: int = cursor.fetchone()[0]
    for period, start, complete, gross, cancelled, orders, orders_cancelled in periods:
        net = gross - cancelled
        key = (run, period, start, complete)
        cursor.execute(
            "insert into metricas.vendas_totais_por_execucao values (%s, %s, %s, %s, %s, %s, %s)",
            (*key, gross, cancelled, net),
        )
        cursor.execute(
            "insert into metricas.numero_pedidos_por_execucao values (%s, %s, %s, %s, %s, %s)",
            (*key, orders, orders_cancelled),
        )
        cursor.execute(
            "insert into metricas.ticket_medio_por_execucao values (%s, %s, %s, %s, %s, %s, %s)",
            (*key, net, orders, round(net / orders) if orders else None),
        )
    for metric, rows in (also or {}).items():
        for row in rows:
            places = ", ".join(["%s"] * (len(row) + 1))
            cursor.execute(f"insert into metricas.{metric}_por_execucao values ({places})", (run, *row))
    cursor.execute(
        "insert into metricas.execucao_atual (execucao) values (%s) "
        "on conflict (unico) do update set execucao = excluded.execucao",
        (run,),
    )
    connection.commit()
    return run
