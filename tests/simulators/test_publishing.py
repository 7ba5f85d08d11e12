"""The outbox: order, patience, pauses, bounds. The broker is a double that fails on request."""

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from contracts.broker import Message
from contracts.errors import BrokerRefused, BrokerUnavailable
from simulators import publishing
from simulators.agenda import Outgoing
from simulators.publishing import Outbox

WEB, SALES, PRODUCTS = 1, 0, 2


class FakeBroker:
    """Accepts messages, or fails as often as ``failures`` says, having accepted them or not."""

    def __init__(self, failures: int = 0, *, accepts_before_failing: bool = False) -> None:
        self.accepted: list[tuple[str, bytes]] = []
        self.attempts = 0
        self.away = threading.Event()
        self._failures = failures
        self._accepts = accepts_before_failing

    def publish(self, topic: str, messages: Sequence[Message], *, timeout_seconds: float = 60) -> None:
        self.attempts += 1
        assert timeout_seconds <= 15
        assert messages[0].attributes == {"schema_version": "1", "produced_at": "2026-11-23T12:00:00.000000Z"}
        if self.away.is_set() or self.attempts <= self._failures:
            if self._accepts:
                self.accepted += [(topic, it.payload) for it in messages]
            raise BrokerUnavailable("away")
        self.accepted += [(topic, it.payload) for it in messages]

    def close(self) -> None:
        pass


def outgoing(*payloads: bytes, source: int = WEB) -> list[Outgoing]:
    return [Outgoing(source, it, "2026-11-23T12:00:00.000000Z") for it in payloads]


def eventually(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "_FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(publishing, "_LONGEST_WAIT_SECONDS", 0.01)


def test_batches_are_published_in_order_and_counted_by_topic() -> None:
    broker = FakeBroker()
    with Outbox(lambda: broker, capacity=100) as outbox:
        outbox.put(1, outgoing(b"a", b"b"))
        outbox.put(2, outgoing(b"c") + outgoing(b"sale", source=SALES))
        assert outbox.drain(10)

    assert [payload for topic, payload in broker.accepted if topic == "eventos_web"] == [b"a", b"b", b"c"]
    assert outbox.published == {
        "transacoes_vendas": 1,
        "eventos_web": 3,
        "catalogo_produtos": 0,
        "dados_clientes": 0,
    }
    assert (outbox.published_batch, outbox.waiting) == (2, 0)


def test_a_broker_that_is_away_loses_nothing_and_changes_no_order() -> None:
    broker = FakeBroker(failures=7)
    with Outbox(lambda: broker, capacity=1_000) as outbox:
        for number in range(1, 101):
            outbox.put(number, outgoing(b"%d" % number))
        assert outbox.drain(10)

    assert [payload for _topic, payload in broker.accepted] == [b"%d" % it for it in range(1, 101)]


def test_what_a_broken_answer_left_open_is_published_again_whole() -> None:
    broker = FakeBroker(failures=1, accepts_before_failing=True)
    with Outbox(lambda: broker, capacity=1_000) as outbox:
        outbox.put(1, outgoing(b"a", b"b"))
        assert outbox.drain(10)

    assert [payload for _topic, payload in broker.accepted] == [b"a", b"b", b"a", b"b"]


def test_a_batch_of_several_requests_is_published_in_order_products_first() -> None:
    requests: list[tuple[str, int]] = []

    class Recording(FakeBroker):
        def publish(self, topic: str, messages: Sequence[Message], *, timeout_seconds: float = 60) -> None:
            super().publish(topic, messages, timeout_seconds=timeout_seconds)
            requests.append((topic, len(messages)))

    broker = Recording()
    web = [b"%d" % it for it in range(2_500)]
    with Outbox(lambda: broker, capacity=10_000) as outbox:
        outbox.put(1, outgoing(*web) + outgoing(b"product", source=PRODUCTS))
        assert outbox.drain(10)

    assert requests == [("catalogo_produtos", 1), *(("eventos_web", it) for it in (1_000, 1_000, 500))]
    assert [payload for topic, payload in broker.accepted if topic == "eventos_web"] == web


def test_of_a_batch_of_several_requests_only_what_failed_is_published_again() -> None:
    class AwayOnce(FakeBroker):
        def publish(self, topic: str, messages: Sequence[Message], *, timeout_seconds: float = 60) -> None:
            if self.attempts == 1:
                self.attempts += 1
                raise BrokerUnavailable("away")
            super().publish(topic, messages, timeout_seconds=timeout_seconds)

    broker = AwayOnce()
    web = [b"%d" % it for it in range(2_500)]
    with Outbox(lambda: broker, capacity=10_000) as outbox:
        outbox.put(1, outgoing(*web))
        assert outbox.drain(10)

    assert broker.attempts == 4
    assert [payload for _topic, payload in broker.accepted] == web


def test_batches_are_not_done_before_the_last_request_is_accepted() -> None:
    class AwayAfterOne(FakeBroker):
        def publish(self, topic: str, messages: Sequence[Message], *, timeout_seconds: float = 60) -> None:
            super().publish(topic, messages, timeout_seconds=timeout_seconds)
            if self.attempts == 1:
                self.away.set()

    broker = AwayAfterOne()
    with Outbox(lambda: broker, capacity=10_000) as outbox:
        outbox.put(1, outgoing(*(b"%d" % it for it in range(1_500))))
        eventually(lambda: broker.attempts > 2)
        assert (outbox.published_batch, outbox.waiting) == (0, 1_500)
        broker.away.clear()
        assert outbox.drain(10)
        assert (outbox.published_batch, outbox.waiting) == (1, 0)

    assert [payload for _topic, payload in broker.accepted] == [b"%d" % it for it in range(1_500)]


def test_a_pause_holds_between_two_requests_of_a_batch() -> None:
    outboxes: list[Outbox] = []

    class PausesAfterOne(FakeBroker):
        def publish(self, topic: str, messages: Sequence[Message], *, timeout_seconds: float = 60) -> None:
            super().publish(topic, messages, timeout_seconds=timeout_seconds)
            if self.attempts == 1:
                outboxes[0].pause(True)

    broker = PausesAfterOne()
    with Outbox(lambda: broker, capacity=10_000) as outbox:
        outboxes.append(outbox)
        outbox.put(1, outgoing(*(b"%d" % it for it in range(2_000))))
        eventually(lambda: outbox.is_paused)
        assert (broker.attempts, len(broker.accepted)) == (1, 1_000)
        outbox.pause(False)
        assert outbox.drain(10)

    assert [payload for _topic, payload in broker.accepted] == [b"%d" % it for it in range(2_000)]


def test_a_full_outbox_says_so_until_the_broker_is_back() -> None:
    broker = FakeBroker()
    broker.away.set()
    with Outbox(lambda: broker, capacity=3) as outbox:
        outbox.put(1, outgoing(b"a", b"b"))
        assert not outbox.is_full
        outbox.put(2, outgoing(b"c"))
        assert outbox.is_full
        broker.away.clear()
        assert outbox.drain(10)
        assert not outbox.is_full


def test_during_a_pause_nothing_is_published_and_afterwards_everything() -> None:
    broker = FakeBroker()
    with Outbox(lambda: broker, capacity=100) as outbox:
        outbox.pause(True)
        assert outbox.is_paused
        outbox.put(1, outgoing(b"a"))
        assert not outbox.drain(0.1)
        assert broker.attempts == 0
        outbox.pause(False)
        assert outbox.drain(10)
        assert not outbox.is_paused

    assert [payload for _topic, payload in broker.accepted] == [b"a"]


def test_a_pause_also_holds_while_the_broker_is_away() -> None:
    broker = FakeBroker()
    broker.away.set()
    with Outbox(lambda: broker, capacity=100) as outbox:
        outbox.put(1, outgoing(b"a"))
        eventually(lambda: broker.attempts > 2)
        outbox.pause(True)
        eventually(lambda: outbox.is_paused)
        attempts = broker.attempts
        broker.away.clear()
        assert not outbox.drain(0.1)
        assert broker.attempts == attempts
        outbox.pause(False)
        assert outbox.drain(10)


def test_a_broker_that_keeps_refusing_stops_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "_REFUSALS_SECONDS", 0.05)

    class Refusing(FakeBroker):
        def publish(self, topic: str, messages: Sequence[Message], *, timeout_seconds: float = 60) -> None:
            raise BrokerRefused(f"{topic} does not exist")

    with Outbox(Refusing, capacity=100) as outbox:
        outbox.put(1, outgoing(b"a"))
        assert not outbox.drain(10) or outbox.waiting
        with pytest.raises(BrokerRefused, match="does not exist"):
            outbox.check()


def test_closing_gives_up_on_a_broker_that_is_away() -> None:
    broker = FakeBroker()
    broker.away.set()
    with Outbox(lambda: broker, capacity=100) as outbox:
        outbox.put(1, outgoing(b"a"))
        eventually(lambda: broker.attempts > 0)

    assert outbox.published_batch == 0
