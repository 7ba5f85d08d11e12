"""The parts' logs: one file each, bounded, and what people must see repeated with the part's name."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

# Kept twice at most: the file and the one before it.
LARGEST_BYTES = 20_000_000
_WORTH_REPEATING = frozenset({"ERROR", "CRITICAL"})


def bound(folder: Path, largest: int = LARGEST_BYTES) -> None:
    """Move what is in a file that grew too large to ``<name>.log.1`` and empty the file.

    Copied and emptied in place, because its writer keeps it open (to append, so it goes on at the
    new end). What is written in between, a matter of milliseconds, is lost.
    """
    for path in folder.glob("*.log"):
        if path.stat().st_size > largest:
            shutil.copyfile(path, path.with_name(path.name + ".1"))
            with path.open("r+b") as file:
                file.truncate(0)


def message_of(line: str) -> tuple[str, str]:
    """Severity and text of a log line, ours (JSON) or any other program's."""
    try:
        told = json.loads(line)
    except json.JSONDecodeError:
        return "DEFAULT", line
    if not isinstance(told, dict) or "message" not in told:
        return "DEFAULT", line
    hidden = {"severity", "message", "timestamp", "component", "logger", "exception"}
    details = "".join(f" {key}={value}" for key, value in told.items() if key not in hidden)
    return str(told.get("severity", "DEFAULT")), f"{told['message']}{details}"


class Follower:
    """Gives the new lines of the files in ``folder``, from where each ended when first seen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = {path: path.stat().st_size for path in folder.glob("*.log")}

    def new_lines(self, *, everything: bool) -> Iterator[str]:
        """``part | text`` for each new complete line: all of them, or only errors."""
        for path in sorted(self._folder.glob("*.log")):
            for line in self._new(path):
                severity, text = message_of(line)
                if everything or severity in _WORTH_REPEATING:
                    yield f"{path.stem} | {text}"

    def _new(self, path: Path) -> list[str]:
        size = path.stat().st_size
        start = self._read.get(path, 0)
        if size < start:
            start = 0
        if size == start:
            self._read[path] = size
            return []
        with path.open("rb") as file:
            file.seek(start)
            text = file.read(size - start)
        complete = text[: text.rfind(b"\n") + 1]
        self._read[path] = start + len(complete)
        return complete.decode("utf-8", "replace").splitlines()
