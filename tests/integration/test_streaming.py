"""The query and the writer on real Spark and Redis."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasketches import hll_sketch
from pyspark.sql import DataFrame, SparkSession

from contracts import live, live_rows, settings
from contracts.clock import epoch_micros
from contracts.errors import TerminalError
from contracts.live_rows import Row
from contracts.panes import MEASURES, SKETCHES, Dimension, Measures
from contracts.partial_panes import partial_panes
from jobs.streaming import claim as claims
from jobs.streaming import session
from jobs.streaming.aggregation import aggregate
from jobs.streaming.checkpoint import open_checkpoint
from jobs.streaming.claim import Claim
from jobs.streaming.generation import Generation
from jobs.streaming.kept_state import Kept, kept_before
from jobs.streaming.rows import SPARK_SCHEMA
from jobs.streaming.writer import PaneWriter
from tests.integration.conftest import Shop, eventually

HOUR = 3600


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    # A session that the batch's tests left in this process would be taken as it is.
    left = SparkSession.getActiveSession()
    if left is not None:
        left.stop()
    started = session.start(settings.load({}), tmp_path_factory.mktemp("spark"))
    yield started
    started.stop()


def visit_at(instant: dt.datetime, session: int = 1) -> Row:
    return live_rows.web_event(instant=epoch_micros(instant), kind="login", session=UUID(int=session))


def sale_at(instant: dt.datetime, buyer: int) -> Row:
    return live_rows.sale(
        instant=epoch_micros(instant),
        payment="pix",
        buyer=UUID(int=buyer),
        customer=None,
        centavos=100,
        products=[UUID(int=9)],
        versions=[None],
        quantities=[2],
        has_cart=True,
    )


def test_state_stays_flat_when_event_time_moves_by_six_hours(spark: SparkSession, tmp_path: Path) -> None:
    """Without a watermark that reaches the aggregation, Spark would keep every pane for ever."""
    folder = tmp_path / "rows"
    folder.mkdir()
    noon = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
    rows = spark.readStream.schema(SPARK_SCHEMA).option("maxFilesPerTrigger", 1).parquet(str(folder))
    query = (
        aggregate(rows, watermark_delay_seconds=600)
        .writeStream.outputMode("update")
        .format("noop")
        .option("checkpointLocation", str(tmp_path / "checkpoint"))
        .start()
    )
    state_rows = []
    for half_hour in range(13):
        instants = [noon + dt.timedelta(minutes=30 * half_hour, seconds=10 * i) for i in range(180)]
        parts = partial_panes(live_rows.to_table([visit_at(it) for it in instants]))
        pq.write_table(parts, folder / f"{half_hour}.parquet")
        query.processAllAvailable()
        progress = query.lastProgress
        assert progress is not None
        state_rows.append(progress.stateOperators[0].numRowsTotal)
    query.stop()
    # An hour of panes of one key: 360 of ten seconds, 60 of a minute twice (totals, event type), 1 twice.
    one_hour = 360 + 60 * 2 + 2
    assert max(state_rows) <= 3 * one_hour, state_rows
    assert max(state_rows[-3:]) <= max(state_rows[2:6]), state_rows


def test_what_spark_holds_between_batches_is_what_it_has_put_out(spark: SparkSession, tmp_path: Path) -> None:
    """As of each batch, to the sketch; of hours that the watermark has passed it holds nothing any more."""
    folder, noon = tmp_path / "rows", dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
    folder.mkdir()
    checkpoint = open_checkpoint(str(tmp_path))
    out: dict[tuple[object, ...], dict[str, object]] = {}
    compared = []

    def as_rows(panes: pa.Table) -> dict[tuple[object, ...], dict[str, object]]:
        def seen(row: dict[str, Any]) -> dict[str, object]:
            images = {it: hll_sketch.deserialize(row[it]).get_estimate() if row[it] else 0.0 for it in SKETCHES}
            return {it: row[it] for it in MEASURES} | images

        keys = ("pane_seconds", "pane_start", "dimension", "key")
        return {tuple(row[it] for it in keys): seen(row) for row in panes.to_pylist()}

    def look(panes: DataFrame, batch: int) -> None:
        kept = kept_before(spark, checkpoint, batch)
        if kept.panes is not None:
            found = as_rows(kept.panes)
            assert found == {it: row for it, row in out.items() if int(str(it[1])) >= kept.since}
            compared.append(len(found))
        out.update(as_rows(panes.toArrow()))

    rows = spark.readStream.schema(SPARK_SCHEMA).option("maxFilesPerTrigger", 1).parquet(str(folder))
    query = (
        aggregate(rows, watermark_delay_seconds=600)
        .writeStream.outputMode("update")
        .option("checkpointLocation", checkpoint.location)
        .foreachBatch(look)
        .start()
    )
    for half_hour in range(5):
        instants = [noon + dt.timedelta(minutes=30 * half_hour, seconds=20 * i) for i in range(60)]
        parts = [live_rows.to_table([visit_at(it, session=i) for i, it in enumerate(instants)])]
        parts.append(live_rows.to_table([sale_at(instants[0], buyer=half_hour)]))
        pq.write_table(partial_panes(pa.concat_tables(parts)), folder / f"{half_hour}.parquet")
        query.processAllAvailable()
    query.stop()
    assert len(compared) == 4
    assert min(compared) > 50
    # An hour was given up in between.
    assert len(out) > max(compared) + 100


def changed(start: int, dimension: Dimension, key: str, **measures: int) -> pa.Table:
    row: dict[str, object] = {"pane_seconds": 60, "pane_start": start, "dimension": dimension.value, "key": key}
    row |= {name: measures.get(name, 0) for name in MEASURES} | dict.fromkeys(SKETCHES, b"")
    return pa.Table.from_pylist([row])


@pytest.fixture
def now() -> int:
    return int(dt.datetime.now(dt.UTC).timestamp()) // 60 * 60


def written(shop: Shop, start: int, dimension: Dimension = Dimension.TOTAL) -> dict[str, Measures]:
    found = shop.redis.hgetall(live.pane_key(60, start, dimension))
    return {key.decode(): live.decode_measures(value) for key, value in found.items()}


def test_a_batch_that_is_replayed_changes_nothing(shop: Shop, now: int) -> None:
    writer = PaneWriter(shop.redis, Generation(1, 0.0), threading.Event())
    for _ in range(3):
        writer.write(changed(now, Dimension.TOTAL, "", bruta=100, pedidos=1), batch=4)
    assert written(shop, now) == {"": Measures(bruta=100, pedidos=1)}


def test_a_batch_says_which_panes_it_changed(shop: Shop, now: int) -> None:
    writer = PaneWriter(shop.redis, Generation(1, float(now)), threading.Event())
    writer.write(changed(now, Dimension.TOTAL, "", bruta=1), batch=0)
    first = int(shop.redis.get(live.VERSION))
    assert shop.redis.zrange(live.CHANGES, 0, -1, withscores=True) == [(f"60:{now}".encode(), float(first))]
    # Not this generation's pane: it is left alone, so nothing changed.
    writer.write(changed(now - 60, Dimension.TOTAL, "", bruta=1), batch=1)
    writer.write(changed(now + 60, Dimension.PRODUCT, "p", bruta=1), batch=2)
    assert shop.redis.zrange(live.CHANGES, 0, -1, withscores=True) == [
        (f"60:{now}".encode(), float(first)),
        (f"60:{now + 60}".encode(), float(first + 2)),
    ]


def test_every_pane_expires(shop: Shop, now: int) -> None:
    writer = PaneWriter(shop.redis, Generation(1, 0.0), threading.Event())
    writer.write(changed(now, Dimension.PRODUCT, "p", bruta=100), batch=0)
    assert 0 < shop.redis.ttl(live.pane_key(60, now, Dimension.PRODUCT)) <= 3 * HOUR


def test_a_loss_is_told_before_the_batch_that_hides_it_is_written(shop: Shop, now: int) -> None:
    """Otherwise whoever dies in between takes the knowledge along."""
    fences = []
    writer = PaneWriter(
        shop.redis, Generation(1, 0.0), threading.Event(), lambda: fences.append(shop.redis.get(live.FENCE))
    )
    writer.write(changed(now, Dimension.TOTAL, "", bruta=100), batch=4)
    shop.redis.flushall()
    writer.write(changed(now, Dimension.TOTAL, "", bruta=200), batch=5)
    # The first batch that this store sees is not batch 0 either.
    assert fences == [None, None]
    assert shop.redis.get(live.FENCE) == b"1:5"


def test_after_a_loss_everything_that_spark_holds_is_written_again_in_the_place_of_what_others_filled(
    shop: Shop, now: int
) -> None:
    """Otherwise an order would be there under a customer of Postgres', and again under the stream's."""
    hour = now // HOUR * HOUR
    held = pa.concat_tables(
        [
            changed(now, Dimension.UF, "desconhecido", bruta=100, pedidos=1),
            changed(now, Dimension.TOTAL, "", bruta=100, pedidos=1),
            # It began before the generation: left alone.
            changed(now - 60, Dimension.TOTAL, "", bruta=1),
        ]
    )
    asked = []

    def kept(batch: int) -> Kept:
        asked.append(batch)
        return Kept(hour + 1.0, held)

    writer = PaneWriter(shop.redis, Generation(1, float(now)), threading.Event(), kept=kept)
    writer.claim(after=now)
    writer.write(held, batch=0)
    assert asked == []
    shop.redis.flushall()
    for start in (now - 60, now, now + 60):
        shop.redis.hset(live.pane_key(60, start, Dimension.UF), "SP", live.encode_measures([100, 1, 0, 0, 0, 0, 0, 0]))
    edition = shop.redis.get(live.EDITION)
    writer.write(changed(now, Dimension.UF, "desconhecido", bruta=300, pedidos=2), batch=1)
    assert asked == [1]
    assert written(shop, now, Dimension.UF) == {"desconhecido": Measures(bruta=300, pedidos=2)}
    assert written(shop, now) == {"": Measures(bruta=100, pedidos=1)}
    assert written(shop, now + 60, Dimension.UF) == {}
    assert written(shop, now - 60, Dimension.UF).keys() == {"SP"}
    assert written(shop, now - 60) == {}
    assert shop.redis.get(live.EDITION) != edition
    claimed = claims.read(shop.redis).claim
    assert claimed == Claim(1, float(now), hour + 1.0)
    writer.write(changed(now, Dimension.UF, "RJ", bruta=5, pedidos=1), batch=2)
    assert asked == [1]


def test_a_first_generation_removes_what_was_filled_in_the_panes_that_it_is_going_to_write(
    shop: Shop, now: int
) -> None:
    for start in (now - 120, now - 60, now):
        shop.redis.hset(live.pane_key(60, start, Dimension.UF), "SP", live.encode_measures([100, 1, 0, 0, 0, 0, 0, 0]))
    PaneWriter(shop.redis, Generation(1, 0.0), threading.Event()).claim(after=now - 60)
    assert [written(shop, start, Dimension.UF).keys() for start in (now - 120, now - 60, now)] == [{"SP"}, set(), set()]


def test_a_later_generation_claims_only_what_begins_with_it(shop: Shop, now: int) -> None:
    PaneWriter(shop.redis, Generation(1, 0.0), threading.Event()).write(
        changed(now, Dimension.TOTAL, "", bruta=100), batch=0
    )
    PaneWriter(shop.redis, Generation(2, float(now)), threading.Event()).claim(after=now)
    assert written(shop, now) == {"": Measures(bruta=100)}
    claim = claims.read(shop.redis).claim
    assert claim is not None
    assert [claim.holds(60, start) for start in (now - 60, now, now + 60)] == [False, True, True]


def test_a_generation_that_was_taken_over_writes_nothing(shop: Shop, now: int) -> None:
    old, new = (PaneWriter(shop.redis, Generation(number, 0.0), threading.Event()) for number in (1, 2))
    new.write(changed(now, Dimension.TOTAL, "", bruta=100), batch=0)
    with pytest.raises(TerminalError, match="generation 2 of the streaming job has taken over"):
        old.write(changed(now, Dimension.TOTAL, "", bruta=999), batch=7)
    assert written(shop, now) == {"": Measures(bruta=100)}


def test_a_generation_leaves_alone_the_panes_that_began_before_it(shop: Shop, now: int) -> None:
    PaneWriter(shop.redis, Generation(1, 0.0), threading.Event()).write(
        changed(now - 60, Dimension.TOTAL, "", bruta=100), batch=9
    )
    newer = PaneWriter(shop.redis, Generation(2, float(now)), threading.Event())
    newer.write(changed(now - 60, Dimension.TOTAL, "", bruta=1), batch=0)
    newer.write(changed(now, Dimension.TOTAL, "", bruta=2), batch=1)
    assert written(shop, now - 60) == {"": Measures(bruta=100)}
    assert written(shop, now) == {"": Measures(bruta=2)}


def test_an_older_batch_than_the_last_one_is_refused(shop: Shop, now: int) -> None:
    writer = PaneWriter(shop.redis, Generation(1, 0.0), threading.Event())
    writer.write(changed(now, Dimension.TOTAL, "", bruta=100), batch=5)
    with pytest.raises(TerminalError, match="batch 4 comes after batch 5"):
        writer.write(changed(now, Dimension.TOTAL, "", bruta=50), batch=4)


def test_a_full_live_store_is_waited_for(shop: Shop, now: int) -> None:
    writer = PaneWriter(shop.redis, Generation(1, 0.0), threading.Event())
    shop.redis.config_set("maxmemory", "1")
    try:
        thread = threading.Thread(target=writer.write, args=(changed(now, Dimension.TOTAL, "", bruta=100), 0))
        thread.start()
        thread.join(1.0)
        assert thread.is_alive()
    finally:
        shop.redis.config_set("maxmemory", "0")
    eventually(lambda: written(shop, now), lambda it: it == {"": Measures(bruta=100)}, seconds=20)
    thread.join(10)
