"""One owner for a data folder: a second start must not end the first one's servers."""

import fcntl
import os
from pathlib import Path
from typing import TextIO

from contracts.errors import UsageError


class FolderLock:
    """Held from construction until ``release`` or the end of this process, however it comes."""

    def __init__(self, path: Path) -> None:
        """Raises ``UsageError`` with the owner's process id when somebody holds it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            owner = self._file.read().strip() or "unknown"
            self._file.close()
            raise UsageError(
                f"{path.parent.parent} is already in use by process {owner}: "
                "one stack at a time; stop that one first (make local-stop)"
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let the next one have it."""
        self._file.close()


def owner(path: Path) -> int | None:
    """The process that holds the lock at ``path``, or ``None`` when nobody does."""
    if not path.exists():
        return None
    with path.open("r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            text = file.read().strip()
            return int(text) if text.isdigit() else -1
    return None
