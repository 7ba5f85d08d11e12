"""What only a folder has to do: files that are half written, a disk that is full."""

import subprocess
import sys
from pathlib import Path

import pytest

from contracts.errors import StorageRefused
from jobs.streaming.folder_store import FolderStore


def test_what_was_half_written_is_not_there_and_is_written_over(folder: Path) -> None:
    store = FolderStore(folder)
    store.put(1, b"whole")
    (folder / "000000000002.tmp").write_bytes(b"half")
    assert store.sizes() == {1: 5}
    store.put(2, b"all of it")
    assert store.get(2) == b"all of it"


def test_a_full_disk_is_waited_for_and_leaves_nothing(folder: Path) -> None:
    """A limit on the size of files is the part of a full disk that every machine can play."""
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from contracts.errors import StorageUnavailable; from jobs.streaming.folder_store import FolderStore\n"
        f"store = FolderStore(Path({str(folder)!r})); store.put(1, b'x' * 1000)\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); _, most = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500, most))\n"
        "try: store.put(2, b'y' * 1000)\n"
        "except StorageUnavailable as problem: print(problem)\n"
        "assert store.sizes() == {1: 1000}\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)); store.put(2, b'z' * 1000)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"writing segment 2 in {folder}: [Errno 27]")
    assert FolderStore(folder).get(2) == b"z" * 1000


def test_a_folder_that_is_not_ours_is_refused(folder: Path) -> None:
    store = FolderStore(folder)
    (folder / "LOCK").mkdir()
    with pytest.raises(Exception, match="locking in") as caught:
        store.lock()
    assert not isinstance(caught.value, StorageRefused)
