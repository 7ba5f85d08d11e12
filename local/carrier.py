"""Keeps every message safe while the emulator is stopped or replaced, and its memory bounded.

The emulator keeps all messages in memory, acknowledged ones too, so now and then it is drained and
started again. (Deleting a subscription also frees its messages, but a pull under way on it then hangs
for ever, and both consumers always have one under way.)
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from contracts import backlog
from contracts.broker import Administrator, Publisher
from contracts.settings import Settings
from contracts.topology import Topology
from local import pending, stillness
from local.servers.server import Server
from local.watch import Watch

RECYCLE_DELIVERIES = 400_000
DRAIN_SECONDS = 20.0
_POLL_SECONDS = 0.2
# The pause outlives the attempt by a little and ends by itself, should we die.
_PAUSE_SECONDS = 60.0


class Carrier:
    """Belongs to one thread at a time: it owns a database connection."""

    def __init__(
        self, settings: Settings, topology: Topology, folder: Path, emulator: Server, *, say: Callable[[str], None]
    ) -> None:
        """``settings`` reach the running servers; leftovers are kept in ``folder``."""
        self.baseline: dict[str, int] = {}
        self.is_set_up = False
        """Whether the running emulator has its topology."""
        self._settings = settings
        self._topology = topology
        self._folder = folder
        self._emulator = emulator
        self._say = say
        self.watch = Watch(settings)
        self._delivered_before = 0
        # Subscriptions that the emulator does not have, as nobody takes from them.
        self._unused: Sequence[str] = ()

    def set_up(self, *, live: bool) -> None:
        """Make the topology, put back what was carried over, and count anew."""
        administrator = Administrator(self._settings)
        administrator.create(self._topology)
        self._unused = () if live else self._topology.consumed_by("streaming")
        for name in self._unused:
            administrator.delete_subscription(name)
        with Publisher(self._settings) as publisher:
            republished = pending.republish(publisher, self._topology, self._folder)
        if republished.total():
            self._say(f"put back {republished.total()} messages that were waiting when the emulator stopped")
        beats = self.watch.beats()
        self.baseline = stillness.baseline(self._topology, beats, republished)
        self.watch.tell_base(self.baseline)
        self._delivered_before = backlog.acknowledged(beats).total()
        self.is_set_up = True

    def deliveries(self) -> int:
        """Deliveries since the emulator was last empty."""
        return backlog.acknowledged(self.watch.beats()).total() - self._delivered_before

    def wait_until_drained(
        self, since: float, deadline: float, *, counts_uncertain: bool, give_up: Callable[[], bool]
    ) -> bool:
        """Wait until the consumers are idle and nothing waits, at most until ``deadline`` (monotonic).

        ``since`` (epoch seconds) is when the last message may have been published.
        ``counts_uncertain``: a process was killed, so its last counts are missing and the backlog may
        never read zero; then idle consumers are enough, because leftovers are carried over anyway.
        """
        while time.monotonic() < deadline and not give_up():
            beats = self.watch.beats()
            waiting = backlog.backlog(self._topology, beats, self.baseline)
            waits = any(count for name, count in waiting.items() if name not in self._unused)
            if (counts_uncertain or not waits) and stillness.consumers_are_idle(beats, since=since):
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def collect(self, dead_pulls: int) -> Counter[str]:
        """Bring what is left in the emulator to disk; ``dead_pulls`` as for ``pending.collect``."""
        left = pending.collect(self._settings, self._topology, self._folder, dead_pulls=dead_pulls)
        if left.total():
            counted = ", ".join(f"{name} {count}" for name, count in left.items() if count)
            self._say(f"kept messages that were still waiting: {counted}")
        return left

    def replace_emulator(
        self, *, live: bool, dead_pulls: int, counts_uncertain: bool, give_up: Callable[[], bool]
    ) -> bool:
        """Pause, drain, restart the emulator empty, go on. False when draining took too long.

        ``dead_pulls`` as for ``pending.collect``, ``counts_uncertain`` as for ``wait_until_drained``.
        """
        started = time.time()
        deadline = time.monotonic() + DRAIN_SECONDS
        self.watch.pause_producers(_PAUSE_SECONDS)
        try:
            if not self._wait_for_still_producers(started, deadline, give_up):
                return False
            if not self.wait_until_drained(time.time(), deadline, counts_uncertain=counts_uncertain, give_up=give_up):
                return False
            self.collect(dead_pulls)
            self.is_set_up = False
            self._emulator.stop(timeout=10)
            self._emulator.start()
            self._emulator.ready(timeout=30)
            self.set_up(live=live)
        finally:
            self.watch.resume_producers()
        self._say(f"emptied the emulator's memory in {time.time() - started:.1f} s")
        return True

    def _wait_for_still_producers(self, since: float, deadline: float, give_up: Callable[[], bool]) -> bool:
        while not stillness.producers_are_still(self.watch.beats(), since=since):
            if time.monotonic() > deadline or give_up():
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def revive_emulator(self, *, live: bool) -> None:
        """Start it again after it died. What it held and nobody had acknowledged is gone.

        Raises transient errors; called again it goes on from where it failed.
        """
        if not self._emulator.is_alive():
            self.is_set_up = False
            self._emulator.start()
            self._emulator.ready(timeout=30)
            self._say("the emulator died and was started again: messages that waited in it are lost")
        self.set_up(live=live)
