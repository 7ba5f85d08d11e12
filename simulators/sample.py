"""The first moments of a shop, without broker, database or ledger: to look at, and to compare with."""

import datetime as dt
from collections.abc import Iterator, Sequence

from simulators.agenda import SOURCES, Journal
from simulators.faults import Faults
from simulators.moments import SECOND, to_microseconds
from simulators.shard import ShardSettings
from simulators.shop import Shop
from simulators.world import World


def open_shop(
    world: World, shards: Sequence[int], *, rate: float, start: dt.datetime, faults: Faults | None = None
) -> Shop:
    """A shop that opens at ``start`` and keeps its whole agenda in memory; its epoch follows from ``start``."""
    opening = to_microseconds(start)
    settings = ShardSettings(epoch=opening // 1000, faults=Faults() if faults is None else faults)
    return Shop(world, shards, rate=rate, start=opening, settings=settings)


def play(shop: Shop, start: dt.datetime, seconds: float) -> Journal:
    """Everything that happens in the first ``seconds``."""
    until = to_microseconds(start) + int(seconds * SECOND)
    shop.foresee(until)
    return shop.advance(until)


def lines(journal: Journal) -> Iterator[bytes]:
    """A line for each message: topic, when it was produced, payload, between tabs."""
    for it in journal.messages:
        yield b"\t".join([SOURCES[it.source].encode(), it.produced.encode(), it.payload]) + b"\n"
