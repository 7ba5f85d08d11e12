import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import pytest

from contracts.broker import Delivery
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.errors import LiveStoreUnavailable
from contracts.pulling import Pulled
from jobs.streaming.segments import FolderStore
from jobs.streaming.spool import Spool

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


class KnownDimensions:
    """Dimensions from a table, instead of Redis and Postgres; may be made to be away."""

    def __init__(self, products: dict[UUID, ProductVersion], customers: dict[UUID, CustomerVersion]) -> None:
        self._products = products
        self._customers = customers
        self.away = False

    def prepare(self, products: Iterable[UUID], customers: Iterable[UUID]) -> None:
        if self.away:
            raise LiveStoreUnavailable("away")

    def product(self, identity: UUID, instant: int) -> ProductVersion | None:
        return self._products.get(identity)

    def customer(self, identity: UUID, instant: int) -> CustomerVersion | None:
        return self._customers.get(identity)


def pulled(subscription: str, payloads: list[bytes]) -> Pulled:
    return Pulled(subscription, [Delivery(str(i), str(i), NOON, it, {}) for i, it in enumerate(payloads)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Spool:
    return Spool(FolderStore(folder))
