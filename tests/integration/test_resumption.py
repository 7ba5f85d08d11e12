"""A streaming job goes on after an upgrade or a loss, or says why not and what to do. The way back is real."""

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from contracts import database, live
from contracts.panes import MINUTE, TEN_SECONDS, Dimension
from jobs.streaming.lease import Holder
from jobs.streaming.object_store import ObjectStore
from tests.integration import other_release
from tests.integration.conftest import Job, Shop, eventually
from tests.integration.known_set import message, web_event
from tests.integration.spark_in_bucket import SparkInBucket
from tests.integration.test_bad_input import run
from tests.object_server import ObjectServer

pytestmark = pytest.mark.timeout(550)


@pytest.fixture
def now(shop: Shop) -> dt.datetime:
    moment: dt.datetime = database.rows(shop.connection, "select clock_timestamp()")[0][0]
    shop.connection.rollback()
    return moment


@pytest.fixture
def object_server(tmp_path: Path) -> Iterator[ObjectServer]:
    with ObjectServer(tmp_path) as server:
        server.create_bucket("shop")
        yield server


Events = list[tuple[int, dt.datetime]]


def publish(shop: Shop, events: Events) -> None:
    shop.publisher.publish("eventos_web", [message(web_event(number, "login", at)) for number, at in events])


def counted(shop: Shop, events: Events, seconds: int) -> dict[int, int]:
    """By the start of their panes, what the live store says of the panes that hold these events."""
    found = {}
    for start in by_pane(events, seconds):
        value = shop.redis.hget(live.pane_key(seconds, start, Dimension.TOTAL), "")
        found[start] = live.decode_measures(value).eventos if value else 0
    return found


def by_pane(events: Events, seconds: int) -> dict[int, int]:
    return dict(Counter(int(at.timestamp()) // seconds * seconds for _, at in events))


def rows_reach(shop: Shop, job: Job, count: int) -> None:
    def rows() -> int:
        assert job.process.poll() is None, job.output
        status = live.read_status(shop.redis)
        return status.rows if status else 0

    eventually(rows, lambda it: it == count, seconds=150)


def newest_rebuild(shop: Shop) -> int:
    return int(shop.rows("select coalesce(max(numero), 0) from operacao.recomposicoes")[0][0])


def rebuilt_for_a_new_checkpoint(shop: Shop, before: int) -> None:
    eventually(
        lambda: shop.rows("select motivo, situacao from operacao.recomposicoes where numero > %s", (before,)),
        lambda it: set(it) == {("novo_checkpoint", "concluida")},
        seconds=120,
    )


def test_an_upgrade_goes_on_with_equal_results_or_is_refused_with_the_way_out(
    shop: Shop, now: dt.datetime, object_server: ObjectServer
) -> None:
    """And the spool is a bucket."""
    shop.environment |= {
        "VITRINE_STREAMING_SPOOL": "gs://shop/live/spool",
        "VITRINE_STORAGE_ENDPOINT": object_server.endpoint,
    }
    first = [(i, now - dt.timedelta(seconds=20 * i)) for i in range(20)]
    job = shop.start("jobs.streaming", "run")
    publish(shop, [*first, *first[:5]])
    rows_reach(shop, job, 20)
    assert job.stop() == 0, job.output

    for change in other_release.CHANGES:
        refused = run(shop, "tests.integration.other_release", change, "run")
        assert refused.code == 2, refused.output
        assert change in refused.last_words
        assert "Way out: remove it" in refused.last_words
        assert "rebuilt from Postgres" in refused.last_words
        assert "Traceback" not in refused.output

    # What may change, with events that came before the upgrade coming again after it.
    shop.environment |= {
        "VITRINE_WATERMARK_DELAY_SECONDS": "700",
        "VITRINE_DEDUPE_HORIZON_SECONDS": "900",
        "VITRINE_STREAMING_BATCH_ROWS": "7",
        "VITRINE_STREAMING_TRIGGER_SECONDS": "0.5",
        "VITRINE_STREAMING_MASTER": "local[1]",
        "VITRINE_STREAMING_DRIVER_MEMORY": "800m",
    }
    more = [(100 + i, now - dt.timedelta(seconds=15 * i)) for i in range(20)]
    job = shop.start("jobs.streaming", "run")
    publish(shop, [*first, *more])
    rows_reach(shop, job, 40)
    assert job.stop() == 0, job.output
    assert counted(shop, first + more, MINUTE) == by_pane(first + more, MINUTE)
    assert counted(shop, first + more, TEN_SECONDS) == by_pane(first + more, TEN_SECONDS)
    # It is the same generation of panes: nothing had to be rebuilt.
    assert str(shop.redis.get(live.FENCE)).startswith("b'1:")
    assert ObjectStore("shop", "live/spool", endpoint=object_server.endpoint).sizes()


def test_a_lost_checkpoint_and_then_a_lost_spool_too_end_in_the_right_panes(shop: Shop, now: dt.datetime) -> None:
    # Java takes such names from the locale, and Spark takes apart the options that they are in.
    folder = shop.folder / "Área de Joana d'Arc"
    shop.environment |= {"VITRINE_STREAMING_FOLDER": str(folder), "LC_ALL": "C.UTF-8"}
    shop.start("jobs.ingest", "run")
    job = shop.start("jobs.streaming", "run")
    first = [(i, now - dt.timedelta(seconds=20 * i)) for i in range(20)]
    publish(shop, first)
    rows_reach(shop, job, 20)
    job.kill()
    # It may have died in the middle of one of its own.
    before = newest_rebuild(shop)

    shutil.rmtree(folder / "checkpoint")
    more = [(100 + i, now - dt.timedelta(seconds=15 * i)) for i in range(20)]
    publish(shop, [*first, *more])
    job = shop.start("jobs.streaming", "run")
    rows_reach(shop, job, 40)
    eventually(lambda: counted(shop, first + more, MINUTE), lambda it: it == by_pane(first + more, MINUTE), seconds=60)
    rebuilt_for_a_new_checkpoint(shop, before)
    job.kill()
    before = newest_rebuild(shop)

    shutil.rmtree(folder / "checkpoint")
    shutil.rmtree(folder / "spool")
    job = shop.start("jobs.streaming", "run")
    eventually(lambda: job.output, lambda it: "streaming runs" in it, seconds=120)
    # As far ahead as the contract allows: a pane that begins after the new generation does.
    ahead = database.rows(shop.connection, "select clock_timestamp()")[0][0] + dt.timedelta(seconds=30)
    shop.connection.rollback()
    last = [(200 + i, ahead) for i in range(3)]
    publish(shop, last)
    eventually(lambda: counted(shop, last, TEN_SECONDS), lambda it: it == by_pane(last, TEN_SECONDS), seconds=120)
    assert counted(shop, first + more, MINUTE) == by_pane(first + more, MINUTE)
    rebuilt_for_a_new_checkpoint(shop, before)
    # What the two that were killed had left for the moment went with the next start, and Java's own is there too.
    (scratch,) = (folder / "scratch").iterdir()
    assert list(scratch.glob("librocksdbjni*"))
    assert job.stop() == 0, job.output


@pytest.fixture
def spark_in_bucket(tmp_path: Path, object_server: ObjectServer) -> Iterator[SparkInBucket]:
    made = SparkInBucket(tmp_path, object_server)
    yield made
    made.close()


def test_a_checkpoint_in_a_bucket_is_gone_on_with_and_refused_by_its_name(
    shop: Shop, now: dt.datetime, object_server: ObjectServer, spark_in_bucket: SparkInBucket
) -> None:
    shop.environment |= spark_in_bucket.environment
    first = [(i, now - dt.timedelta(seconds=20 * i)) for i in range(20)]
    job = shop.start("jobs.streaming", "run")
    publish(shop, first)
    rows_reach(shop, job, 20)
    job.kill()

    more = [(100 + i, now - dt.timedelta(seconds=15 * i)) for i in range(20)]
    publish(shop, [*first, *more])
    job = shop.start("jobs.streaming", "run")
    rows_reach(shop, job, 40)
    assert counted(shop, first + more, MINUTE) == by_pane(first + more, MINUTE)
    assert counted(shop, first + more, TEN_SECONDS) == by_pane(first + more, TEN_SECONDS)
    # What Redis loses is in the bucket too: there is no ingest here, so Postgres knows of nothing.
    shop.redis.flushall()
    more.append((900, now + dt.timedelta(seconds=20)))
    publish(shop, more[-1:])
    rows_reach(shop, job, 41)
    assert job.stop() == 0, job.output
    assert counted(shop, first + more, MINUTE) == by_pane(first + more, MINUTE)
    assert counted(shop, first + more, TEN_SECONDS) == by_pane(first + more, TEN_SECONDS)
    # It is the same generation of panes.
    generation, batch = str(shop.redis.get(live.FENCE)).strip("b'").split(":")
    assert generation == "1"
    assert "streaming runs" in job.output
    assert "gs://shop/live/checkpoint" in job.output

    # All of it is in the bucket, and nothing of it on this machine's disk.
    folder = Path(shop.environment["VITRINE_STREAMING_FOLDER"])
    assert {"commits", "metadata", "offsets", "state"} <= {
        it.name for it in (spark_in_bucket.folder / "live" / "checkpoint").iterdir()
    }
    notes = {it.name for it in object_server.bucket("shop").list_blobs(prefix="live/", delimiter="/")}
    assert notes == {"live/generation.json", "live/recompute.json"}
    assert {it.name for it in folder.iterdir()} & {"checkpoint", "generation.json", "recompute.json"} == set()
    # A batch's entry is asked for once by each job that comes to it.
    entries = {
        int(name.rpartition("/")[2]): count for name, count in spark_in_bucket.reads.items() if "offsets" in name
    }
    assert max(entries) == int(batch)
    assert max(entries.values()) <= 2

    shutil.rmtree(folder / "spool")
    refused = run(shop, "jobs.streaming", "run")
    assert refused.code == 1, refused.output
    assert refused.last_words.endswith(
        "Way out: remove the streaming checkpoint; a new one starts before the oldest kept segment, and panes are "
        "rebuilt from Postgres. The checkpoint is gs://shop/live/checkpoint"
    )
    assert "Traceback" not in refused.output


def test_a_second_job_on_the_same_bucket_is_refused_and_the_first_goes_on(
    shop: Shop, now: dt.datetime, object_server: ObjectServer, spark_in_bucket: SparkInBucket
) -> None:
    shop.environment |= {**spark_in_bucket.environment, "VITRINE_STREAMING_SPOOL": "gs://shop/live/spool"}
    first = [(i, now - dt.timedelta(seconds=20 * i)) for i in range(20)]
    job = shop.start("jobs.streaming", "run")
    publish(shop, first)
    rows_reach(shop, job, 20)

    # Of its own is nothing but what is scratch.
    shop.environment["VITRINE_STREAMING_FOLDER"] = str(shop.folder / "second")
    second = run(shop, "jobs.streaming", "run")
    assert second.code == 1, second.output
    assert f"another streaming job (process {_sealer(object_server)} on " in second.last_words
    assert (
        "seals into gs://shop/live/spool: stop it, or give this one its own VITRINE_STREAMING_SPOOL"
        in second.last_words
    )
    assert "Traceback" not in second.output

    more = [(100 + i, now - dt.timedelta(seconds=15 * i)) for i in range(20)]
    publish(shop, [*first, *more])
    rows_reach(shop, job, 40)
    assert counted(shop, first + more, MINUTE) == by_pane(first + more, MINUTE)
    assert job.stop() == 0, job.output


def _sealer(object_server: ObjectServer) -> int:
    """The process that the lease names."""
    lease = object_server.bucket("shop").blob("live/spool/LEASE").download_as_bytes()
    return msgspec.json.decode(lease, type=Holder).process
