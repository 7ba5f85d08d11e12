"""Who runs Postgres when we are root, as it refuses to run as root itself."""

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import TerminalError
from local.servers.process import LAUNCHER

_USERS = ("postgres", "nobody")


@dataclass(frozen=True)
class Runner:
    """``user`` is ``None`` when we are an ordinary user and run everything ourselves."""

    user: str | None = None
    cross_closed_folders: bool = False

    def own(self, folder: Path) -> None:
        """Hand ``folder`` and all below it to the user."""
        if self.user is None:
            return
        entry = pwd.getpwnam(self.user)
        if folder.stat().st_uid == entry.pw_uid:
            return
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        for parent, folders, files in os.walk(folder):
            for name in [*folders, *files]:
                os.chown(Path(parent) / name, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def find_runner(paths: Sequence[Path]) -> Runner:
    """Who is to run Postgres, given that it must reach ``paths``.

    A user that cannot is given the right to pass through closed folders where the system lets us
    (Linux). Raises ``TerminalError`` with the way out where it does not.
    """
    if os.geteuid() != 0:
        return Runner()
    user = next((name for name in _USERS if _exists(name)), None)
    if user is None:
        raise TerminalError(
            f"Postgres does not run as root, and there is no user {' or '.join(_USERS)} to run it: "
            "run as an ordinary user"
        )
    closed = _first_unreachable(user, paths)
    if closed is None:
        return Runner(user)
    if sys.platform.startswith("linux"):
        return Runner(user, cross_closed_folders=True)
    raise TerminalError(
        f"Postgres does not run as root, and the user {user} that runs it instead cannot enter {closed}: "
        "run as an ordinary user, or work in a folder that everybody may enter"
    )


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _first_unreachable(user: str, paths: Sequence[Path]) -> str | None:
    done = subprocess.run(  # noqa: S603 - our own script, no shell
        [sys.executable, "-I", "-S", str(LAUNCHER), "probe", user, *map(str, paths)],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout or None
