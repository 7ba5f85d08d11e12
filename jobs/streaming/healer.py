"""When the streaming job has panes recomputed: every hour, after a long stop, after Redis lost its data."""

import subprocess
import sys
import threading
import time
from typing import Literal

from contracts import log
from contracts.panes import HOUR
from contracts.settings import Settings

Command = Literal["heal", "rebuild"]
Reason = Literal["a_cada_hora", "parada_longa", "novo_checkpoint", "redis_perdeu_dados"]

_POLL_SECONDS = 0.5
_AGAIN_SECONDS = 60.0
_STOP_SECONDS = 10.0


class Healer:
    """Starts ``python -m jobs.streaming heal`` (or ``rebuild``) in a process of its own when it is due.

    In its own process the work takes neither the stream's memory nor its interpreter. One at a time; what
    failed is tried again after a minute. Use as a context manager.
    """

    def __init__(self, settings: Settings) -> None:
        # An hour's panes are closed twice the delay behind the watermark, which is the delay behind now.
        self._offset = 3 * settings.watermark_delay_seconds + 60
        self._asked: dict[Command, Reason] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="healer", daemon=True)

    def __enter__(self) -> "Healer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(_STOP_SECONDS + 5)

    def ask(self, command: Command, reason: Reason) -> None:
        """Have it done as soon as possible; asked for several times before it begins, it is done once."""
        with self._lock:
            self._asked[command] = reason

    def _run(self) -> None:
        due = next_due(time.time(), self._offset)
        while not self._stop.wait(_POLL_SECONDS):
            if time.time() >= due:
                self.ask("heal", "a_cada_hora")
                due = next_due(time.time(), self._offset)
            with self._lock:
                # A rebuild does all that a heal does.
                command: Command = "rebuild" if "rebuild" in self._asked else "heal"
                reason = self._asked.get(command)
                self._asked.clear()
            if reason is not None and not self._done(command, reason):
                log.get(__name__).warning("panes were not recomputed, trying again", command=command, reason=reason)
                self._stop.wait(_AGAIN_SECONDS)
                self.ask(command, reason)

    def _done(self, command: Command, reason: Reason) -> bool:
        """Whether it ended well, or was ended because the job stops."""
        arguments = [sys.executable, "-m", "jobs.streaming", command, "--reason", reason]
        with subprocess.Popen(arguments, stdin=subprocess.DEVNULL) as process:  # noqa: S603 - this interpreter, no shell
            while process.poll() is None:
                if self._stop.wait(_POLL_SECONDS):
                    process.terminate()
                    try:
                        process.wait(_STOP_SECONDS)
                    except subprocess.TimeoutExpired:
                        process.kill()
                    return True
        return process.returncode == 0


def next_due(now: float, offset: int) -> float:
    """The next moment ``offset`` seconds past a whole hour, epoch seconds."""
    return now - (now - offset) % HOUR + HOUR
