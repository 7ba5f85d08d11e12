"""The Python that clusters and images have."""

import shutil
import subprocess
from pathlib import Path

import pytest


def python_312() -> str:
    """A Python 3.12 of this machine, or a skip: the one that a cluster's image has."""
    candidates = [
        shutil.which("python3.12"),
        *sorted(Path.home().glob(".pyenv/versions/3.12.*/bin/python3.12")),
        "/usr/lib/google-cloud-sdk/platform/bundledpythonunix/bin/python3.12",
    ]
    for it in candidates:
        if it and Path(it).exists() and subprocess.run([it, "-c", "import ensurepip"], check=False).returncode == 0:
            return str(Path(it).resolve())
    pytest.skip("there is no Python 3.12 on this machine")
