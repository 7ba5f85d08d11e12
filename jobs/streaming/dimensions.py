"""Who a product or customer was at an event's time: kept in memory, from Redis, from Postgres."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Generic, cast
from uuid import UUID

import redis

from contracts import database, dimension_versions, dimensions, log
from contracts.dimensions import CustomerVersion, ProductVersion, Version
from contracts.errors import LiveStoreUnavailable
from contracts.live_store import translated
from contracts.settings import Settings

# How old a kept answer may be: live categories and segments may lag by two minutes at most.
_KEPT_SECONDS = 30.0
# What nobody knows is asked for again soon: its message may just be on the way.
_UNKNOWN_KEPT_SECONDS = 2.0
_MOST_KEPT = 200_000


class _Kept(Generic[Version]):
    """Versions by id, each with the time until which they may be used."""

    def __init__(self, key: str, decode: Callable[[bytes], list[Version]], read: Any) -> None:
        self.key = key
        self.decode: Callable[[bytes], list[Version]] = decode
        self.read = read
        self._versions: dict[UUID, tuple[float, list[Version]]] = {}

    def missing(self, identities: Iterable[UUID], now: float) -> list[UUID]:
        return [it for it in identities if it not in self._versions or self._versions[it][0] < now]

    def keep(self, identity: UUID, versions: list[Version], now: float) -> None:
        if len(self._versions) >= _MOST_KEPT:
            self._versions.clear()
        self._versions[identity] = (now + (_KEPT_SECONDS if versions else _UNKNOWN_KEPT_SECONDS), versions)

    def at(self, identity: UUID, instant: int) -> Version | None:
        kept = self._versions.get(identity)
        return dimensions.at(kept[1], instant) if kept else None


class DimensionLookup:
    """Looks up many at once with ``prepare``, then answers from memory.

    Redis is asked first, Postgres for what Redis does not have or when it is away. ``prepare`` raises
    ``TransientError`` when both are away: the caller then waits, for a guess would stay for ever.
    """

    def __init__(self, settings: Settings, client: redis.Redis) -> None:
        self._settings = settings
        self._client = client
        self._connection: database.Connection | None = None
        self._products: _Kept[ProductVersion] = _Kept(
            dimensions.PRODUCTS, dimensions.decode_products, dimension_versions.read_products
        )
        self._customers: _Kept[CustomerVersion] = _Kept(
            dimensions.CUSTOMERS, dimensions.decode_customers, dimension_versions.read_customers
        )

    def prepare(self, products: Iterable[UUID], customers: Iterable[UUID]) -> None:
        """Have these ready. Raises ``TransientError`` when neither store answers."""
        now = time.monotonic()
        self._fill(self._products, products, now)
        self._fill(self._customers, customers, now)

    def product(self, identity: UUID, instant: int) -> ProductVersion | None:
        """The product as of ``instant`` (epoch microseconds), None where nobody knows it."""
        return self._products.at(identity, instant)

    def customer(self, identity: UUID, instant: int) -> CustomerVersion | None:
        """The customer as of ``instant`` (epoch microseconds), None where nobody knows them."""
        return self._customers.at(identity, instant)

    def _fill(self, kept: "_Kept[Any]", identities: Iterable[UUID], now: float) -> None:
        missing = kept.missing(identities, now)
        if not missing:
            return
        unknown = missing
        try:
            with translated(f"looking up {kept.key}"):
                fields = [dimensions.field(it) for it in missing]
                values = cast("list[bytes | None]", self._client.hmget(kept.key, fields))
            for identity, value in zip(missing, values, strict=True):
                if value is not None:
                    kept.keep(identity, kept.decode(value), now)
            unknown = [identity for identity, value in zip(missing, values, strict=True) if value is None]
        except LiveStoreUnavailable as problem:
            log.get(__name__).warning("dimensions are looked up in Postgres", problem=str(problem))
        if unknown:
            self._fill_from_postgres(kept, unknown, now)

    def _fill_from_postgres(self, kept: "_Kept[Any]", identities: list[UUID], now: float) -> None:
        try:
            if self._connection is None:
                self._connection = database.connect(self._settings, application="streaming-dimensions")
            with database.translated("looking up dimensions"):
                found = kept.read(self._connection, identities)
                self._connection.rollback()
        except Exception:
            self._connection = None
            raise
        for identity, versions in found.items():
            kept.keep(identity, versions[: dimensions.VERSIONS_KEPT], now)
