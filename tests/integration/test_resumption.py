"""A streaming job goes on after an upgrade or a loss, or says why not and what to do. The way back is real."""

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts import database, live
from contracts.panes import MINUTE, TEN_SECONDS, Dimension
from jobs.streaming.object_store import ObjectStore
from tests.integration import other_release
from tests.integration.conftest import Job, Shop, eventually
from tests.integration.known_set import message, web_event
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
    folder = Path(shop.environment["VITRINE_STREAMING_FOLDER"])
    shop.start("jobs.ingest", "run")
    job = shop.start("jobs.streaming", "run")
    first = [(i, now - dt.timedelta(seconds=20 * i)) for i in range(20)]
    publish(shop, first)
    rows_reach(shop, job, 20)
    job.kill()

    shutil.rmtree(folder / "checkpoint")
    more = [(100 + i, now - dt.timedelta(seconds=15 * i)) for i in range(20)]
    publish(shop, [*first, *more])
    job = shop.start("jobs.streaming", "run")
    rows_reach(shop, job, 40)
    eventually(lambda: counted(shop, first + more, MINUTE), lambda it: it == by_pane(first + more, MINUTE), seconds=60)
    job.kill()

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
    eventually(
        lambda: shop.rows("select motivo, situacao from operacao.recomposicoes where numero > 1 order by numero"),
        lambda it: len(it) >= 2 and set(it) == {("novo_checkpoint", "concluida")},
        seconds=120,
    )
    assert job.stop() == 0, job.output
