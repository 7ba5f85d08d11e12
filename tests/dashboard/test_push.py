"""Hub and poller: what reaches a viewer, without Redis and without HTTP."""

import asyncio
import datetime as dt
import itertools
import json
import queue
from zoneinfo import ZoneInfo

import msgspec
import pytest

from contracts.clock import WALL, ShopClock
from contracts.errors import LiveStoreUnavailable
from dashboard.data.orders import Orders
from dashboard.formats import Formats
from dashboard.hub import Hub, Topic
from dashboard.poller import Poller
from tests.dashboard.test_live_view import STATUS, reading

PT, EN = Topic("15min", "pt"), Topic("15min", "en")
FORMATS = {it: Formats(it, ZoneInfo("America/Sao_Paulo")) for it in ("pt", "en")}


class Store:
    """Answers ``status``, or raises it where it is an error."""

    def __init__(self, status):
        self.said = status
        self.read_windows = []
        self.versions = iter(())

    def status(self):
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    def version(self):
        return next(self.versions, None)

    def read(self, names, status, now):
        self.read_windows.append(set(names))
        return {it: msgspec.structs.replace(reading(), now=now, status=status) for it in names}


def poller(store, *, clock=WALL, live_since=None):
    return Poller(
        store,
        FORMATS,
        clock=lambda: clock,
        live_since=lambda: live_since,
        orders=Orders,
        last_week=lambda: None,
        wanted=lambda: {PT: 1},
        publish=lambda frames: None,
        interval_seconds=0.01,
    )


def states(frames):
    return {topic.language: json.loads(frame)["state"]["label"] for topic, frame in frames.items()}


def fresh():
    return msgspec.structs.replace(STATUS, newest_event=dt.datetime.now(dt.UTC).timestamp())


def test_a_window_is_read_once_for_all_its_languages():
    store = Store(fresh())
    assert states(poller(store).frames([PT, EN])) == {"pt": "Ao vivo", "en": "Live"}
    assert store.read_windows == [{"15min"}]


def test_nothing_is_read_before_the_first_event():
    store = Store(None)
    assert states(poller(store).frames([PT])) == {"pt": "Iniciando"}
    assert store.read_windows == []


def test_a_store_that_is_away_is_said_since_its_first_failure_and_forgotten_when_it_is_back():
    store = Store(LiveStoreUnavailable("reading panes: secret-host:6379 refused"))
    subject = poller(store)
    first, second = subject.frames([PT])[PT], subject.frames([PT])[PT]
    assert json.loads(first)["state"]["kind"] == "away"
    assert json.loads(first)["state"] == json.loads(second)["state"]
    assert b"secret-host" not in first
    store.said = fresh()
    assert json.loads(subject.frames([PT])[PT])["state"]["kind"] == "live"


def test_a_frame_follows_each_batch():
    store, published = Store(fresh()), queue.Queue()
    store.versions = (b"%d" % it for it in itertools.count())
    subject = Poller(
        store,
        FORMATS,
        clock=lambda: WALL,
        live_since=lambda: None,
        orders=Orders,
        last_week=lambda: None,
        wanted=lambda: {PT: 1},
        publish=published.put,
        interval_seconds=0.01,
    )
    subject.start()
    for _ in range(3):
        assert states(published.get(timeout=10)) == {"pt": "Ao vivo"}
    subject.stop()


def test_an_unexpected_error_does_not_end_the_page():
    store = Store(ValueError("not a pane"))
    assert states(poller(store).frames([PT])) == {"pt": "Fora do ar"}


def test_a_shop_that_runs_faster_than_the_wall_has_no_live_page():
    epoch = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    fast = ShopClock(wall_epoch=epoch, shop_epoch=epoch, speed=1440.0)
    assert states(poller(Store(fresh()), clock=fast).frames([EN])) == {"en": "Live is off"}


def test_what_is_known_of_the_first_live_order_reaches_every_frame():
    now = dt.datetime.now(dt.UTC).timestamp()

    def deltas(live_since):
        frame = poller(Store(fresh()), live_since=live_since).frames([PT])[PT]
        return {it["delta"]["text"] for it in json.loads(frame)["body"]["tiles"]}

    assert "sem comparação" not in deltas(None)
    assert deltas(now) == {"sem comparação"}


def test_a_slow_viewer_gets_the_newest_frame_only():
    async def scenario():
        hub = Hub()
        with hub.viewer(PT) as mailbox:
            hub.publish({PT: b"1"})
            hub.publish({PT: b"2", EN: b"x"})
            return [await mailbox.get(1), await mailbox.get(0.01)]

    assert asyncio.run(scenario()) == [b"2", None]


def test_a_second_viewer_gets_the_last_frame_at_once_and_the_last_one_leaves_nothing_behind():
    async def scenario():
        hub = Hub()
        with hub.viewer(PT):
            hub.publish({PT: b"1"})
            with hub.viewer(PT) as second:
                assert await second.get(1) == b"1"
            assert hub.wanted() == {PT: 1}
        return hub.wanted(), hub.has_frame(PT)

    assert asyncio.run(scenario()) == ({}, False)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_closed_hub_ends_every_stream(when):
    async def scenario():
        hub = Hub()
        if when == "before":
            hub.close()
        with hub.viewer(PT) as mailbox:
            if when == "after":
                hub.close()
            return await mailbox.get(1), mailbox.is_closed

    assert asyncio.run(scenario()) == (None, True)
