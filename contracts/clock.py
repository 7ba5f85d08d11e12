"""The shop's clock: one "now" for validation, windows, lives and schedules, agreed through Postgres.

At speed 1 with equal epochs it is the wall's clock. At another speed a wall's minute may be a shop's
day; then only history moves, and the live path is off.
"""

import datetime as dt
import time

import msgspec

from contracts.database import Connection
from contracts.errors import UsageError


class ShopClock(msgspec.Struct, frozen=True, kw_only=True):
    """``shop = shop_epoch + (wall - wall_epoch) * speed``; both epochs are aware."""

    wall_epoch: dt.datetime
    shop_epoch: dt.datetime
    speed: float

    def now(self) -> dt.datetime:
        """The shop's now, aware, UTC."""
        return self.at(dt.datetime.fromtimestamp(time.time(), dt.UTC))

    def at(self, wall: dt.datetime) -> dt.datetime:
        """The shop's time at a moment of the wall's clock."""
        return self.shop_epoch + (wall - self.wall_epoch) * self.speed

    def wall_at(self, shop: dt.datetime) -> dt.datetime:
        """The wall's time at a moment of the shop's clock."""
        return self.wall_epoch + (shop - self.shop_epoch) / self.speed

    def wall_seconds_until(self, shop: dt.datetime) -> float:
        """Seconds of the wall's clock until the shop's clock shows ``shop``; never negative."""
        return max(0.0, (shop - self.now()).total_seconds() / self.speed)

    def day(self, zone: dt.tzinfo) -> dt.date:
        """The shop's calendar day."""
        return self.now().astimezone(zone).date()

    def has_left_the_day_of(self, instant: dt.datetime | None, zone: dt.tzinfo) -> bool:
        """Whether the shop's calendar day is later than that of ``instant`` (aware), or there was none."""
        return instant is None or self.day(zone) > instant.astimezone(zone).date()

    @property
    def is_live(self) -> bool:
        """Whether the live path runs: only when the shop's clock is the wall's."""
        return self.speed == 1.0 and self.wall_epoch == self.shop_epoch


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def epoch_micros(moment: dt.datetime) -> int:
    """Microseconds since 1970 of an aware time, exactly: a float would lose the last digits."""
    return (moment - _EPOCH) // _MICROSECOND


WALL = ShopClock(
    wall_epoch=dt.datetime(2000, 1, 1, tzinfo=dt.UTC), shop_epoch=dt.datetime(2000, 1, 1, tzinfo=dt.UTC), speed=1.0
)


def agree(connection: Connection, *, speed: float = 1.0, start: dt.datetime | None = None) -> ShopClock:
    """The clock that all processes share. The first caller on a database makes it; commits.

    It begins at ``start``, or at the wall's now where that is None. A later caller with another ``speed``
    changes the pace from now on without a jump; another ``start`` changes nothing any more. Raises
    ``UsageError`` when that would bring a shop that ran ahead back to the wall's pace, because its
    events already lie in the wall's future.
    """
    cursor = connection.cursor()
    cursor.execute(
        "insert into operacao.relogio (epoca_real, epoca_loja, velocidade) values "
        "(case when %s::timestamptz is null then timestamptz '2000-01-01Z' else clock_timestamp() end, "
        "coalesce(%s::timestamptz, timestamptz '2000-01-01Z'), 1) on conflict do nothing",
        (start, start),
    )
    cursor.execute("select epoca_real, epoca_loja, velocidade from operacao.relogio for update")
    wall_epoch, shop_epoch, stored_speed = cursor.fetchone()
    clock = ShopClock(wall_epoch=wall_epoch, shop_epoch=shop_epoch, speed=float(stored_speed))
    if speed != clock.speed:
        wall = dt.datetime.fromtimestamp(time.time(), dt.UTC)
        if speed == 1.0 and not clock.is_live:
            connection.rollback()
            raise UsageError(
                f"VITRINE_SHOP_SPEED=1: this shop has run at speed {clock.speed:g} and is at "
                f"{clock.at(wall).isoformat()}; start afresh (make local RESET=1) to go back to the wall's clock"
            )
        clock = ShopClock(wall_epoch=wall, shop_epoch=clock.at(wall), speed=speed)
        cursor.execute(
            "update operacao.relogio set epoca_real = %s, epoca_loja = %s, velocidade = %s",
            (clock.wall_epoch, clock.shop_epoch, clock.speed),
        )
    connection.commit()
    return clock


def read(connection: Connection) -> ShopClock:
    """The agreed clock, the wall's where nobody made one; changes nothing."""
    cursor = connection.cursor()
    cursor.execute("select epoca_real, epoca_loja, velocidade from operacao.relogio")
    row = cursor.fetchone()
    connection.rollback()
    if row is None:
        return WALL
    return ShopClock(wall_epoch=row[0], shop_epoch=row[1], speed=float(row[2]))
