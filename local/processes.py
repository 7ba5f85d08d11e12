"""Starts our own processes: ``python -m something`` with the stack's environment and a log each."""

import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from local.parts import Part
from local.servers.folder import DataFolder
from local.servers.process import ChildProcess, Launch


class Starter:
    """Knows the environment, the folder and where the code is."""

    def __init__(self, folder: DataFolder, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment

    def module(self, name: str, *arguments: str, shown: bool = False) -> ChildProcess:
        """Start ``python -m <arguments>`` as ``name``; ``shown`` leaves its output to the terminal."""
        return ChildProcess(
            Launch(
                command=(sys.executable, "-m", *arguments),
                environment=self._environment,
                # Where the packages are, also when they are not installed.
                folder=Path(__file__).resolve().parent.parent,
                log=self._folder.log(name),
                record=self._folder.record(name),
                stop_signal=signal.SIGTERM,
                shown=shown,
            )
        )

    def part(self, part: Part) -> ChildProcess:
        """Start one of the table."""
        return self.module(part.name, *part.arguments)
