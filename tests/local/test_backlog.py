import datetime as dt
from typing import Any

import msgspec

from contracts import backlog
from contracts.heartbeat import Beat
from contracts.topology import Subscription, Topic, Topology
from local import stillness

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def subscription(topic: str, consumer: str) -> Subscription:
    return msgspec.convert(
        {
            "topic": topic,
            "consumer": consumer,
            "ack_deadline_seconds": 60,
            "retention_seconds": 600,
            "dead_letter": None,
            "replay_snapshot": False,
        },
        type=Subscription,
    )


TOPOLOGY = Topology(
    topics={"vendas": Topic(retention_seconds=600), "web": Topic(retention_seconds=600)},
    subscriptions={
        "vendas-p": subscription("vendas", "ingest"),
        "vendas-t": subscription("vendas", "streaming"),
        "web-p": subscription("web", "ingest"),
        "web-i": subscription("web", "people"),
    },
)


def beat(part: str, data: dict[str, Any], *, at: float = 0, state: str = "ativo", age: float = 1) -> Beat:
    return Beat(part, f"host-1-{part}", state, data, NOON + dt.timedelta(seconds=at), age)


BEATS = [
    beat("simuladores", {"publicados": {"vendas": 100, "web": 1000}}),
    beat("simuladores", {"publicados": {"vendas": 20}}, state="parado"),
    beat("ingest", {"recebidos": {"vendas-p": 90, "web-p": 1000}}),
    beat("streaming", {"recebidos": {"vendas-t": 120}}),
]


def test_the_backlog_is_what_was_published_and_not_acknowledged() -> None:
    assert backlog.backlog(TOPOLOGY, BEATS, {}) == {"vendas-p": 30, "vendas-t": 0, "web-p": 0}


def test_after_a_baseline_only_what_was_put_back_waits() -> None:
    base = stillness.baseline(TOPOLOGY, BEATS, {"vendas": 7})
    assert backlog.backlog(TOPOLOGY, BEATS, base) == {"vendas-p": 7, "vendas-t": 7, "web-p": 0}


def test_deliveries_that_came_twice_do_not_make_a_negative_backlog() -> None:
    beats = [*BEATS, beat("ingest", {"recebidos": {"web-p": 5}})]
    assert backlog.backlog(TOPOLOGY, beats, {})["web-p"] == 0


def test_producers_are_still_when_each_living_one_said_so_after_the_request() -> None:
    since = NOON.timestamp()
    paused = beat("simuladores", {"pausado": True, "pendentes": 900}, at=1)
    gone = beat("simuladores", {"pausado": False}, at=-100, age=100)
    assert stillness.producers_are_still([paused, gone], since=since)
    assert not stillness.producers_are_still([paused, beat("simuladores", {"pausado": False}, at=1)], since=since)
    assert not stillness.producers_are_still(
        [beat("simuladores", {"pausado": True, "pendentes": 0}, at=-1)], since=since
    ), "said before it was asked"


def test_consumers_are_idle_two_seconds_after_their_last_message() -> None:
    since = NOON.timestamp()

    def consumer(at: float, **data: float) -> Beat:
        return beat("ingest", {"pendentes": 0, "ultimo_recebido": since - 60, **data}, at=at)

    assert stillness.consumers_are_idle([consumer(2)], since=since)
    assert not stillness.consumers_are_idle([consumer(1.9)], since=since)
    assert not stillness.consumers_are_idle([consumer(2, pendentes=1)], since=since)
    assert not stillness.consumers_are_idle([consumer(3, ultimo_recebido=since + 1.5)], since=since)
    assert stillness.consumers_are_idle([consumer(4, ultimo_recebido=since + 1.5)], since=since)
