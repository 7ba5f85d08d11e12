"""Where the checkpoint and the notes beside it are kept: the protocol that a folder and a bucket both follow."""

from pathlib import Path
from typing import Protocol

from typing_extensions import override

from jobs.streaming.folders import translated, write_whole


class CheckpointFiles(Protocol):
    """Small files by name, as ``offsets/7``: Spark writes most of them, and what we read is whole.

    All methods raise ``StorageUnavailable`` for what may pass (full, away, busy) and ``StorageRefused`` for what does
    not.
    """

    @property
    def location(self) -> str:
        """The folder or ``gs://bucket/prefix``, as Spark is told it."""

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, in no order; none where there is no such folder."""

    def read(self, name: str) -> bytes | None:
        """A file's content, None where there is none (any more)."""

    def write(self, name: str, content: bytes) -> None:
        """Replace a file, wholly or not at all. When it returns, the content survives a crash."""


class FolderFiles(CheckpointFiles):
    """Files below a folder of a local disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    @override
    def location(self) -> str:
        return str(self._folder)

    @override
    def names(self, folder: str) -> list[str]:
        with translated(f"listing {folder}", self._folder):
            try:
                return [it.name for it in (self._folder / folder).iterdir()]
            except FileNotFoundError:
                return []

    @override
    def read(self, name: str) -> bytes | None:
        with translated(f"reading {name}", self._folder):
            try:
                return (self._folder / name).read_bytes()
            except FileNotFoundError:
                return None

    @override
    def write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        with translated(f"writing {name}", self._folder):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
