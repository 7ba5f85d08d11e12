"""The Dockerfile's own commands, run without an engine: the same lock file, the same Python, nothing else."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.infra.pythons import python_312
from tests.project.files import ROOT

DOCKERFILE = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text("utf-8"))

pytestmark = [
    pytest.mark.skipif("TEST_WHEELHOUSE" not in os.environ, reason="installs packages anew: make test-infra does it"),
    pytest.mark.timeout(900),
]


def steps(stage: str) -> list[tuple[str, str]]:
    """A stage's instructions and what they say, after those of the stages that it is made from, but for the base."""
    found = re.search(rf"^FROM (\S+) AS {stage}\n((?:(?!FROM ).*\n)*)", DOCKERFILE, re.MULTILINE)
    assert found is not None, f"there is no stage {stage}"
    lines = [it.split(" ", 1) for it in found[2].splitlines() if it and not it.startswith("#")]
    before = [] if found[1].startswith(("base", "python:")) else steps(found[1])
    return before + [(instruction, rest) for instruction, rest in lines]


class Machine:
    """A folder in the place of an image's root, and a Python 3.12 with pip in the place of the base image's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._python = folder / "python"
        subprocess.run([python_312(), "-m", "venv", str(self._python)], check=True)

    def run(self, stage: str) -> Path:
        """Do what a stage says; the folder that it calls /opt."""
        root = self._folder / stage
        build = root / "build"
        build.mkdir(parents=True)
        for instruction, rest in steps(stage):
            if instruction == "COPY":
                *sources, target = rest.split()
                for name in sources:
                    self._copy(ROOT / name, build / target / ("" if (ROOT / name).is_dir() else Path(name).name))
            elif instruction == "RUN":
                command = re.sub(r"--mount=\S+ +", "", rest).replace("/opt/", f"{root}/opt/")
                self._shell(command, build)
        return root / "opt"

    def _copy(self, source: Path, target: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)

    def _shell(self, command: str, folder: Path) -> None:
        environment = {name: it for name, it in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        environment["PATH"] = f"{self._python / 'bin'}{os.pathsep}/usr/bin:/bin"
        ended = subprocess.run(
            ["sh", "-ec", command], cwd=folder, env=environment, check=False, capture_output=True, text=True
        )
        assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"))


@pytest.fixture(scope="module")
def code(machine: Machine) -> Path:
    """What every image has of ours."""
    return machine.run("code") / "code"


@pytest.mark.parametrize("target", ["ingest", "dashboard", "simulators", "release"])
def test_an_image_s_steps_make_what_its_command_starts_from(
    target: str, machine: Machine, code: Path, tmp_path: Path
) -> None:
    copied = {rest for instruction, rest in steps(target) if instruction == "COPY"}
    assert copied == {f"--from={target}-packages /opt/vitrine /opt/vitrine", "--from=code /opt/code /opt/code"}
    packages = machine.run(f"{target}-packages") / "vitrine"
    [command] = [json.loads(rest) for instruction, rest in steps(target) if instruction == "CMD"]
    ended = subprocess.run(
        [str(packages / "bin" / "python"), "-m", *command, "--help"],
        cwd=tmp_path,
        env={"PATH": f"{packages / 'bin'}:/usr/bin:/bin", "PYTHONPATH": str(code), "HOME": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Usage" in ended.stdout
