import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from google.cloud import storage

from contracts.broker import Delivery
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.errors import LiveStoreUnavailable
from contracts.pulling import Pulled
from jobs.streaming.bucket_files import BucketFiles
from jobs.streaming.checkpoint import Checkpoint
from jobs.streaming.checkpoint_files import CheckpointFiles, FolderFiles
from jobs.streaming.folder_store import FolderStore
from jobs.streaming.object_store import ObjectStore
from jobs.streaming.segments import SegmentStore
from jobs.streaming.spool import Spool
from tests.object_server import Meddler, ObjectServer

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
    return Pulled(
        subscription, [Delivery(str(i), str(i), NOON, it, {}) for i, it in enumerate(payloads)], NOON.timestamp()
    )


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with ObjectServer(tmp_path_factory.mktemp("objects")) as server:
        yield server


# Opens the same store again, as another process would; the checkpoint's files likewise.
OpenStore = Callable[[], SegmentStore]
OpenFiles = Callable[[], CheckpointFiles]
# Far shorter than any request of the tests takes to come back.
LEASE_SECONDS = 1.0


@pytest.fixture(params=["folder", "bucket"])
def kind(request: pytest.FixtureRequest) -> str:
    """What spool and checkpoint of a test are kept in."""
    return str(request.param)


@pytest.fixture
def open_store(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[OpenStore]:
    opened: list[SegmentStore] = []
    if kind == "bucket":
        server: ObjectServer = request.getfixturevalue("object_server")
        bucket = f"b-{uuid.uuid4().hex[:12]}"
        server.create_bucket(bucket)

    def open_again() -> SegmentStore:
        if kind == "folder":
            opened.append(FolderStore(folder))
        else:
            opened.append(ObjectStore(bucket, "shop/spool", endpoint=server.endpoint, lease_seconds=LEASE_SECONDS))
        return opened[-1]

    yield open_again
    for store in opened:
        store.unlock()


@pytest.fixture
def open_files(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> OpenFiles:
    if kind == "folder":
        return lambda: FolderFiles(tmp_path / "streaming")
    server: ObjectServer = request.getfixturevalue("object_server")
    bucket = f"b-{uuid.uuid4().hex[:12]}"
    server.create_bucket(bucket)
    return lambda: BucketFiles(bucket, "shop/streaming", endpoint=server.endpoint)


@pytest.fixture
def files(open_files: OpenFiles) -> CheckpointFiles:
    return open_files()


@pytest.fixture
def checkpoint(files: CheckpointFiles) -> Checkpoint:
    return Checkpoint(files)


@pytest.fixture
def bucket(object_server: ObjectServer) -> storage.Bucket:
    return object_server.create_bucket(f"b-{uuid.uuid4().hex[:12]}")


@pytest.fixture
def meddler(object_server: ObjectServer) -> Iterator[Meddler]:
    meddling = Meddler(object_server.endpoint)
    yield meddling
    meddling.close()


@pytest.fixture
def store(open_store: OpenStore) -> SegmentStore:
    return open_store()


@pytest.fixture
def spool(store: SegmentStore) -> Spool:
    return Spool(store)
