"""Stub programs, so that the finders can be shown machines that we do not have."""

from collections.abc import Callable
from pathlib import Path

import pytest

from local.servers.machine import Machine

AddProgram = Callable[[str, str], Path]


@pytest.fixture
def add_program(tmp_path: Path) -> AddProgram:
    """Make an executable at a path below ``tmp_path`` that prints a text."""

    def add(path: str, output: str, code: int = 0) -> Path:
        program = tmp_path / path
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\nexit {code}\n")
        program.chmod(0o755)
        return program

    return add


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with ``tmp_path/bin`` on PATH (behind what the stubs' shell needs) and no usual folders."""
    return Machine(environment={"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home")}, root=tmp_path / "root")


@pytest.fixture
def no_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the ``[local]`` extra is not installed."""
    for module in ("java", "postgres", "redis"):
        monkeypatch.setattr(f"local.servers.{module}.in_wheel", lambda _package, _pattern: None)
