"""What Redis tells: the streaming job's last word, and how full it is itself."""

from collections import deque
from typing import Any, cast

import redis
from msgspec import Struct

from contracts import dimensions
from contracts.live_layout import Status, read_status
from contracts.live_store import translated

# Rates are over so long.
RATE_SECONDS = 16.0


class Statuses(Struct, frozen=True, eq=False):
    """The last word, None before the first batch; and the one of a while before, None where there was none."""

    now: Status | None
    before: Status | None


class StatusReader:
    """Reads the status and keeps some of the past ones, so that counters become rates."""

    def __init__(self) -> None:
        self._looks: deque[Status] = deque()

    def read(self, client: redis.Redis) -> Statuses:
        """The status now and at the oldest kept look."""
        now = read_status(client)
        if now is None:
            self._looks.clear()
            return Statuses(None, None)
        # After a while in which nobody looked, what was before is of another time.
        while self._looks and self._looks[0].written_at < now.written_at - RATE_SECONDS:
            self._looks.popleft()
        before = self._looks[0] if self._looks else None
        if before is None or self._looks[-1].written_at != now.written_at:
            self._looks.append(now)
        return Statuses(now, before)


class Memory(Struct, frozen=True, kw_only=True):
    """How full Redis is, in bytes; ``most`` is 0 where nothing bounds it. ``products`` and ``customers`` are hashes."""

    server: str
    used: int
    most: int
    keys: int
    products: int
    customers: int


def read_memory(client: redis.Redis) -> Memory:
    """Memory, keys and version: all of it counters that the server keeps anyway."""
    with translated("reading what Redis says of itself"):
        pipeline = client.pipeline(transaction=False)
        pipeline.info("server")
        pipeline.info("memory")
        pipeline.dbsize()
        pipeline.hlen(dimensions.PRODUCTS)
        pipeline.hlen(dimensions.CUSTOMERS)
        server, memory, keys, products, customers = cast("tuple[Any, Any, int, int, int]", tuple(pipeline.execute()))
    valkey = server.get("valkey_version")
    return Memory(
        server=f"Valkey {valkey}" if valkey else f"Redis {server.get('redis_version', '')}",
        used=int(memory.get("used_memory", 0)),
        most=int(memory.get("maxmemory", 0)),
        keys=keys,
        products=products,
        customers=customers,
    )
