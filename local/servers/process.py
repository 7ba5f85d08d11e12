"""One child process: started so that it cannot outlive us, stopped by its own id.

On Linux the kernel ends the child when we die, even by SIGKILL. Elsewhere the record beside the
data lets the next start find what was left and end it, after checking that it really is ours.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

LAUNCHER = Path(__file__).with_name("launch.py")
# The kernel derives a process's start from the boot time, which moves a little when NTP steps.
_SAME_START_SECONDS = 2.0


@dataclass(frozen=True)
class Launch:
    """What to run. ``command[0]`` is an absolute path; output is appended to ``log``."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    record: Path
    stop_signal: signal.Signals = signal.SIGTERM
    user: str | None = None
    cross_closed_folders: bool = False
    shown: bool = False
    """Output goes where ours goes: a person watches its progress bars."""


class _Spawner:
    """One thread that lives as long as we do and starts every child.

    The kernel's "end with the parent" follows the thread that forked: a child started from a
    worker of a pool would be ended when that worker goes.
    """

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[tuple[Callable[[], subprocess.Popen[bytes]], Future[subprocess.Popen[bytes]]]]
        self._tasks = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="spawner", daemon=True).start()

    def _serve(self) -> None:
        while True:
            task, result = self._tasks.get()
            try:
                result.set_result(task())
            except OSError as error:
                result.set_exception(error)

    def run(self, task: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        result: Future[subprocess.Popen[bytes]] = Future()
        self._tasks.put((task, result))
        return result.result()


_spawner_lock = threading.Lock()
_the_one_spawner = cache(_Spawner)


def _the_spawner() -> _Spawner:
    # `cache` alone may call twice when two threads come first together.
    with _spawner_lock:
        return _the_one_spawner()


def launcher_command(launch: Launch) -> list[str]:
    """``launch.command`` behind the launcher that ties its life to ours."""
    return [
        *(sys.executable, "-I", "-S", str(LAUNCHER)),
        *(str(int(launch.stop_signal)), str(os.getpid()), launch.user or "-"),
        "1" if launch.cross_closed_folders else "0",
        *launch.command,
    ]


class ChildProcess:
    """A started process, until ``stop``."""

    def __init__(self, launch: Launch) -> None:
        """Start it. Raises ``OSError`` when the interpreter itself cannot be run."""
        self.launch = launch
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        launch.record.parent.mkdir(parents=True, exist_ok=True)
        launch.folder.mkdir(parents=True, exist_ok=True)
        with launch.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal is for us, we stop the parts in order.
            self._process = _the_spawner().run(
                lambda: subprocess.Popen(  # noqa: S603 - absolute path, no shell
                    launcher_command(launch),
                    cwd=launch.folder,
                    env=dict(launch.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=None if launch.shown else log,
                    stderr=None if launch.shown else subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        _write_record(launch, self._process.pid)

    @property
    def pid(self) -> int:
        """Its process id, ours to signal until ``stop`` has waited for it."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """``None`` while it runs; minus the signal's number when a signal ended it."""
        return self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send ``number`` while it runs."""
        if self.exit_code() is None:
            self._process.send_signal(number)

    def stop(self, timeout: float) -> int:
        """Ask it to stop, wait ``timeout`` seconds, then end it and all that it started."""
        family = _descendants(self.pid)
        self.signal(self.launch.stop_signal)
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        _end(family, timeout=2.0)
        self.launch.record.unlink(missing_ok=True)
        return code


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _end(processes: list[psutil.Process], timeout: float) -> None:
    """End what is left of ``processes``; psutil checks each one's start before it signals."""
    _gone, left = psutil.wait_procs(processes, timeout=timeout)
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=timeout)


def _write_record(launch: Launch, pid: int) -> None:
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return
    record = {"pid": pid, "started": started, "command": launch.command, "signal": int(launch.stop_signal)}
    launch.record.write_text(json.dumps(record))


def recorded_process(record: Path) -> psutil.Process | None:
    """The process that ``record`` tells of, if it still runs and really is that one.

    It is when it started at the recorded time and has every recorded argument on its command line:
    an id alone may have been given to somebody else's process since.
    """
    if not record.exists():
        return None
    try:
        told = json.loads(record.read_text())
        process = psutil.Process(told["pid"])
        same_start = abs(process.create_time() - told["started"]) <= _SAME_START_SECONDS
        same_command = set(told["command"][1:]) <= set(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied, json.JSONDecodeError, KeyError):
        return None
    return process if same_start and same_command and process.status() != psutil.STATUS_ZOMBIE else None


def end_recorded(record: Path, timeout: float) -> int | None:
    """Stop what an earlier run left behind, as ``record`` tells; returns its id if there was any."""
    process = recorded_process(record)
    if process is not None:
        family = process.children(recursive=True)
        process.send_signal(json.loads(record.read_text())["signal"])
        _end([process], timeout)
        _end(family, timeout=2.0)
    record.unlink(missing_ok=True)
    return process.pid if process is not None else None


def run_to_end(launch: Launch, timeout: float) -> int:
    """Run a short command of the same kind to its end and return its exit code."""
    child = ChildProcess(launch)
    deadline = time.monotonic() + timeout
    while child.exit_code() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return child.stop(timeout=1.0)
