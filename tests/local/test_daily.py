import datetime as dt
from zoneinfo import ZoneInfo

from contracts.clock import ShopClock
from local.daily import DailyBatch
from tests.local.test_running import FakeChild

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


class ShopAt(ShopClock, frozen=True):
    def now(self) -> dt.datetime:
        return self.shop_epoch


def shop_at(text: str, speed: float = 1.0) -> ShopClock:
    moment = dt.datetime.fromisoformat(text)
    return ShopAt(wall_epoch=moment, shop_epoch=moment, speed=speed)


class Scene:
    def __init__(self) -> None:
        self.children: list[FakeChild] = []
        self.commands: list[str] = []
        self.said: list[str] = []
        self.daily = DailyBatch(SAO_PAULO, start=self._start, say=self.said.append)

    def _start(self, command: str) -> FakeChild:
        self.commands.append(command)
        self.children.append(FakeChild(1))
        return self.children[-1]


NEWEST = dt.datetime.fromisoformat("2026-11-23T15:00:00Z")


def test_a_new_day_begins_at_midnight_in_the_shops_zone() -> None:
    scene = Scene()
    scene.daily.tick(0, shop_at("2026-11-24T02:59:59Z"), NEWEST)
    assert scene.children == []
    scene.daily.tick(1, shop_at("2026-11-24T03:00:00Z"), NEWEST)
    assert len(scene.children) == 1
    assert scene.said == ["the shop's day is 2026-11-24: running the batch"]


def test_one_run_at_a_time() -> None:
    scene = Scene()
    tomorrow = shop_at("2026-11-24T12:00:00Z")
    scene.daily.tick(0, tomorrow, NEWEST)
    scene.daily.tick(1, tomorrow, NEWEST)
    assert len(scene.children) == 1
    scene.children[0].code = 0
    scene.daily.tick(2, tomorrow, NEWEST)
    scene.daily.tick(3, tomorrow, tomorrow.now())
    assert len(scene.children) == 1


def test_a_run_that_failed_is_tried_again_after_a_minute() -> None:
    scene = Scene()
    tomorrow = shop_at("2026-11-24T12:00:00Z")
    scene.daily.tick(0, tomorrow, NEWEST)
    scene.children[0].code = 1
    scene.daily.tick(1, tomorrow, NEWEST)
    scene.daily.tick(60, tomorrow, NEWEST)
    assert len(scene.children) == 1
    scene.daily.tick(61, tomorrow, NEWEST)
    assert len(scene.children) == 2


def test_the_batch_stays_where_a_day_is_short() -> None:
    for speed, command in ((1.0, "run"), (60.0, "run"), (1440.0, "daily")):
        scene = Scene()
        scene.daily.tick(0, shop_at("2026-11-24T12:00:00Z", speed), NEWEST)
        assert scene.commands == [command]
