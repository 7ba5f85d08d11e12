"""A folder of each process's own for what it needs only while it lives."""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from contracts.errors import StorageRefused


@cache
def own_folder(parent: Path) -> Path:
    """A new folder below ``parent`` (made if need be); in one process always the same.

    A process that is killed leaves all that it had there, of a batch many gigabytes: what belongs to none that lives
    is removed by the next one. Which one lives the kernel knows, by a lock that ends with it. Raises
    ``StorageRefused``.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for left in parent.iterdir():
            # What another user left is another user's to remove.
            with suppress(PermissionError):
                _remove_if_left(left)
        while True:
            folder = Path(tempfile.mkdtemp(dir=parent))
            # Never closed: locked for as long as this process lives, and by none that it starts.
            if _lock(folder) is not None:
                return folder
    except OSError as error:
        raise StorageRefused(f"no place for temporary files in {parent}: {error}") from error


def _remove_if_left(folder: Path) -> None:
    lock = _lock(folder)
    if lock is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _lock(folder: Path) -> int | None:
    """The open lock; None where another has it, or has removed the folder."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    # One that begins at the same moment may have taken a folder that is not locked yet for one that was left.
    if not folder.exists():
        os.close(lock)
        return None
    return lock
