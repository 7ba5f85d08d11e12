"""Whether there is a Java that Spark can run on."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from contracts.errors import MissingProgram

SUPPORTED = (17, 21)


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
