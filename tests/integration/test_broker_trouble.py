"""What the streaming job's source does in front of a broker that is away, slow, redelivers or overflows."""

import datetime as dt
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from contracts import broker, topology
from contracts.broker import Message
from jobs.streaming.feeding import Feeding
from jobs.streaming.rows import SEGMENT
from jobs.streaming.spool import Spool
from jobs.streaming.stores import open_store
from tests.integration.conftest import Shop, eventually
from tests.integration.known_set import message, web_event
from tests.integration.proxy import Proxy

pytestmark = pytest.mark.timeout(300)

# Twenty times what an idle shop of 200 events/s publishes in five seconds; a minute of it is 240,000.
BURST = int(os.environ.get("BURST", "20000"))
SPOOL_BYTES = 200_000
# The least that Pub/Sub allows.
ACK_DEADLINE_SECONDS = 10


class Source(NamedTuple):
    """The source without Spark: what is sealed is read, planned and committed by the test."""

    feeding: Feeding
    spool: Spool
    read: list[bytes]

    def drain(self) -> int:
        """Take what is available, as a batch does; how many rows were taken in all."""
        before = self.feeding._committed
        end = self.feeding.available()
        self.feeding.planned(end)
        for table in self.spool.read(range(before + 1, end.seq + 1), SEGMENT):
            self.read.extend(table.column("identidade").to_pylist())
        self.feeding.commit(end)
        return len(self.read)

    def counter(self, name: str) -> int:
        """One of the heartbeat's counters."""
        value = self.feeding._counters()[name]
        assert isinstance(value, int)
        return value


@pytest.fixture
def proxy(shop: Shop) -> Iterator[Proxy]:
    assert shop.settings.pubsub_emulator_host
    with Proxy(shop.settings.pubsub_emulator_host) as started:
        yield started


@pytest.fixture
def source(shop: Shop, proxy: Proxy, tmp_path: Path) -> Iterator[Source]:
    subscriptions = topology.load().subscriptions
    impatient = {
        name: msgspec.structs.replace(it, ack_deadline_seconds=ACK_DEADLINE_SECONDS)
        for name, it in subscriptions.items()
    }
    administrator = broker.Administrator(shop.settings)
    for name in topology.load().consumed_by("streaming"):
        administrator.delete_subscription(name)
    administrator.create(msgspec.structs.replace(topology.load(), subscriptions=impatient))
    spool = Spool(open_store(str(tmp_path / "spool")))
    configuration = shop.settings.model_copy(
        update={"pubsub_emulator_host": proxy.address, "streaming_spool_bytes": SPOOL_BYTES}
    )
    feeding = Feeding(configuration, spool)
    feeding.start()
    feeding.first()
    yield Source(feeding, spool, [])
    feeding._stop.set()
    feeding._thread.join(20)


def visits(count: int) -> list[Message]:
    now = dt.datetime.now(dt.UTC)
    return [message(web_event(it, "login", now)) for it in range(count)]


def test_a_burst_fills_the_spool_to_its_bound_waits_in_the_broker_and_is_drained_each_event_once(
    shop: Shop, source: Source
) -> None:
    shop.publisher.publish("eventos_web", visits(BURST))
    full_at = eventually(lambda: source.counter("nao_confirmados_bytes"), lambda it: it > SPOOL_BYTES, seconds=120)
    since = time.monotonic()
    eventually(lambda: source.counter("pendentes"), lambda it: it >= 1_600)
    # Nothing is committed for longer than the deadline: what waits in memory is delivered once more.
    eventually(lambda: time.monotonic() - since, lambda it: it > ACK_DEADLINE_SECONDS + 1)
    segments = list(source.spool.sizes().values())
    assert source.counter("nao_confirmados_bytes") == sum(segments) == full_at
    # One segment at most goes beyond the bound, and 16 pulls wait, one more in the hand of each of two threads.
    assert sum(segments) <= SPOOL_BYTES + max(segments)
    assert source.counter("pendentes") <= 18 * 100
    sealed = source.counter("selados")
    assert sealed < BURST
    eventually(source.drain, lambda it: it == BURST, seconds=240)
    assert len(set(source.read)) == BURST
    eventually(lambda: source.counter("duplicados"), lambda it: it > 0, seconds=60)
    source.drain()
    assert len(source.read) == BURST
    assert source.counter("nao_confirmados_bytes") == 0


def test_a_broker_that_is_cut_off_and_then_slow_loses_and_doubles_nothing(
    shop: Shop, source: Source, proxy: Proxy, capfd: pytest.CaptureFixture[str]
) -> None:
    events = visits(3_000)
    shop.publisher.publish("eventos_web", events[:1_000])
    eventually(source.drain, lambda it: it == 1_000)
    proxy.away()
    shop.publisher.publish("eventos_web", events[500:2_000])
    said = [""]

    def says(text: str) -> None:
        def so_far() -> str:
            captured = capfd.readouterr()
            said[0] += captured.out + captured.err
            return said[0]

        eventually(so_far, lambda it: text in it)

    says("broker is away, trying on")
    assert source.drain() == 1_000
    proxy.slow(0.02)
    proxy.back()
    says("broker is back")
    shop.publisher.publish("eventos_web", events[2_000:])
    eventually(source.drain, lambda it: it == 3_000, seconds=120)
    eventually(lambda: source.counter("duplicados"), lambda it: it >= 500)
    source.drain()
    assert sorted(set(source.read)) == sorted(source.read)
