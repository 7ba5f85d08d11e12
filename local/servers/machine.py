"""The machine as the finders see it, so that tests can show them another one."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """Where programs are looked for: ``environment["PATH"]``, and usual folders below ``root``."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    root: Path = Path("/")

    def on_path(self, program: str) -> Path | None:
        """The first ``program`` on PATH."""
        found = shutil.which(program, path=self.environment.get("PATH", ""))
        return Path(found) if found else None

    def usual(self, patterns: Sequence[str]) -> Iterator[Path]:
        """Existing paths that match ``patterns`` (relative to the root, ``~`` for the home)."""
        for pattern in patterns:
            if pattern.startswith("~/"):
                home = self.environment.get("HOME")
                if home is None:
                    continue
                yield from sorted(Path(home).glob(pattern[2:]), reverse=True)
            else:
                yield from sorted(self.root.glob(pattern), reverse=True)


def in_wheel(package: str, pattern: str) -> Path | None:
    """A file of an installed wheel, without importing it; ``None`` when it is not installed."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    for folder in spec.submodule_search_locations:
        for path in sorted(Path(folder).glob(pattern)):
            return path
    return None


def output_of(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str | None:
    """What a short command prints on both streams; ``None`` when it cannot be run or fails."""
    try:
        done = subprocess.run(  # noqa: S603 - a program that we looked up, no shell
            command,
            check=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
