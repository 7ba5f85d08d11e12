"""The Java that Spark runs on, and what it starts with."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from contracts.errors import MissingProgram

SUPPORTED = (17, 21)
# Java says that it cannot use an archive, of another Java or of packages that have changed, and goes on without.
SILENT = "-Xlog:cds=off -Xlog:cds+dynamic=off"


def require() -> int:
    """The version of the Java that Spark will start: JAVA_HOME's, else the one on PATH.

    Raises ``MissingProgram`` where there is none or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    executable = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    advice = "install Java 17 or 21 (for example: apt install openjdk-17-jre-headless) or set JAVA_HOME"
    if executable is None or (home and not Path(executable).exists()):
        where = f"JAVA_HOME={home} has no bin/java" if home else "there is no java on PATH"
        raise MissingProgram(f"Spark needs Java: {where}; {advice}")
    answer = subprocess.run([executable, "-version"], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - the user's own Java
    found = re.search(r'version "(\d+)', answer.stderr + answer.stdout)
    if answer.returncode or not found:
        raise MissingProgram(f"Spark needs Java: {executable} does not run; {advice}")
    version = int(found[1])
    if version < min(SUPPORTED):
        raise MissingProgram(f"Spark needs Java 17 or 21, {executable} is {version}; {advice}")
    return version


def class_archive() -> Path:
    """Where an environment keeps the archive of Spark's classes, if it has one (``python -m local.class_archive``)."""
    return Path(sys.prefix) / "spark-classes.jsa"


def shared_class_options() -> str:
    """Java's options that map that archive; none where there is no archive."""
    archive = class_archive()
    return f"{option(f'-XX:SharedArchiveFile={archive}')} {SILENT}" if archive.exists() else ""


def option(text: str) -> str:
    """One of Java's options in a setting of Spark's, which takes them apart as a shell does: paths may have spaces."""
    return shlex.quote(text)
