"""Durable files on a local disk, and a disk's errors in our words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EPERM, EROFS
from pathlib import Path

from contracts.errors import StorageRefused, StorageUnavailable

_REFUSALS = {EACCES, EPERM, EROFS}


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file, wholly or not at all: written aside, fsynced and renamed, and the folder fsynced."""
    aside = path.with_suffix(".tmp")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def translated(doing: str, folder: Path) -> Iterator[None]:
    """Raises ``StorageUnavailable`` and ``StorageRefused``. A file that may be missing must be caught inside."""
    try:
        yield
    except OSError as error:
        kind = StorageRefused if error.errno in _REFUSALS else StorageUnavailable
        raise kind(f"{doing} in {folder}: {error}") from error
