"""``python local/locked.py NAME...``: the part of the lock file that some extras or packages need.

pip has no way to install one extra from a lock for all of them with hashes checked. The lock says
after each package what needs it; followed from the roots, that gives the part to install, with
``pip install --require-hashes``, which refuses to go on should anything be missing from it. Imports
nothing but the standard library: it runs in an image that has nothing else yet.
"""

import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_PROJECT = "vitrine"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRAS = re.compile(r"\[([^\]]*)\]")


def normalised(name: str) -> str:
    """A package's name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def blocks(lock: str) -> dict[str, list[str]]:
    """The lines of each package: version, hashes and who needs it."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in lock.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            lines = found.setdefault(normalised(_name_of(line)), [])
        if line and found:
            lines.append(line)
    return found


def roots(project: Mapping[str, Any], names: Iterable[str]) -> set[str]:
    """The packages named by the project itself, by its extras among ``names``, and by ``names`` directly."""
    extras: Mapping[str, list[str]] = project["optional-dependencies"]
    direct: set[str] = set()
    for requirement in project["dependencies"]:
        direct.add(normalised(_name_of(requirement)))
    for name in names:
        if name not in extras:
            direct.add(normalised(name))
            continue
        for requirement in extras[name]:
            if normalised(_name_of(requirement)) == _PROJECT:
                inner = _EXTRAS.search(requirement)
                direct |= roots(project, [it.strip() for it in inner[1].split(",")] if inner else [])
            else:
                direct.add(normalised(_name_of(requirement)))
    return direct


def needed(packages: Mapping[str, list[str]], wanted: set[str]) -> set[str]:
    """``wanted`` and all that they need. Raises ``KeyError`` for a package that is not in the lock."""
    needs: dict[str, set[str]] = defaultdict(set)
    for name, lines in packages.items():
        for parent in _needed_by(lines):
            needs[parent].add(name)
    found: set[str] = set()
    ahead = set(wanted)
    while ahead:
        name = ahead.pop()
        if name not in packages:
            raise KeyError(name)
        found.add(name)
        ahead |= needs[name] - found
    return found


def _name_of(requirement: str) -> str:
    found = _NAME.match(requirement)
    if found is None:
        raise ValueError(f"{requirement!r} does not begin with a package's name")
    return found[0]


def _needed_by(lines: list[str]) -> set[str]:
    comments = (line.strip().removeprefix("#").strip().removeprefix("via").strip() for line in lines if "#" in line)
    return {normalised(_name_of(it)) for it in comments if it}


def main(names: list[str]) -> None:
    """Write the part of ``requirements.lock`` in this folder to standard output."""
    packages = blocks(Path("requirements.lock").read_text("utf-8"))
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    try:
        chosen = needed(packages, roots(project, names))
    except KeyError as error:
        raise SystemExit(f"{error.args[0]} is neither an extra of pyproject.toml nor a package of the lock") from None
    for name in sorted(chosen):
        sys.stdout.write("\n".join(packages[name]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
