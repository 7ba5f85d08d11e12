"""One file out of one archive, fetched once and checked before anybody sees it."""

import hashlib
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

from contracts.errors import MissingProgram

Progress = Callable[[int, int | None], None]
"""Called with the bytes so far and, when known, the bytes in all."""

_CHUNK = 1 << 18


def fetch(url: str, target: Path, progress: Progress | None = None) -> None:
    """Download ``url`` to ``target``, whole or not at all. Raises ``MissingProgram``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with urllib.request.urlopen(url, timeout=30) as response, part.open("wb") as file:  # noqa: S310 - https only
            length = response.headers.get("Content-Length")
            _copy(response, file, int(length) if length else None, progress)
    except (urllib.error.URLError, OSError) as error:
        part.unlink(missing_ok=True)
        reason = getattr(error, "reason", error)
        raise MissingProgram(f"{url} cannot be fetched ({reason})") from error
    part.replace(target)


def _copy(source: IO[bytes], file: IO[bytes], total: int | None, progress: Progress | None) -> None:
    done = 0
    while chunk := source.read(_CHUNK):
        file.write(chunk)
        done += len(chunk)
        if progress is not None:
            progress(done, total)


def extract_checked(archive: Path, member_name: str, sha256: str, target: Path) -> None:
    """Take the file called ``member_name`` out of ``archive`` when its SHA-256 is ``sha256``.

    Nothing else is unpacked, and no path of the archive is used. Raises ``MissingProgram`` when
    it is not in there or is another file; ``target`` is then not made.
    """
    part = target.with_name(target.name + ".part")
    try:
        with tarfile.open(archive) as tar:
            member = next((m for m in tar if m.isfile() and Path(m.name).name == member_name), None)
            source = tar.extractfile(member) if member is not None else None
            if source is None:
                raise MissingProgram(f"{archive} has no {member_name} inside")
            with part.open("wb") as file:
                _copy(source, file, None, None)
        verify(part, sha256, member_name)
        part.replace(target)
    except (tarfile.TarError, EOFError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise MissingProgram(f"{archive} cannot be unpacked ({reason}): delete it and try again") from error
    finally:
        part.unlink(missing_ok=True)


def verify(path: Path, sha256: str, name: str) -> None:
    """Raise ``MissingProgram`` unless the file at ``path`` has this SHA-256."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise MissingProgram(f"{name} has SHA-256 {found}, expected {sha256}: not used")
