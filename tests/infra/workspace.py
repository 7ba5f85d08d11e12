"""A copy of the checkout that Terraform works in, with the stand-in for the provider and a recorder for gcloud."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.project.files import ROOT, tracked

PROJECT = "vitrine-test"
# What Terraform reads: itself, and what it hashes.
_COPIED = ("infra", "contracts", "dashboard", "jobs", "local", "simulators")
_SINGLE = {".dockerignore", "Dockerfile", "LICENSE", "README.md", "pyproject.toml", "requirements.lock"}

# Answers as the real one would, and writes down what it was asked. A build is there once it was submitted.
_GCLOUD = """#!/usr/bin/env bash
printf '%s\\n' "$*" >> "$GCLOUD_LOG"
case "$*" in
  "storage objects describe"*) test -e "$GCLOUD_LOG.built" ;;
  "builds submit"*) touch "$GCLOUD_LOG.built" ;;
  *"--data-file=-"*) cat > /dev/null ;;
esac
"""


# Terraform itself, but for the state's bucket, which needs an account: the state stays in the folder.
_TERRAFORM = """#!/usr/bin/env bash
rm -f "$BACKEND"
exec "$TERRAFORM" "$@"
"""


def types_used() -> set[str]:
    """Every resource and data source of the configuration."""
    texts = [it.read_text("utf-8") for it in (ROOT / "infra" / "terraform").rglob("*.tf")]
    return set(re.findall(r'^(?:resource|data) "(google_\w+)"', "\n".join(texts), re.MULTILINE))


class Workspace:
    """Terraform in a folder of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.root = folder / "checkout"
        self._folder = folder
        for path in tracked():
            name = path.relative_to(ROOT)
            if name.parts[0] in _COPIED or str(name) in _SINGLE:
                target = self.root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
        programs = folder / "bin"
        programs.mkdir()
        (programs / "gcloud").write_text(_GCLOUD)
        (programs / "gcloud").chmod(0o755)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TF_")},
            **environment,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "GCLOUD_LOG": str(folder / "gcloud.log"),
            "TF_DATA_DIR": str(folder / "data"),
            "TF_IN_AUTOMATION": "1",
            "TF_CLI_ARGS": "-no-color",
            "CHECKPOINT_DISABLE": "1",
            "RETRY_SECONDS": "0",
        }
        (folder / "gcloud.log").touch()
        self.run("init", "-backend=false", "-input=false")

    @property
    def terraform(self) -> Path:
        """The configuration's folder."""
        return self.root / "infra" / "terraform"

    @property
    def state(self) -> Path:
        """What was applied."""
        return self.terraform / "terraform.tfstate"

    @property
    def gcloud_calls(self) -> list[str]:
        """What gcloud was asked for so far."""
        return (self._folder / "gcloud.log").read_text("utf-8").splitlines()

    def run(self, *arguments: str, fails: bool = False, folder: str = ".") -> str:
        """Run a command; its output. ``fails``: it must end with something else than 0."""
        ended = subprocess.run(
            ["terraform", f"-chdir={self.terraform / folder}", *arguments],
            env=self._environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        output = ended.stdout + ended.stderr
        assert (ended.returncode != 0) is fails, output
        return output if fails else ended.stdout

    def plan(self, *options: str, **variables: Any) -> dict[str, Any]:
        """The plan as JSON, against the state so far."""
        file = self._folder / "plan"
        self.run("plan", "-input=false", f"-out={file}", *options, *self._given(variables))
        shown: dict[str, Any] = json.loads(self.run("show", "-json", str(file)))
        return shown

    def apply(self, **variables: Any) -> str:
        """Apply with these variables."""
        return self.run("apply", "-auto-approve", "-input=false", *self._given(variables))

    def command(self, name: str, **variables: str) -> tuple[int, str]:
        """Run a script of infra/scripts unasked, in this folder's state; exit code, and what was said."""
        programs = self._folder / "commands"
        if not programs.exists():
            programs.mkdir()
            (programs / "terraform").write_text(_TERRAFORM)
            (programs / "terraform").chmod(0o755)
        ended = subprocess.run(
            ["bash", str(self.root / "infra" / "scripts" / name)],
            env={
                **self._environment,
                "PATH": f"{programs}{os.pathsep}{self._environment['PATH']}",
                "TERRAFORM": str(shutil.which("terraform")),
                "BACKEND": str(self.terraform / "backend_override.tf"),
                "PROJECT": PROJECT,
                "AUTO_APPROVE": "1",
                **variables,
            },
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return ended.returncode, ended.stdout + ended.stderr

    def _given(self, variables: dict[str, Any]) -> list[str]:
        texts = {name: it if isinstance(it, str) else json.dumps(it) for name, it in variables.items()}
        return [f"-var=project_id={PROJECT}", *(f"-var={name}={it}" for name, it in texts.items())]
