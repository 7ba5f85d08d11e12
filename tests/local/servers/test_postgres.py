import json
from pathlib import Path

import pytest

from contracts.errors import MissingProgram, TerminalError
from local.servers.folder import DataFolder
from local.servers.machine import Machine
from local.servers.postgres import Postgres, find_postgres, parse_major


@pytest.mark.parametrize(
    ("text", "major"),
    [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15),
        ("postgres (PostgreSQL) 18beta1", 18),
        ("postgres: command not found", None),
    ],
)
def test_the_major_version_is_read(text: str, major: int | None) -> None:
    assert parse_major(text) == major


def add_postgres(add_program, folder: str, version: str) -> Path:
    add_program(f"{folder}/initdb", "")
    return add_program(f"{folder}/postgres", f"postgres (PostgreSQL) {version}").parent


def test_postgres_on_path_is_followed_to_the_folder_of_its_siblings(
    tmp_path: Path, machine: Machine, add_program
) -> None:
    folder = add_postgres(add_program, "elsewhere", "16.2")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/postgres").symlink_to(folder / "postgres")
    found = find_postgres(machine)
    assert (found.folder, found.major, found.source) == (folder, 16, "PATH")


def test_the_newest_of_the_usual_folders_is_taken_and_unsupported_ones_are_not(machine: Machine, add_program) -> None:
    add_postgres(add_program, "root/usr/lib/postgresql/13/bin", "13.9")
    add_postgres(add_program, "root/usr/lib/postgresql/15/bin", "15.1")
    expected = add_postgres(add_program, "root/usr/lib/postgresql/17/bin", "17.4")
    add_postgres(add_program, "root/usr/lib/postgresql/19/bin", "19.0")
    found = find_postgres(machine)
    assert (found.folder, found.source) == (expected, "usual folder")


def test_where_only_python_is_found_the_wheel_is_used(machine: Machine) -> None:
    found = find_postgres(machine)
    assert (found.major, found.source) == (18, "wheel")


@pytest.mark.usefixtures("no_wheels")
def test_missing_postgres_says_what_to_install(machine: Machine) -> None:
    with pytest.raises(MissingProgram, match=r"^Postgres 15-18 is missing: .* Install one \(apt install postgresql"):
        find_postgres(machine)


def test_a_data_folder_is_opened_by_the_binaries_that_made_it(tmp_path: Path, machine: Machine, add_program) -> None:
    add_postgres(add_program, "bin", "17.4")
    maker = add_postgres(add_program, "maker", "16.1")
    folder = DataFolder.at(tmp_path / "data")
    folder.of("postgres").mkdir()
    (folder.of("postgres") / "PG_VERSION").write_text("16\n")
    folder.of("postgres.json").write_text(json.dumps({"folder": str(maker), "source": "wheel"}))
    launch = Postgres(folder, machine).prepare(5432)
    assert launch.command[0] == str(maker / "postgres")


def test_a_data_folder_of_a_version_that_is_gone_is_refused_with_the_way_out(tmp_path: Path, machine: Machine) -> None:
    folder = DataFolder.at(tmp_path / "data")
    folder.of("postgres").mkdir()
    (folder.of("postgres") / "PG_VERSION").write_text("14\n")
    with pytest.raises(MissingProgram, match=r"was made by Postgres 14 .*RESET=1"):
        Postgres(folder, machine).prepare(5432)


def test_a_pid_file_that_names_another_program_is_removed(tmp_path: Path, machine: Machine, add_program) -> None:
    add_postgres(add_program, "bin", "17.4")
    folder = DataFolder.at(tmp_path / "data")
    folder.of("postgres").mkdir()
    (folder.of("postgres") / "PG_VERSION").write_text("17\n")
    pid_file = folder.of("postgres") / "postmaster.pid"
    pid_file.write_text("1\n")
    Postgres(folder, machine).prepare(5432)
    assert not pid_file.exists()


def test_an_initdb_that_fails_leaves_no_half_made_folder(tmp_path: Path, machine: Machine, add_program) -> None:
    add_postgres(add_program, "bin", "17.4")
    add_program("bin/initdb", "initdb: error: no space left", 1)
    folder = DataFolder.at(tmp_path / "data")
    with pytest.raises(TerminalError, match="data folder cannot be made: "):
        Postgres(folder, machine).prepare(5432)
    assert not folder.of("postgres").exists()
