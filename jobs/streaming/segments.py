"""Where sealed segments are kept: a small protocol and its folder on a local disk."""

import fcntl
import os
import re
from pathlib import Path
from typing import Protocol

from typing_extensions import override

from contracts.errors import TerminalError

_NAME = re.compile(r"^(\d{12})\.arrow$")


class SegmentStore(Protocol):
    """Numbered, immutable blobs and a few small named notes.

    What ``put`` or ``write_note`` has returned from survives a crash.
    """

    def lock(self) -> None:
        """Become the one writer, until the process ends. Raises ``TerminalError`` when there is another."""

    def put(self, number: int, content: bytes) -> None:
        """Store a segment durably."""

    def get(self, number: int) -> bytes:
        """A segment's content. Raises ``KeyError`` where it is not (any more)."""

    def numbers(self) -> list[int]:
        """The numbers of the segments there are, ascending."""

    def size(self, number: int) -> int:
        """A segment's length in bytes."""

    def delete(self, number: int) -> None:
        """Remove a segment; no error where it is gone already."""

    def read_note(self, name: str) -> bytes | None:
        """A note's content, None where there is none."""

    def write_note(self, name: str, content: bytes) -> None:
        """Replace a note, wholly or not at all."""


class FolderStore(SegmentStore):
    """Segments as files of one folder: written aside, fsynced, renamed, the folder fsynced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock_file: int | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TerminalError(f"the spool's folder {folder} cannot be made: {error}") from error

    @override
    def lock(self) -> None:
        if self._lock_file is not None:
            return
        descriptor = os.open(self._folder / "LOCK", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise TerminalError(
                f"another streaming job seals into {self._folder}: stop it, or give this one its own "
                "VITRINE_STREAMING_FOLDER"
            ) from None
        self._lock_file = descriptor

    @override
    def put(self, number: int, content: bytes) -> None:
        self._write(self._path(number), content)

    @override
    def get(self, number: int) -> bytes:
        try:
            return self._path(number).read_bytes()
        except FileNotFoundError:
            raise KeyError(number) from None

    @override
    def numbers(self) -> list[int]:
        matches = (_NAME.match(it.name) for it in self._folder.iterdir())
        return sorted(int(it[1]) for it in matches if it)

    @override
    def size(self, number: int) -> int:
        try:
            return self._path(number).stat().st_size
        except FileNotFoundError:
            raise KeyError(number) from None

    @override
    def delete(self, number: int) -> None:
        self._path(number).unlink(missing_ok=True)

    @override
    def read_note(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    @override
    def write_note(self, name: str, content: bytes) -> None:
        self._write(self._folder / name, content)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012d}.arrow"

    def _write(self, path: Path, content: bytes) -> None:
        aside = path.with_suffix(".tmp")
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
