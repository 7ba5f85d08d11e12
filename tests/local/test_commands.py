import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from contracts.errors import UsageError
from local import commands
from local.screen import Screen
from local.servers.folder import DataFolder
from local.servers.lock import FolderLock


@pytest.fixture
def screen(tmp_path: Path) -> Screen:
    return Screen(Console(file=(tmp_path / "screen").open("w")))


def local(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    own = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        env={**own, "VITRINE_LOCAL_FOLDER": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_reset_removes_everything_but_the_downloads(tmp_path: Path, screen: Screen) -> None:
    folder = tmp_path / "local"
    for path in ("downloads/emulator.jar", "postgres/PG_VERSION", "run/redis.json", "state.json"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("{}")
    commands.reset(folder, screen)
    assert sorted(path.name for path in folder.iterdir()) == ["downloads"]


def test_reset_refuses_while_the_stack_runs(tmp_path: Path, screen: Screen) -> None:
    lock = FolderLock(DataFolder.at(tmp_path / "local").lock)
    with pytest.raises(UsageError, match="is already in use by process"):
        commands.reset(tmp_path / "local", screen)
    lock.release()


def test_reset_leaves_a_folder_alone_that_is_not_ours(tmp_path: Path, screen: Screen) -> None:
    (tmp_path / "thesis.tex").write_text("…")
    with pytest.raises(UsageError, match="does not look like a folder of the local stack"):
        commands.reset(tmp_path, screen)
    assert (tmp_path / "thesis.tex").exists()


def test_a_second_up_says_so_and_ends_with_two(tmp_path: Path) -> None:
    lock = FolderLock(DataFolder.at(tmp_path).lock)
    done = local(tmp_path, "up")
    lock.release()
    assert done.returncode == 2
    assert f"is already in use by process {os.getpid()}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_status_without_a_stack_is_one_line_and_ends_with_two(tmp_path: Path) -> None:
    done = local(tmp_path, "status")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no local stack in" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_stop_without_a_stack_is_no_failure(tmp_path: Path) -> None:
    done = local(tmp_path, "stop")
    assert done.returncode == 0
    assert "no local stack is running" in done.stdout


def test_a_wrong_setting_is_one_line_and_ends_with_two(tmp_path: Path) -> None:
    done = local(tmp_path, "up", VITRINE_SIMULATORS_RATE="fast")
    assert done.returncode == 2
    assert "VITRINE_SIMULATORS_RATE='fast'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_an_occupied_dashboard_port_that_was_asked_for_ends_with_two(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = local(tmp_path, "up", VITRINE_DASHBOARD_PORT=str(listener.getsockname()[1]))
    assert done.returncode == 2
    assert "VITRINE_DASHBOARD_PORT" in done.stderr
    assert list((tmp_path / "run").glob("*.json")) == []


def test_a_components_command_runs_only_where_a_stack_does(tmp_path: Path) -> None:
    answer = local(tmp_path / "local", "run", "simulators", "ledger")

    assert answer.returncode == 2
    assert "there is no local stack in" in answer.stderr


def test_what_is_no_component_is_not_run(tmp_path: Path) -> None:
    answer = local(tmp_path / "local", "run", "http.server")

    assert answer.returncode == 2
    assert "http.server is no component; there are simulators, jobs.ingest" in answer.stderr
