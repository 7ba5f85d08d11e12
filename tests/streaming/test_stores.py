"""What every segment store does: each test runs on a folder and on a bucket."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.errors import StorageRefused, TerminalError
from jobs.streaming.segments import SegmentStore
from jobs.streaming.stores import open_store as open_store_at
from tests.object_server import ObjectServer
from tests.streaming.conftest import OpenStore, eventually


@pytest.fixture
def locked(store: SegmentStore) -> Iterator[SegmentStore]:
    store.lock()
    yield store
    store.unlock()


def test_what_was_put_is_there_for_everybody_with_its_size(locked: SegmentStore, open_store: OpenStore) -> None:
    locked.put(2, b"two")
    locked.put(10, b"tenth")
    locked.put(1, b"1")
    for store in (locked, open_store()):
        assert store.get(10) == b"tenth"
        assert list(store.sizes().items()) == [(1, 1), (2, 3), (10, 5)]


def test_a_new_store_is_empty(store: SegmentStore) -> None:
    assert store.sizes() == {}
    assert store.read_note("SPOOL") is None


def test_what_is_not_there_is_a_key_error(store: SegmentStore) -> None:
    with pytest.raises(KeyError):
        store.get(7)


def test_many_come_in_the_order_asked_for_and_the_missing_ones_are_named(locked: SegmentStore) -> None:
    for number in range(1, 41):
        locked.put(number, b"%d" % number)
    asked = [40, 3, 99, *range(1, 41)]
    assert list(locked.get_many(asked)) == [(it, b"%d" % it if it <= 40 else None) for it in asked]
    assert list(locked.get_many([])) == []
    assert list(locked.get_many([5])) == [(5, b"5")]


def test_who_stops_reading_in_the_middle_leaves_nothing_behind(locked: SegmentStore) -> None:
    for number in range(1, 41):
        locked.put(number, b"%d" % number)
    assert next(iter(locked.get_many(range(1, 41)))) == (1, b"1")
    assert locked.get(40) == b"40"


def test_a_number_is_written_once(locked: SegmentStore) -> None:
    locked.put(1, b"first")
    locked.put(1, b"first")
    with pytest.raises(TerminalError, match=r"segment 1 is in .* already, with another content"):
        locked.put(1, b"other")
    assert locked.get(1) == b"first"


def test_what_was_deleted_is_gone_and_may_be_deleted_again(locked: SegmentStore) -> None:
    for number in (1, 2, 3):
        locked.put(number, b"x")
    locked.delete([1, 2])
    assert eventually(lambda: list(locked.sizes()) == [3])
    locked.delete([2])
    with pytest.raises(KeyError):
        locked.get(1)


def test_a_note_is_replaced_whole(locked: SegmentStore, open_store: OpenStore) -> None:
    for content in (b"1", b"22", b""):
        locked.write_note("COMMITTED", content)
        assert open_store().read_note("COMMITTED") == content
    assert locked.sizes() == {}


def test_a_note_is_created_once_and_everybody_gets_that_one(locked: SegmentStore, open_store: OpenStore) -> None:
    assert locked.create_note("SPOOL", b"first") == b"first"
    assert open_store().create_note("SPOOL", b"second") == b"first"
    assert locked.read_note("SPOOL") == b"first"


def test_who_has_the_lock_may_lock_again_and_another_is_refused_with_the_way_out(
    store: SegmentStore, open_store: OpenStore
) -> None:
    store.lock()
    store.lock()
    other = open_store()
    with pytest.raises(
        TerminalError, match=r"another streaming job.* seals into .*: stop it, or give this one its own"
    ):
        other.lock()
    # It is not disturbed by it.
    store.put(1, b"x")
    store.unlock()
    other.lock()
    other.put(3, b"y")
    other.unlock()


def test_of_two_that_lock_at_once_one_gets_it(open_store: OpenStore) -> None:
    stores = [open_store() for _ in range(4)]
    refused: list[TerminalError] = []
    gate = threading.Barrier(4)

    def lock(store: SegmentStore) -> None:
        gate.wait()
        try:
            store.lock()
        except TerminalError as error:
            refused.append(error)

    threads = [threading.Thread(target=lock, args=(it,)) for it in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3


def test_a_lock_outlives_its_store_only_as_long_as_the_process(open_store: OpenStore, store: SegmentStore) -> None:
    """A sealer that was killed keeps nobody out for good."""
    location, endpoint = store.location, getattr(store, "_bucket", None)
    endpoint = endpoint.client.api_endpoint if endpoint is not None else ""
    code = (
        "import sys, time; from jobs.streaming.stores import open_store\n"
        f"store = open_store({location!r}, {endpoint!r}); store.lock(); store.put(1, b'of the dead')\n"
        "print('locked', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        other.kill()
    store.lock()
    assert store.get(1) == b"of the dead"
    head = max(store.sizes())
    store.put(head + 1, b"of the living")
    store.unlock()


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path, object_server: ObjectServer) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageRefused, match=r"the spool's folder .*/file/spool cannot be made"):
        open_store_at(str(tmp_path / "file" / "spool"))
    with pytest.raises(StorageRefused, match=r"the bucket not-there does not exist; .*VITRINE_STREAMING_SPOOL"):
        open_store_at("gs://not-there/spool", object_server.endpoint).lock()
