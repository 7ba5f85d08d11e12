"""When the streaming job has panes recomputed: every hour, after a long stop, after Redis lost its data."""

import subprocess
import sys
import threading
import time
from typing import Literal

import msgspec

from contracts import log
from contracts.errors import StorageRefused, StorageUnavailable
from contracts.panes import HOUR
from contracts.settings import Settings
from jobs.streaming.checkpoint import Checkpoint

Command = Literal["heal", "rebuild"]
Reason = Literal["a_cada_hora", "parada_longa", "novo_checkpoint", "redis_perdeu_dados"]

# What is started for a recomputation.
PROGRAM = "jobs.streaming"
_POLL_SECONDS = 0.5
_AGAIN_SECONDS = 60.0
_STOP_SECONDS = 10.0
_NOTE = "recompute.json"


class Healer:
    """Starts ``python -m jobs.streaming heal`` (or ``rebuild``) in a process of its own when it is due.

    In its own process the work takes neither the stream's memory nor its interpreter. One at a time; what
    failed is tried again after a minute. What was asked for is noted beside the checkpoint until it is done:
    a job that died in the middle of it, or before, goes on with it. Use as a context manager.
    """

    def __init__(self, settings: Settings, checkpoint: Checkpoint) -> None:
        self._offset = settings.heal_after_hour_seconds
        self._checkpoint = checkpoint
        self._asked = self._noted()
        # What is being done is noted too.
        self._doing: dict[Command, Reason] = {}
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
        """Have it done as soon as possible; asked for several times before it begins, it is done once.

        When it returns the request outlives the job. Raises the errors of the checkpoint.
        """
        with self._lock:
            self._asked[command] = reason
            self._write_note()

    def _run(self) -> None:
        due = next_due(time.time(), self._offset)
        while not self._stop.wait(_POLL_SECONDS):
            is_due = time.time() >= due
            if is_due:
                due = next_due(time.time(), self._offset)
            with self._lock:
                if is_due:
                    self._asked["heal"] = "a_cada_hora"
                    self._write_note_if_possible()
                # A rebuild does all that a heal does.
                command: Command = "rebuild" if "rebuild" in self._asked else "heal"
                reason = self._asked.get(command)
                self._doing = {} if reason is None else {command: reason}
                self._asked.clear()
            if reason is None:
                continue
            is_done = self._done(command, reason)
            if self._stop.is_set():
                return
            if not is_done:
                log.get(__name__).warning("panes were not recomputed, trying again", command=command, reason=reason)
                self._stop.wait(_AGAIN_SECONDS)
            with self._lock:
                if not is_done:
                    self._asked.setdefault(command, reason)
                self._doing = {}
                self._write_note_if_possible()

    def _noted(self) -> dict[Command, Reason]:
        note = self._checkpoint.read_note(_NOTE)
        return {} if note is None else msgspec.json.decode(note, type=dict[Command, Reason])

    def _write_note(self) -> None:
        """Note what is asked for and under way."""
        self._checkpoint.write_note(_NOTE, msgspec.json.encode({**self._doing, **self._asked}))

    def _write_note_if_possible(self) -> None:
        """As ``_write_note``, where nobody can do anything about a failure: the request itself is in memory.

        Of a note that is behind the next job does something once too often, or its hourly heal an hour later.
        """
        try:
            self._write_note()
        except (StorageUnavailable, StorageRefused) as problem:
            log.get(__name__).warning("what is to be recomputed was not noted", problem=str(problem))

    def _done(self, command: Command, reason: Reason) -> bool:
        """Whether it ended well, or was ended because the job stops."""
        arguments = [sys.executable, "-m", PROGRAM, command, "--reason", reason]
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
