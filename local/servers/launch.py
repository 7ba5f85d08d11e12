"""Becomes a server: change user, tie its life to the starter's, then replace this process by it.

Run as a script by ``process.start`` with ``python -I -S`` (so it imports the standard library
only). A script and not ``preexec_fn``: the starter has threads and gRPC channels, and Python code
between fork and exec can deadlock there.

    launch.py DEATH_SIGNAL PARENT USER CROSS PROGRAM ARGUMENT...
    launch.py probe USER PATH...

USER is a user's name or ``-`` for the present one. CROSS 1 keeps root's right to pass through
folders that USER may not enter. ``probe`` prints the first of PATHs that USER cannot reach.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2


def become(user: str) -> None:
    """Change to ``user`` for good, with its own groups."""
    import pwd

    entry = pwd.getpwnam(user)
    os.initgroups(entry.pw_name, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def become_keeping_passage(user: str) -> None:
    """Change to ``user`` but keep the capability to enter and read every folder (Linux).

    A checkout below a root's home is closed to everybody else, and Postgres does not run as root.
    Reading is enough; where a container has taken that capability away (Docker does), the wider
    one that it leaves is used.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_KEEPCAPS")
    become(user)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        bit = 1 << capability
        # Twice (effective, permitted, inheritable): capabilities 0-31 and 32-63.
        data = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        raised = not libc.capset(header, data) and not libc.prctl(
            PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0
        )
        if raised:
            return
    raise OSError(ctypes.get_errno(), "capset")


def die_with_parent(death_signal: int, parent: int) -> None:
    """Have the kernel send ``death_signal`` when the starter is gone (Linux; elsewhere nothing).

    Comes after the change of user, which clears it.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit("the process that started this one is gone")


def probe(user: str, paths: list[str]) -> None:
    """Print the first folder on the way to ``paths`` that ``user`` cannot enter, if any."""
    become(user)
    for path in map(Path, paths):
        for folder in [*reversed(path.parents), path]:
            if not os.access(folder, os.X_OK):
                sys.stdout.write(str(folder))
                return


def main(arguments: list[str]) -> None:
    """Do what the module says with ``arguments``; only ``probe`` returns."""
    if arguments[0] == "probe":
        probe(arguments[1], arguments[2:])
        return
    death_signal, parent, user, cross, *command = arguments
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    if user != "-":
        (become_keeping_passage if cross == "1" else become)(user)
    die_with_parent(int(death_signal), int(parent))
    try:
        os.execv(command[0], command)  # noqa: S606 - this is the point of the script
    except OSError as error:
        raise SystemExit(f"{command[0]}: {error.strerror}") from None


if __name__ == "__main__":
    main(sys.argv[1:])
