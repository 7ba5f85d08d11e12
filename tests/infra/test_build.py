"""What Cloud Build is told: images with both attestations, and everything of a digest or nothing.

Each rule is from the documentation of BuildKit's attestations or of Cloud Build's provenance (September 2026).
"""

import copy
import json
import os
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project.files import ROOT

Build = dict[str, Any]
FILE = ROOT / "infra" / "packaging" / "cloudbuild.yaml"
_REGISTRY = "us-central1-docker.pkg.dev/loja-1/vitrine"

# Answers as where no image is yet, or as where all are; writes down the arguments.
_DOCKER = """#!/usr/bin/env python3
import json, os, sys
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
sys.exit(sys.argv[1:4] == ["buildx", "imagetools", "inspect"] and not os.environ.get("ALL_THERE"))
"""
# A bucket is a folder here, and every object is noted when it comes.
_GCLOUD = r"""#!/usr/bin/env bash
set -euo pipefail
test "$1 $2" = "storage cp"
shift 2
if [ "$1" = --recursive ]; then shift; fi
target=$BUCKETS/${*: -1}
target=${target/gs:\/\//}
if [[ "$target" == */ ]]; then mkdir -p "$target"; else mkdir -p "$(dirname "$target")"; fi
if [ "$1" = - ]; then cat > "$target"; else cp -R "${@:1:$#-1}" "$target"; fi
echo "${*: -1}" >> "$CALLS"
"""


@pytest.fixture
def build() -> Build:
    loaded: Build = yaml.safe_load(FILE.read_text("utf-8"))
    return loaded


def step(build: Build, name: str) -> dict[str, Any]:
    """One step by its id."""
    (found,) = [it for it in build["steps"] if it["id"] == name]
    return dict(found)


def script(build: Build, name: str, **substitutions: str) -> str:
    """A step's script as its shell gets it: substitutions put in, and doubled dollars single again."""
    text = step(build, name)["args"][-1]
    for key, value in substitutions.items():
        text = re.sub(rf"(?<!\$)\$_{key}\b", value, text)
    return str(text.replace("$$", "$"))


class Ran:
    """Runs a step's script with a recorder in the place of a program."""

    def __init__(self, folder: Path, program: str, text: str) -> None:
        (folder / program).write_text(text)
        (folder / program).chmod(0o755)
        self.calls_file = folder / "calls"
        self._environment = {
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "CALLS": str(self.calls_file),
            "BUCKETS": str(folder / "buckets"),
        }

    def __call__(self, text: str, **environment: str) -> list[str]:
        """The lines that were recorded."""
        self.calls_file.write_text("")
        subprocess.run(["bash", "-euo", "pipefail", "-c", text], env={**self._environment, **environment}, check=True)
        return self.calls_file.read_text("utf-8").splitlines()


@pytest.fixture
def docker(tmp_path: Path) -> Callable[..., list[list[str]]]:
    """Runs the step of the images; gives what docker was asked."""
    ran = Ran(tmp_path, "docker", _DOCKER)

    def run(build: Build, **environment: str) -> list[list[str]]:
        text = script(build, "images", REGISTRY=_REGISTRY, DIGEST="0123456789abcdef")
        return [json.loads(it) for it in ran(text, **environment)]

    return run


# What breaks each rule of a command that builds.
_BROKEN: dict[str, Callable[[list[str]], bool]] = {
    "no bill of materials": lambda it: "--sbom=true" not in it,
    # The small form lacks how it was built; `false` is none at all.
    "no full provenance": lambda it: "--provenance=mode=max" not in it,
    "attestations are kept by the registry only: what is not pushed by its builder has none": (
        lambda it: "--push" not in it
    ),
    "the Docker daemon can hold no attestations": lambda it: bool({"--load", "--output=type=docker"} & set(it)),
    "the full provenance shows every build argument": lambda it: any(word.startswith("--build-arg") for word in it),
}


def complaints(build: Build, asked: list[list[str]]) -> Iterator[str]:
    """What keeps the attestations from being made, or from being kept."""
    if not any(it[:2] == ["buildx", "create"] and {"docker-container", "--use"} <= set(it) for it in asked):
        yield "the daemon's own driver refuses attestations"
    builds = [it for it in asked if it[:2] == ["buildx", "build"]]
    if not builds:
        yield "images are built by docker buildx build"
    for it in builds:
        yield from (rule for rule, is_broken in _BROKEN.items() if is_broken(it))
    if build.get("images"):
        yield "images: pushes from the Docker daemon, over what the builder has pushed"
    if build["options"].get("requestedVerifyOption") and not build.get("images"):
        yield "requestedVerifyOption is about images: only, and there are none"


def test_every_image_gets_both_attestations_and_is_pushed_by_its_builder(
    build: Build, docker: Callable[..., list[list[str]]]
) -> None:
    asked = docker(build)
    assert list(complaints(build, asked)) == []
    builds = [it for it in asked if it[:2] == ["buildx", "build"]]
    tags = [it[it.index("--tag") + 1] for it in builds]
    targets = re.search(r"targets += \[(.+)\]", (ROOT / "infra" / "terraform" / "main.tf").read_text("utf-8"))
    assert targets is not None
    wanted = sorted(re.findall(r'"(\w+)"', targets[1]))
    # As modules/project names what Terraform runs.
    assert sorted(tags) == [f"{_REGISTRY}/{it}:0123456789abcdef" for it in wanted]
    assert sorted(it[it.index("--target") + 1] for it in builds) == wanted


def test_an_image_that_is_there_is_not_built_again_as_its_tag_cannot_be_moved(
    build: Build, docker: Callable[..., list[list[str]]]
) -> None:
    asked = docker(build, ALL_THERE="1")
    assert [it for it in asked if it[:2] == ["buildx", "build"]] == []
    assert len([it for it in asked if it[:3] == ["buildx", "imagetools", "inspect"]]) == 4


@pytest.mark.parametrize(
    ("removed", "put", "complaint"),
    [
        ("--sbom=true ", "", "no bill of materials"),
        ("--sbom=true", "--sbom=false", "no bill of materials"),
        ("--provenance=mode=max ", "", "no full provenance"),
        ("mode=max", "mode=min", "no full provenance"),
        (" --push", "", "kept by the registry only"),
        ("--push", "--load", "the Docker daemon can hold no attestations"),
        ("--push", "--push --build-arg TOKEN=1", "shows every build argument"),
        (" --driver docker-container", "", "the daemon's own driver"),
        ("docker buildx build", "docker build", "built by docker buildx build"),
    ],
)
def test_a_build_that_loses_an_attestation_is_found(
    removed: str, put: str, complaint: str, build: Build, docker: Callable[..., list[list[str]]]
) -> None:
    arguments = next(it["args"] for it in build["steps"] if it["id"] == "images")
    assert removed in arguments[-1]
    arguments[-1] = arguments[-1].replace(removed, put)
    assert any(complaint in it for it in complaints(build, docker(build)))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"images": [f"{_REGISTRY}/ingest"]}, "over what the builder has pushed"),
        ({"options": {"requestedVerifyOption": "VERIFIED"}}, "there are none"),
    ],
    ids=["images", "verify"],
)
def test_a_build_that_asks_for_what_it_cannot_have_is_found(
    change: Build, complaint: str, build: Build, docker: Callable[..., list[list[str]]]
) -> None:
    spoiled = copy.deepcopy(build) | change
    assert any(complaint in it for it in complaints(spoiled, docker(spoiled)))


def test_no_stage_takes_an_argument_that_the_provenance_would_show() -> None:
    assert not re.search(r"^ARG\b", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)


def test_what_is_pulled_by_a_step_of_ours_is_the_image_of_the_dockerfile(build: Build) -> None:
    base = re.search(r"^FROM (\S+) AS base$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert base is not None
    assert {step(build, it)["name"] for it in ("wheelhouse", "archive")} == {base[1]}


def test_the_mark_of_a_whole_build_comes_last(build: Build, tmp_path: Path) -> None:
    # Uploads wait for all that is made: a step that fails leaves no mark.
    assert sorted(step(build, "upload")["waitFor"]) == sorted(it["id"] for it in build["steps"] if it["id"] != "upload")
    out = tmp_path / "out"
    (out / "wheelhouse" / "l0ck").mkdir(parents=True)
    (out / "wheelhouse" / "l0ck" / "a.whl").touch()
    (out / "wheelhouse" / "current").write_text("l0ck\n")
    (out / "code").mkdir()
    (out / "code" / "entry.py").touch()
    zipfile.ZipFile(out / "code" / "vitrine.zip", "w").close()
    ran = Ran(tmp_path, "gcloud", _GCLOUD)
    text = script(build, "upload", BUCKET="loja-1-vitrine-builds", DIGEST="d1")
    asked = ran(text.replace("/workspace", str(tmp_path)))
    assert asked[-1] == "gs://loja-1-vitrine-builds/code/d1/done"
    bucket = tmp_path / "buckets" / "loja-1-vitrine-builds"
    assert {str(it.relative_to(bucket)) for it in bucket.rglob("*") if it.is_file()} == {
        "code/d1/done", "code/d1/entry.py", "code/d1/vitrine.zip", "wheelhouse/current", "wheelhouse/l0ck/a.whl",
    }  # fmt: skip


def test_as_many_builds_are_kept_as_the_page_says() -> None:
    project = (ROOT / "infra" / "terraform" / "modules" / "project" / "main.tf").read_text("utf-8")
    kept = re.search(r"keep_count = (\d+)", project)
    assert kept is not None
    # Index, image and attestations of each build are versions of their own.
    assert int(kept[1]) == 3 * 10
    assert "the newest ten are kept" in (ROOT / "docs" / "deploy.md").read_text("utf-8")
