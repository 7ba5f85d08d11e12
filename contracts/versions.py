"""Which code a process runs, and on what: told in its heartbeat, so that parts of two releases are seen."""

import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

_ROOT = Path(__file__).parents[1]
# What a part stands on, where it is installed.
_PACKAGES = ("pyspark", "streamlit")


@cache
def code() -> str:
    """Our version, and the commit where the code is a checkout: ``0.1.0+e4138c3``.

    Empty where nobody can say: code that came as an archive is no installed package.
    """
    try:
        version = metadata.version("vitrine")
    except metadata.PackageNotFoundError:
        return ""
    commit = _commit()
    return f"{version}+{commit}" if commit else version


@cache
def mine() -> dict[str, str]:
    """Names to versions: ``python``, ``vitrine`` where it is known, and of packages those that are installed here."""
    found = {"python": platform.python_version()}
    if code():
        found["vitrine"] = code()
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _commit() -> str:
    """The checkout's commit; empty in an image, which has neither the folder nor, mostly, the program."""
    if not (_ROOT / ".git").exists():
        return ""
    try:
        answer = subprocess.run(  # noqa: S603 - nothing of it comes from outside
            ["git", "-C", str(_ROOT), "rev-parse", "--short=7", "HEAD"],  # noqa: S607 - git is where the system has it
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
