"""What only a bucket has to do: answers that are lost, sealers that slept, a service that is busy."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.cloud import storage

from contracts.errors import StorageRefused, StorageUnavailable, TerminalError
from jobs.streaming import lease, object_store
from jobs.streaming.object_store import ObjectStore
from tests.object_server import Meddler, ObjectServer
from tests.streaming.conftest import LEASE_SECONDS, eventually

SEGMENT = "shop/segments/00000000000{}.arrow"


@pytest.fixture
def direct(bucket: storage.Bucket, object_server: ObjectServer) -> Iterator[ObjectStore]:
    store = ObjectStore(bucket.name, "shop", endpoint=object_server.endpoint, lease_seconds=LEASE_SECONDS)
    yield store
    store.unlock()


@pytest.fixture
def meddled(bucket: storage.Bucket, meddler: Meddler) -> Iterator[ObjectStore]:
    store = ObjectStore(bucket.name, "shop", endpoint=meddler.endpoint, lease_seconds=LEASE_SECONDS)
    yield store
    meddler.on_request = lambda method, name: Meddler.PASS
    store.unlock()


def once(method: str, name: str, decision: str) -> "Once":
    return Once(method, name, decision)


class Once:
    """Decides so for the first such request, and lets all others pass."""

    def __init__(self, method: str, name: str, decision: str) -> None:
        self._wanted, self._decision = (method, name), decision
        self.met = False

    def __call__(self, method: str, name: str) -> str:
        if self.met or (method, name) != self._wanted:
            return Meddler.PASS
        self.met = True
        return self._decision


class Recorded:
    """Remembers what was deleted, in which order."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, method: str, name: str) -> str:
        if method == "DELETE":
            self.names.append(name)
        return Meddler.PASS


class Asleep:
    """A sealer that sleeps: its renewals and the put of one segment go nowhere until it is woken."""

    def __init__(self, segment: str) -> None:
        self._segment = segment
        self.has_sent = threading.Event()
        self.is_awake = threading.Event()

    def __call__(self, method: str, name: str) -> str:
        if name == self._segment:
            self.has_sent.set()
        if name == self._segment or (self.has_sent.is_set() and name.endswith("LEASE")):
            self.is_awake.wait(60)
        return Meddler.PASS


def outcome_of(call: threading.Thread, problems: list[TerminalError]) -> TerminalError | None:
    call.join(60)
    assert not call.is_alive()
    return problems[0] if problems else None


def putting(store: ObjectStore, number: int, content: bytes) -> tuple[threading.Thread, list[TerminalError]]:
    problems: list[TerminalError] = []

    def put() -> None:
        try:
            store.put(number, content)
        except TerminalError as error:
            problems.append(error)

    thread = threading.Thread(target=put)
    thread.start()
    return thread, problems


def test_a_sealer_that_slept_through_the_loss_of_its_lease_seals_nothing(
    meddler: Meddler, meddled: ObjectStore, direct: ObjectStore
) -> None:
    """Its request was under way all the time, and what the next one sealed was deleted meanwhile."""
    meddled.lock()
    meddled.put(1, b"one")
    meddler.on_request = asleep = Asleep(SEGMENT.format(2))
    thread, problems = putting(meddled, 2, b"of the sleeper")
    assert asleep.has_sent.wait(20)
    direct.lock()
    assert direct.sizes() == {1: 3, 2: 0}
    direct.put(3, b"three")
    direct.put(4, b"four")
    direct.delete([1, 3])
    assert eventually(lambda: direct.sizes() == {2: 0, 4: 4})
    asleep.is_awake.set()
    assert "has taken over the spool" in str(outcome_of(thread, problems))
    assert direct.sizes() == {2: 0, 4: 4}
    with pytest.raises(TerminalError):
        meddled.put(3, b"again")
    assert direct.sizes() == {2: 0, 4: 4}


def test_what_a_sleeper_had_under_way_is_counted_if_it_came_first(
    meddler: Meddler, meddled: ObjectStore, direct: ObjectStore
) -> None:
    """It wakes between the next one's lease and the closing of its log."""
    meddled.lock()
    meddled.put(1, b"one")
    meddler.on_request = asleep = Asleep(SEGMENT.format(2))
    thread, problems = putting(meddled, 2, b"of the sleeper")
    assert asleep.has_sent.wait(20)
    taken = lease.Lease(direct._bucket, "shop/LEASE", seconds=LEASE_SECONDS)
    assert taken.acquire()
    looked = direct.sizes()
    asleep.is_awake.set()
    assert outcome_of(thread, problems) is None
    assert looked == {1: 3}
    direct._close_off(taken)
    assert direct.sizes() == {1: 3, 2: 14, 3: 0}
    with pytest.raises(TerminalError):
        meddled.put(3, b"too late")
    taken.give_back()


def test_a_holder_notices_by_itself_that_its_lease_was_taken(
    meddler: Meddler, meddled: ObjectStore, direct: ObjectStore
) -> None:
    meddled.lock()
    meddler.on_request = asleep = Asleep(SEGMENT.format(9))
    asleep.has_sent.set()
    direct.lock()
    asleep.is_awake.set()

    def is_told() -> bool:
        try:
            meddled._lease.require()  # type: ignore[union-attr]  # it is locked
        except TerminalError as error:
            return "another streaming job (process" in str(error)
        return False

    assert eventually(is_told)
    direct.put(2, b"undisturbed")


def test_a_holder_that_may_write_no_more_seals_no_more(meddler: Meddler, meddled: ObjectStore) -> None:
    meddled.lock()
    meddler.on_request = once("POST", "shop/LEASE", Meddler.FORBIDDEN)

    def is_refused() -> bool:
        try:
            meddled._lease.require()  # type: ignore[union-attr]  # it is locked
        except StorageRefused:
            return True
        return False

    assert eventually(is_refused)
    with pytest.raises(StorageRefused, match="writing the lease"):
        meddled.put(1, b"one")


def test_a_segment_whose_answer_was_lost_is_put(meddler: Meddler, meddled: ObjectStore) -> None:
    meddled.lock()
    meddler.on_request = lost = once("POST", SEGMENT.format(1), Meddler.LOSE_ANSWER)
    meddled.put(1, b"one")
    assert lost.met
    assert meddled.get(1) == b"one"


def test_a_note_whose_answer_was_lost_is_written(meddler: Meddler, meddled: ObjectStore) -> None:
    meddled.lock()
    meddled.write_note("COMMITTED", b"1")
    meddler.on_request = lost = once("POST", "shop/COMMITTED", Meddler.LOSE_ANSWER)
    meddled.write_note("COMMITTED", b"2")
    assert lost.met
    assert meddled.read_note("COMMITTED") == b"2"


def test_a_note_of_a_sealer_that_was_replaced_is_refused(direct: ObjectStore, meddled: ObjectStore) -> None:
    """Else it would tell the next one that Spark has committed what it has not read."""
    meddled.write_note("COMMITTED", b"7")
    direct.write_note("COMMITTED", b"0")
    with pytest.raises(TerminalError, match="has taken over the spool"):
        meddled.write_note("COMMITTED", b"8")
    assert direct.read_note("COMMITTED") == b"0"


@pytest.mark.parametrize("at_renewal", [False, True])
def test_a_lease_whose_answer_was_lost_is_held(
    meddler: Meddler, meddled: ObjectStore, bucket: storage.Bucket, object_server: ObjectServer, at_renewal: bool
) -> None:
    if at_renewal:
        meddled.lock()
    meddler.on_request = lost = once("POST", "shop/LEASE", Meddler.LOSE_ANSWER)
    meddled.lock()
    assert eventually(lambda: lost.met)
    # It has the patience for a request that is made twice.
    other = ObjectStore(bucket.name, "shop", endpoint=object_server.endpoint, lease_seconds=10 * LEASE_SECONDS)
    with pytest.raises(TerminalError, match="another streaming job"):
        other.lock()
    meddled.put(1, b"one")


def test_a_busy_service_is_tried_again(meddler: Meddler, meddled: ObjectStore) -> None:
    meddler.on_request = once("POST", SEGMENT.format(1), Meddler.BUSY)
    meddled.put(1, b"one")
    assert meddled.sizes() == {1: 3}


def test_a_service_that_stays_away_is_waited_for_and_one_that_refuses_is_not(
    monkeypatch: pytest.MonkeyPatch, meddler: Meddler, meddled: ObjectStore
) -> None:
    monkeypatch.setattr(object_store, "_RETRY", object_store.DEFAULT_RETRY.with_timeout(0.5))
    meddler.on_request = lambda method, name: Meddler.BUSY
    with pytest.raises(StorageUnavailable, match=r"writing shop/segments/000000000001\.arrow in b-"):
        meddled.put(1, b"one")
    with pytest.raises(StorageUnavailable, match="listing segments"):
        meddled.sizes()
    meddler.on_request = lambda method, name: Meddler.FORBIDDEN
    with pytest.raises(StorageRefused, match="writing shop/segments"):
        meddled.put(1, b"one")


def test_segments_are_deleted_in_order_so_that_a_failure_leaves_no_gap(meddler: Meddler, meddled: ObjectStore) -> None:
    for number in range(1, 7):
        meddled.put(number, b"x")
    meddler.on_request = refusal = once("DELETE", SEGMENT.format(2), Meddler.FORBIDDEN)
    meddled.delete([1, 2, 3])
    assert eventually(lambda: refusal.met)
    assert list(meddled.sizes()) == [2, 3, 4, 5, 6]
    meddled.delete([4])
    assert eventually(lambda: list(meddled.sizes()) == [5, 6])
    meddler.on_request = deleted = Recorded()
    meddled.delete([5, 6])
    assert eventually(lambda: meddled.sizes() == {})
    assert deleted.names == [SEGMENT.format(5), SEGMENT.format(6)]


def test_another_prefix_of_the_bucket_is_another_spool(
    direct: ObjectStore, bucket: storage.Bucket, object_server: ObjectServer
) -> None:
    other = ObjectStore(bucket.name, "shop/other", endpoint=object_server.endpoint)
    outer = ObjectStore(bucket.name, endpoint=object_server.endpoint)
    direct.put(1, b"one")
    other.put(1, b"another")
    assert (direct.sizes(), other.sizes(), outer.sizes()) == ({1: 3}, {1: 7}, {})
    assert outer.location == f"gs://{bucket.name}"


def test_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(StorageRefused, match=r"the bucket shop needs Google's credentials: .*none\.json"):
        ObjectStore("shop")


def test_a_segment_whose_sealer_died_while_sending_it_is_not_there(
    direct: ObjectStore, bucket: storage.Bucket, object_server: ObjectServer
) -> None:
    host, port = object_server.endpoint.removeprefix("http://").split(":")
    path = f"/upload/storage/v1/b/{bucket.name}/o?uploadType=media&ifGenerationMatch=0&name={SEGMENT.format(1)}"
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(head.encode() + b"x" * 500)
        connection.shutdown(socket.SHUT_WR)
        # Until the server has given up on the rest.
        connection.recv(65536)
    assert direct.sizes() == {}
    direct.put(1, b"whole")
    assert direct.get(1) == b"whole"
