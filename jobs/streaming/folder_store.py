"""Segments as files in a folder of a local disk."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from typing_extensions import override

from contracts.errors import StorageRefused, TerminalError
from jobs.streaming.folders import translated, write_whole
from jobs.streaming.segments import SegmentStore, name_of, number_of


class FolderStore(SegmentStore):
    """Each file is written aside, fsynced and renamed, and the folder fsynced.

    The lock is the kernel's: it ends with the process that has it, and not before.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock_file: int | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageRefused(f"the spool's folder {folder} cannot be made: {error}") from error

    @property
    @override
    def location(self) -> str:
        return str(self._folder)

    @override
    def lock(self) -> None:
        if self._lock_file is not None:
            return
        with translated("locking", self._folder):
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
    def unlock(self) -> None:
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    @override
    def put(self, number: int, content: bytes) -> None:
        path = self._folder / name_of(number)
        # There is one writer, so nothing comes between looking and writing.
        if path.exists():
            if path.read_bytes() != content:
                raise TerminalError(f"segment {number} is in {self._folder} already, with another content")
            return
        with translated(f"writing segment {number}", self._folder):
            write_whole(path, content)

    @override
    def get(self, number: int) -> bytes:
        try:
            return (self._folder / name_of(number)).read_bytes()
        except FileNotFoundError:
            raise KeyError(number) from None

    @override
    def get_many(self, numbers: Sequence[int]) -> Iterator[tuple[int, bytes | None]]:
        for number in numbers:
            try:
                yield number, self.get(number)
            except KeyError:
                yield number, None

    @override
    def sizes(self) -> dict[int, int]:
        found = {}
        for it in os.scandir(self._folder):
            number = number_of(it.name)
            if number is not None:
                found[number] = it.stat().st_size
        return dict(sorted(found.items()))

    @override
    def delete(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            (self._folder / name_of(number)).unlink(missing_ok=True)

    @override
    def read_note(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    @override
    def create_note(self, name: str, content: bytes) -> bytes:
        found = self.read_note(name)
        if found is None:
            self.write_note(name, content)
        return content if found is None else found

    @override
    def write_note(self, name: str, content: bytes) -> None:
        with translated(f"writing {name}", self._folder):
            write_whole(self._folder / name, content)
