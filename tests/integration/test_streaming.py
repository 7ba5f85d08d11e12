"""The query and the writer on real Spark and Redis."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from contracts import live, live_rows, settings
from contracts.clock import epoch_micros
from contracts.errors import TerminalError
from contracts.live_rows import Row
from contracts.panes import MEASURES, SKETCHES, Dimension, Measures
from contracts.partial_panes import partial_panes
from jobs.streaming import session
from jobs.streaming.aggregation import aggregate
from jobs.streaming.generation import Generation
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


def visit_at(instant: dt.datetime) -> Row:
    return live_rows.web_event(instant=epoch_micros(instant), kind="login", session=UUID(int=1))


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
