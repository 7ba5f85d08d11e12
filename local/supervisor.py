"""Runs the parts: starts them, watches them, starts again what dies, and stops all in order."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from contracts.errors import DatabaseUnavailable, SettingsError, TerminalError, TransientError, UsageError, VitrineError
from contracts.heartbeat import Beat
from contracts.settings import Settings
from contracts.topology import Topology
from local import logs, parts
from local.carrier import Carrier
from local.daily import DailyBatch
from local.parts import Part, Stage
from local.processes import Starter
from local.running import Backoff, RunningPart, State
from local.screen import Screen
from local.servers.server import Server, last_line
from local.servers.stack import Servers
from local.stopping import StopRequest
from local.watch import Watch

_TICK_SECONDS = 0.25
_LOGS_SECONDS = 5.0
_ROUTINE_SECONDS = 5.0
_NEXT_ATTEMPT_SECONDS = 120.0
# From the last part's first sign of life to the first live value: Spark's first batches are slow.
_FIRST_VALUE_SECONDS = 90.0


class Supervisor:
    """From running servers and a set-up topology to a working stack, and back to nothing."""

    def __init__(
        self,
        settings: Settings,
        topology: Topology,
        servers: Servers,
        table: Sequence[Part],
        *,
        starter: Starter,
        carrier: Carrier,
        screen: Screen,
        stop_request: StopRequest,
        tell: Callable[[Sequence[RunningPart], Mapping[str, int]], None],
        live: bool,
        recycle_deliveries: int,
        verbose: bool,
        drain_seconds: float = 60.0,
        shows: Callable[[], bool] = lambda: True,
    ) -> None:
        """``tell`` is called with every tick; ``recycle_deliveries`` bounds the emulator's memory.

        ``shows`` says whether there is something to see yet: only then is the stack up.
        """
        self._shows = shows
        self._topology = topology
        self._servers = servers
        self._carrier = carrier
        self._screen = screen
        self._stop_request = stop_request
        self._tell = tell
        self._live = live
        self._recycle_deliveries = recycle_deliveries
        self._verbose = verbose
        self._drain_seconds = drain_seconds
        self._watch = Watch(settings)
        self._beats: Sequence[Beat] = ()
        self._running = [
            RunningPart(
                part,
                start=starter.part,
                works=lambda part, pid: parts.works(part, pid, self._beats),
                say=screen.say,
            )
            for part in table
        ]
        self._daily = DailyBatch(
            settings.zone, start=lambda command: starter.module("batch", "jobs.batch", command), say=screen.say
        )
        self._log_folder: Path = servers.folder.log("any").parent
        self._follower = logs.Follower(self._log_folder)
        self._logs_bounded_at = 0.0
        # One thread for what takes seconds: the emulator's replacement and the servers' revival.
        self._maintenance = ThreadPoolExecutor(max_workers=1, thread_name_prefix="maintenance")
        self._task: Future[None] | None = None
        self._task_not_before = 0.0
        self._task_backoff = Backoff()
        self._routine_not_before = 0.0
        self._recycle_not_before = 0.0
        self._recycled_at = float("-inf")
        self._counts_uncertain = False
        self._pull_requests = settings.pull_requests
        # The most restarts of any consumer by the time that the present emulator was started.
        self._restarts_before = 0

    # Running

    def start(self) -> bool:
        """Bring all parts up; False when a stop was asked for meanwhile.

        Raises ``UsageError`` with a part's own last line when it ended with 2, ``TerminalError`` when a
        part does not come up.
        """
        since: float | None = None
        while not self._stop_request.is_set:
            self._tick()
            if all(it.state is State.WORKING for it in self._running):
                since = since or time.monotonic()
                if self._shows():
                    return True
                if time.monotonic() - since > _FIRST_VALUE_SECONDS:
                    self._screen.say("all parts work, yet no live value has come: see the streaming part's log")
                    return True
            for it in self._running:
                if it.overdue(time.monotonic()):
                    raise TerminalError(
                        f"{it.part.name} does not work after {it.part.ready_seconds:g} s; "
                        f"see {self._servers.folder.log(it.part.name)}"
                    )
            time.sleep(_TICK_SECONDS)
        return False

    def run(self) -> None:
        """Watch over everything until a stop is asked for. Raises ``UsageError`` as ``start``."""
        while not self._stop_request.is_set:
            self._tick()
            self._stop_request.wait(_TICK_SECONDS)

    def _tick(self) -> None:
        self._read_beats()
        now = time.monotonic()
        working = {it.part.name for it in self._running if it.state is State.WORKING}
        for it in self._running:
            restarts = it.restarts
            it.tick(now, working)
            if it.usage_error:
                raise self._usage_error(it)
            # What a killed process had counted last is missing from the sums.
            self._counts_uncertain |= it.restarts > restarts and it.part.stage is not Stage.VIEWS
        self._maintain(now)
        self._keep_logs(now)
        self._tell(self._running, self._carrier.baseline)

    def _read_beats(self) -> None:
        try:
            self._beats = self._watch.beats()
        except DatabaseUnavailable:
            self._beats = ()

    def _usage_error(self, running: RunningPart) -> UsageError:
        _severity, text = logs.message_of(last_line(self._servers.folder.log(running.part.name)))
        return SettingsError(f"{running.part.name}: {text}")

    def _keep_logs(self, now: float) -> None:
        for line in self._follower.new_lines(everything=self._verbose):
            self._screen.say(line)
        if now - self._logs_bounded_at > _LOGS_SECONDS:
            logs.bound(self._log_folder)
            self._logs_bounded_at = now

    # Maintenance

    def _maintain(self, now: float) -> None:
        if self._task is not None:
            if self._task.done():
                self._finish_task(self._task, now)
            return
        if now < self._task_not_before:
            return
        dead = next((it for it in self._servers if it.pid is None and it.source != "environment"), None)
        if dead is not None and dead.name != "emulator":
            self._screen.say(f"{dead.name} died: starting it again")
            self._task = self._maintenance.submit(self._revive, dead)
        elif dead is not None or not self._carrier.is_set_up:
            self._task = self._maintenance.submit(self._carrier.revive_emulator, live=self._live)
        elif now >= self._routine_not_before and all(it.state is State.WORKING for it in self._running):
            self._routine_not_before = now + _ROUTINE_SECONDS
            self._task = self._maintenance.submit(self._routine)

    def _finish_task(self, task: Future[None], now: float) -> None:
        self._task = None
        try:
            task.result()
        except TransientError as problem:
            self._task_not_before = now + self._task_backoff.pause_after(0)
            self._screen.say(f"put off: {problem}")
        except VitrineError as problem:
            self._task_not_before = now + self._task_backoff.pause_after(0)
            self._screen.say(f"failed, will be tried again: {problem}")

    @staticmethod
    def _revive(server: Server) -> None:
        server.start()
        server.ready(timeout=120)

    def _routine(self) -> None:
        """What is looked at every few seconds: the shop's day and the emulator's memory."""
        clock = self._carrier.watch.shop_clock()
        self._daily.tick(time.monotonic(), clock, self._carrier.watch.newest_run_instant())
        if self._servers["emulator"].source == "environment":
            return
        full = self._carrier.deliveries() >= self._recycle_deliveries
        # A part that dies again and again must not have the shop held up each time.
        recount = self._counts_uncertain and time.monotonic() > self._recycled_at + _NEXT_ATTEMPT_SECONDS
        if not (full or recount) or time.monotonic() < self._recycle_not_before:
            return
        done = self._carrier.replace_emulator(
            live=self._live,
            dead_pulls=self._dead_pulls(stopped=False),
            counts_uncertain=self._counts_uncertain,
            give_up=lambda: self._stop_request.is_set,
        )
        if done:
            self._counts_uncertain = False
            self._recycled_at = time.monotonic()
            self._restarts_before = max(it.restarts for it in self._consumers())
        elif not self._stop_request.is_set:
            # Each attempt holds the shop up: the memory can wait a little.
            self._recycle_not_before = time.monotonic() + _NEXT_ATTEMPT_SECONDS
            raise TransientError("the consumers did not drain in time to empty the emulator")

    # Stopping

    def stop(self) -> None:
        """Stop in order; nothing that was published is lost."""
        self._stop_stage(Stage.PRODUCERS)
        still_since = time.time()
        self._maintenance.shutdown(wait=True)
        self._daily.stop()
        self._drain(still_since)
        self._stop_stage(Stage.CONSUMERS)
        self._stop_stage(Stage.VIEWS)
        emulator = self._servers["emulator"]
        if emulator.source == "environment" or not emulator.is_alive() or not self._carrier.is_set_up:
            return
        try:
            self._carrier.collect(self._dead_pulls(stopped=True))
        except TransientError as problem:
            self._screen.say(f"messages that still waited are lost: {problem}")

    def _consumers(self) -> list[RunningPart]:
        return [it for it in self._running if it.part.stage is Stage.CONSUMERS]

    def _dead_pulls(self, *, stopped: bool) -> int:
        """Pulls of a subscription in the emulator whose caller is gone, at most."""
        deaths = max(it.restarts for it in self._consumers()) - self._restarts_before + stopped
        return deaths * self._pull_requests

    def _stop_stage(self, stage: Stage) -> None:
        chosen = [it for it in self._running if it.part.stage is stage]
        if not chosen:
            return
        with ThreadPoolExecutor(max_workers=len(chosen)) as pool:
            for stopped in [pool.submit(it.stop) for it in chosen]:
                stopped.result()
        self._screen.say(f"stopped {', '.join(it.part.name for it in chosen)}")

    def _drain(self, since: float) -> None:
        if not any(it.state is State.WORKING for it in self._consumers()):
            return
        try:
            with self._screen.step("waiting for the consumers to drain"):
                drained = self._carrier.wait_until_drained(
                    since,
                    time.monotonic() + self._drain_seconds,
                    counts_uncertain=self._counts_uncertain,
                    give_up=lambda: self._stop_request.is_urgent,
                )
        except TransientError as problem:
            self._screen.say(f"cannot see whether all is drained: {problem}")
            return
        if not drained:
            self._screen.say("the consumers did not drain in time: what is left is kept for the next start")
