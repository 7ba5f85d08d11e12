"""The commands that need no running supervisor of their own: stop, reset and run."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from contracts.errors import TerminalError, UsageError
from local import state
from local.screen import Screen
from local.servers.folder import DataFolder
from local.servers.lock import FolderLock, owner
from local.up import end_leftovers

# Draining may take a minute, a consumer's last messages another, each part and server its own time.
STOP_SECONDS = 240.0
COMPONENTS = ("simulators", "jobs.ingest", "jobs.streaming", "jobs.batch", "jobs.reconcile", "contracts")


def stop(folder: Path, screen: Screen, timeout: float = STOP_SECONDS) -> None:
    """Ask the supervisor to stop and wait until it has.

    The process is the one that holds the folder's lock, so it cannot be anybody else's. Raises
    ``TerminalError`` when it is not done in time.
    """
    lock = DataFolder(folder.absolute()).lock
    pid = owner(lock)
    if pid is None:
        screen.say("no local stack is running")
        return
    with screen.step(f"stopping the local stack (process {pid})"):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout
        while owner(lock) == pid:
            if time.monotonic() > deadline:
                raise TerminalError(f"process {pid} has not stopped after {timeout:g} s; see {folder / 'logs'}")
            time.sleep(0.2)


def run(folder: Path, module: str, arguments: Sequence[str]) -> NoReturn:
    """Become a component's command that works on the running stack. Raises ``UsageError`` where none runs."""
    if module not in COMPONENTS:
        raise UsageError(f"{module} is no component; there are {', '.join(COMPONENTS)}")
    environment = state.environment_of(state.read(folder))
    # Our own interpreter and one of our own modules: no shell has a part in it.
    os.execve(sys.executable, [sys.executable, "-m", module, *arguments], environment)  # noqa: S606


def reset(folder: Path, screen: Screen) -> None:
    """Remove all local data, except what was downloaded and checked. Raises ``UsageError`` while it runs."""
    if not folder.exists():
        screen.say(f"{folder} is not there: nothing to remove")
        return
    if not looks_like_ours(folder):
        raise UsageError(f"{folder.absolute()} does not look like a folder of the local stack: not removed")
    lock = FolderLock(DataFolder(folder.absolute()).lock)
    try:
        end_leftovers(DataFolder(folder.absolute()), screen.say)
        for path in folder.iterdir():
            if path.name == "downloads":
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    finally:
        lock.release()
    screen.say(f"removed the data in {folder.absolute()}")


def looks_like_ours(folder: Path) -> bool:
    """Whether ``folder`` is empty or has what ``up`` makes: a wrong setting must not empty a home."""
    names = {path.name for path in folder.iterdir()}
    return not names or bool(names & {"run", "downloads", "state.json"})
