import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts import settings
from contracts.errors import MissingProgram
from contracts.settings import PREFIX, Settings
from local import compose
from local.environment import FAULTS
from local.parts import Part, Speaks, parts
from local.servers.folder import DataFolder
from local.servers.machine import Machine
from local.servers.postgres import DEFAULT_PARAMETERS
from local.servers.redis import RedisProgram
from tests.project.files import ROOT

FILE = ROOT / "local" / "docker-compose.yml"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))["services"]
TABLE = {it.name: it for it in parts(Settings(), live=True, dashboard_port=8501)}
OURS = {name: it for name, it in SERVICES.items() if "build" in it}


def needs(name: str) -> set[str]:
    """All services that must have come before, directly or through others."""
    direct = set(SERVICES[name].get("depends_on", {}))
    return direct.union(*(needs(it) for it in direct))


def variables() -> dict[str, str]:
    """The names that are put into the file, each with its text."""
    return {it[1]: it[0] for it in re.finditer(r"\$\{([A-Z_]+)[^}]*\}", FILE.read_text("utf-8"))}


def test_compose_has_the_parts_of_the_native_runner() -> None:
    beside = {"postgres", "redis", "emulator", "migrate", "history", "batch"}
    assert set(SERVICES) - beside == set(TABLE)


@pytest.mark.parametrize("part", TABLE.values(), ids=TABLE.keys())
def test_a_part_runs_the_same_command_in_its_container(part: Part) -> None:
    assert tuple(SERVICES[part.name]["command"]) == part.arguments


@pytest.mark.parametrize("part", TABLE.values(), ids=TABLE.keys())
def test_a_part_gets_the_same_time_to_stop(part: Part) -> None:
    assert SERVICES[part.name]["stop_grace_period"] == f"{part.stop_seconds:g}s"


@pytest.mark.parametrize("part", TABLE.values(), ids=TABLE.keys())
def test_a_part_is_healthy_by_the_same_sign(part: Part) -> None:
    test = SERVICES[part.name]["healthcheck"]["test"]
    if isinstance(part.works_when, Speaks):
        assert test[-3:] == ["local.containers", "works", part.works_when.name]
    else:
        assert f":{part.works_when.port}{part.works_when.path}" in test[-1]


@pytest.mark.parametrize("part", TABLE.values(), ids=TABLE.keys())
def test_a_part_waits_for_the_parts_that_it_needs(part: Part) -> None:
    for name in part.needs:
        assert SERVICES[part.name]["depends_on"][name] == {"condition": "service_healthy"}


def test_everything_comes_in_order() -> None:
    assert needs("migrate") == {"postgres"}
    assert needs("history") == {"migrate", "postgres"}
    assert needs("batch") == {"history", "migrate", "postgres"}
    for consumer in ("ingest", "streaming"):
        assert needs(consumer) == {"emulator", "history", "migrate", "postgres", "redis"}
    # A dependent is stopped before what it depends on: the emulator can then keep what is left in it.
    assert {"emulator", "postgres"} <= needs("simulators-0")


def test_only_what_ends_well_is_waited_for_to_its_end() -> None:
    waited = {
        name
        for it in SERVICES.values()
        for name, how in it.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    assert waited == {name for name, it in SERVICES.items() if it["restart"] == "no"} == {"migrate", "history"}


def test_what_is_waited_for_as_healthy_says_whether_it_is() -> None:
    for it in SERVICES.values():
        for name, how in it.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name], name


@pytest.mark.parametrize("name", OURS)
def test_a_container_is_built_from_a_target_of_the_dockerfile(name: str) -> None:
    build = SERVICES[name]["build"]
    assert (FILE.parent / build["context"]).resolve() == ROOT
    assert re.search(rf"^FROM \S+ AS {build['target']}$", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_has_no_special_rights(name: str) -> None:
    it = SERVICES[name]
    assert it["cap_drop"] == ["ALL"]
    assert it["security_opt"] == ["no-new-privileges:true"]
    assert not it.get("privileged")


def test_every_variable_of_a_container_is_a_setting() -> None:
    for name, it in OURS.items():
        for variable in it["environment"]:
            assert variable.removeprefix(PREFIX).lower() in Settings.model_fields, f"{variable} of {name}"


def test_variables_left_empty_are_the_defaults() -> None:
    given = dict.fromkeys(OURS["ingest"]["environment"], "")
    assert settings.load(given) == Settings()


def test_the_shop_in_containers_has_the_faults_of_the_native_one() -> None:
    found = variables()
    assert {name: found[name] for name in FAULTS} == {name: f"${{{name}:-{rate}}}" for name, rate in FAULTS.items()}


def test_the_file_holds_no_password_and_asks_for_those_it_needs() -> None:
    found = variables()
    assert {it for it in found if "PASSWORD" in it} == set(compose.PASSWORDS)
    for name in compose.PASSWORDS:
        assert found[name].startswith(f"${{{name}:?"), f"{name} may not be empty"
    for service in SERVICES.values():
        for variable, value in service["environment"].items():
            if "PASSWORD" in variable or variable == "REDISCLI_AUTH":
                assert value.startswith("${"), f"{variable} must come from outside"


def test_only_the_dashboard_is_published_and_to_this_machine_only() -> None:
    published = {name: it["ports"] for name, it in SERVICES.items() if "ports" in it}
    assert list(published) == ["dashboard"]
    assert all(it.startswith("127.0.0.1:") for it in published["dashboard"])


def test_what_must_survive_is_on_volumes() -> None:
    mounted = {it.partition(":")[0] for service in SERVICES.values() for it in service.get("volumes", [])}
    assert mounted == set(yaml.safe_load(FILE.read_text("utf-8"))["volumes"])
    assert {"postgres", "redis", "streaming", "simulators", "emulator"} <= mounted


def test_postgres_runs_with_the_native_parameters() -> None:
    given = dict(it.removeprefix("--").split("=") for it in SERVICES["postgres"]["command"][1:])
    assert given == dict(DEFAULT_PARAMETERS)


def test_redis_keeps_its_data_as_the_native_one_does(tmp_path: Path) -> None:
    launch = RedisProgram(DataFolder.at(tmp_path), Machine()).prepare(6379)
    native = Path(launch.command[1]).read_text("utf-8").splitlines()
    script = SERVICES["redis"]["command"][-1]
    lines = [line for line in script.splitlines()[1:-1] if not line.startswith(("dir ", "requirepass "))]
    assert lines
    assert set(lines) <= set(native)


def test_the_passwords_are_made_once_and_private(tmp_path: Path) -> None:
    path = compose.environment_file(tmp_path)
    first = path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert compose.environment_file(tmp_path).read_text("utf-8") == first
    values = dict(line.split("=", 1) for line in first.splitlines())
    assert set(values) == set(compose.PASSWORDS)
    assert all(len(it) >= 32 for it in values.values())
    assert len(set(values.values())) == len(values)


def test_without_docker_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgram, match="docker is not on PATH: install Docker Engine") as raised:
        compose.command(["ps"], tmp_path)
    assert raised.value.exit_code == 2


def test_docker_is_given_our_file_and_the_private_passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    made = compose.command(["up", "--detach"], tmp_path)
    assert made == [
        str(docker),
        "compose",
        "--file",
        str(FILE),
        "--env-file",
        str(tmp_path / "compose.env"),
        "up",
        "--detach",
    ]


def test_a_container_that_ended_well_or_is_healthy_is_well() -> None:
    listed = json.loads("""[
        {"Service": "migrate", "State": "exited", "ExitCode": 0, "Health": ""},
        {"Service": "history", "State": "exited", "ExitCode": 1, "Health": ""},
        {"Service": "ingest", "State": "running", "ExitCode": 0, "Health": "healthy"},
        {"Service": "streaming", "State": "running", "ExitCode": 0, "Health": "starting"},
        {"Service": "batch", "State": "running", "ExitCode": 0, "Health": ""},
        {"Service": "dashboard", "State": "restarting", "ExitCode": 2, "Health": ""}
    ]""")
    found = compose.health(listed)
    assert {name: it["healthy"] for name, it in found.items()} == {
        "migrate": True,
        "history": False,
        "ingest": True,
        "streaming": False,
        "batch": True,
        "dashboard": False,
    }
    assert found["streaming"]["detail"] == "running starting"
