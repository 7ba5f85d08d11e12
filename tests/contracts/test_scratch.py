"""Temporary files go with the process that had them, at the latest when the next one begins."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contracts import scratch
from contracts.errors import StorageRefused

# Says where its folder is, leaves something in it, and stays.
PROCESS = """
import sys
from pathlib import Path
from contracts import scratch
folder = scratch.own_folder(Path(sys.argv[1]))
(folder / "spilled").write_bytes(b"x")
print(folder, flush=True)
sys.stdin.read()
"""

Start = Callable[[], tuple["subprocess.Popen[str]", Path]]


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    return tmp_path / "not made yet" / "scratch"


@pytest.fixture
def start(parent: Path) -> Iterator[Start]:
    started = []

    def process() -> tuple["subprocess.Popen[str]", Path]:
        it = subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(parent)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(it)
        assert it.stdout is not None
        return it, Path(it.stdout.readline().strip())

    yield process
    for it in started:
        it.kill()
        it.communicate()


def test_what_a_killed_process_left_goes_with_the_next_start_and_what_a_living_one_has_stays(
    parent: Path, start: Start
) -> None:
    killed, left = start()
    living, used = start()
    assert sorted(parent.iterdir()) == sorted([left, used])
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert left.exists()

    _, newest = start()
    assert sorted(parent.iterdir()) == sorted([used, newest])
    assert (used / "spilled").exists()
    assert living.poll() is None


def test_what_a_killed_process_had_started_and_still_lives_keeps_nothing(parent: Path) -> None:
    # As Java outlives a killed Python for a moment.
    child = "import subprocess; subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL)\nprint(folder"
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS.replace("print(folder", child), str(parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as killed:
        try:
            assert killed.stdout is not None
            left = Path(killed.stdout.readline().strip())
            killed.kill()
            killed.wait()
            assert list(parent.iterdir()) == [left]
            assert scratch.own_folder(parent) != left
            assert not left.exists()
        finally:
            os.killpg(killed.pid, signal.SIGKILL)


def test_in_one_process_it_is_always_the_same(parent: Path) -> None:
    folder = scratch.own_folder(parent)
    (folder / "kept").touch()
    assert scratch.own_folder(parent) == folder
    assert (folder / "kept").exists()


def test_what_is_there_and_no_folder_is_left_alone(parent: Path) -> None:
    parent.mkdir(parents=True)
    (parent / "note").touch()
    folder = scratch.own_folder(parent)
    assert sorted(parent.iterdir()) == sorted([parent / "note", folder])


def test_what_may_not_be_removed_is_left_and_hinders_nobody(parent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = parent / "of-another-user"
    left.mkdir(parents=True)
    opened = os.open

    def refusing(path: Path, *arguments: int) -> int:
        # The tests may run as root, who may open everything.
        if path == left:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments)

    monkeypatch.setattr(os, "open", refusing)
    assert scratch.own_folder(parent).is_dir()
    assert left.is_dir()


def test_of_many_that_begin_at_once_each_has_a_folder_of_its_own(parent: Path) -> None:
    begun = threading.Barrier(8)

    def begin(_: int) -> Path:
        begun.wait()
        # Without the memory that a process has of its own folder: as if each thread were a process.
        return scratch.own_folder.__wrapped__(parent)

    for _ in range(20):
        with ThreadPoolExecutor(8) as pool:
            folders = list(pool.map(begin, range(8)))
        assert len(set(folders)) == 8
        assert all(it.is_dir() for it in folders)


@pytest.mark.parametrize("parent", [Path("/proc/nowhere"), Path("/dev/null/scratch")])
def test_a_place_where_nothing_can_be_made_is_named(parent: Path) -> None:
    with pytest.raises(StorageRefused, match=f"no place for temporary files in {parent}: "):
        scratch.own_folder(parent)
