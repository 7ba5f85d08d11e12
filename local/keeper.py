"""The emulator in a container of its own: with its topology, its memory bounded, nothing lost at a stop.

What the supervisor does for the emulator when everything runs natively.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from typing_extensions import override

from contracts.backlog import CONSUMERS
from contracts.errors import TransientError
from contracts.heartbeat import Beat
from contracts.settings import Settings
from contracts.topology import Topology
from local.carrier import RECYCLE_DELIVERIES, Carrier
from local.servers.emulator import Emulator
from local.servers.folder import DataFolder
from local.servers.java import find_java
from local.servers.machine import Machine
from local.servers.process import Launch
from local.servers.server import LocalServer
from local.stopping import StopRequest

_LOOK_SECONDS = 5.0
_NEXT_ATTEMPT_SECONDS = 120.0
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0


class ReachableEmulator(Emulator):
    """Listens on every address, for the other containers, and writes its log to ours."""

    @override
    def prepare(self, port: int) -> Launch:
        launch = super().prepare(port)
        command = tuple("--host=0.0.0.0" if it.startswith("--host=") else it for it in launch.command)
        return replace(launch, command=command, shown=True)


class Keeper:
    """Starts the emulator, looks after it until a stop is asked for, and keeps what it still holds."""

    def __init__(
        self,
        settings: Settings,
        topology: Topology,
        folder: DataFolder,
        *,
        port: int,
        say: Callable[[str], None],
        recycle_deliveries: int = RECYCLE_DELIVERIES,
    ) -> None:
        machine = Machine()
        self._pull_requests = settings.pull_requests
        self._recycle_deliveries = recycle_deliveries
        self._say = say
        self._emulator = LocalServer(
            ReachableEmulator(folder, find_java(folder.root, machine), machine), folder, port=port
        )
        self._carrier = Carrier(settings, topology, folder.of("pending"), self._emulator, say=say)
        self._started = time.time()
        self._recycle_not_before = 0.0

    def run(self, stop: StopRequest) -> None:
        """Raises ``TransientError`` when Postgres is away at the start, ``MissingProgram``, ``TerminalError``."""
        self._emulator.start()
        try:
            self._emulator.ready(_START_SECONDS)
            self._carrier.set_up(live=True)
            self._say(f"the emulator answers on port {self._emulator.port}")
            while not stop.wait(_LOOK_SECONDS):
                try:
                    self._look_after(stop)
                except TransientError as problem:
                    self._say(f"put off: {problem}")
            self._collect()
        finally:
            self._emulator.stop(_STOP_SECONDS)

    def _look_after(self, stop: StopRequest) -> None:
        if not (self._emulator.is_alive() and self._carrier.is_set_up):
            self._started = time.time()
            self._carrier.revive_emulator(live=True)
        elif self._carrier.deliveries() >= self._recycle_deliveries and time.monotonic() > self._recycle_not_before:
            beats = self._spoken()
            gone = [it for it in beats if not it.is_fresh]
            replaced = self._carrier.replace_emulator(
                live=True,
                dead_pulls=len(gone) * self._pull_requests,
                # Whoever fell silent without a last word took some of its counts along.
                counts_uncertain=any(it.state != "parado" for it in gone),
                give_up=lambda: stop.is_set,
            )
            if replaced:
                self._started = time.time()
            else:
                # Each attempt holds the shop up: the memory can wait a little.
                self._recycle_not_before = time.monotonic() + _NEXT_ATTEMPT_SECONDS

    def _collect(self) -> None:
        """Whoever pulled is stopped before us, or is about to be: all of them count as gone."""
        try:
            self._carrier.collect(len(self._spoken()) * self._pull_requests)
        except TransientError as problem:
            self._say(f"messages that still waited are lost: {problem}")

    def _spoken(self) -> Sequence[Beat]:
        """The consumers that may have pulled from the emulator as it runs now."""
        return [
            it
            for it in self._carrier.watch.beats()
            if it.part in CONSUMERS and it.updated_at.timestamp() > self._started
        ]
