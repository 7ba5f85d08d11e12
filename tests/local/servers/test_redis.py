import stat
from pathlib import Path

import pytest

from contracts.errors import MissingProgram
from local.servers.folder import DataFolder
from local.servers.machine import Machine
from local.servers.redis import RedisProgram, find_redis, parse_version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", (7, 0)),
        ("Valkey server v=9.1.2 sha=00000000:0 malloc=libc bits=64", (9, 1)),
        ("no such file", None),
    ],
)
def test_the_version_is_read(text: str, version: tuple[int, int] | None) -> None:
    assert parse_version(text) == version


def test_valkey_on_path_will_do(tmp_path: Path, machine: Machine, add_program) -> None:
    add_program("bin/valkey-server", "Valkey server v=8.0.1 sha=0")
    assert find_redis(machine) == (tmp_path / "bin/valkey-server", "PATH")


def test_a_server_that_is_too_old_is_passed_over_for_the_wheel(machine: Machine, add_program) -> None:
    add_program("bin/redis-server", "Redis server v=5.0.7 sha=0")
    assert find_redis(machine)[1] == "wheel"


@pytest.mark.usefixtures("no_wheels")
def test_missing_redis_says_what_was_found_and_what_to_install(machine: Machine, add_program) -> None:
    add_program("bin/redis-server", "Redis server v=5.0.7 sha=0")
    with pytest.raises(MissingProgram, match=r"has version 5\.0, 6\.2 or newer .*apt install redis-server"):
        find_redis(machine)


def test_the_password_is_in_a_private_file_and_not_on_the_command_line(tmp_path: Path, machine: Machine) -> None:
    program = RedisProgram(DataFolder.at(tmp_path), machine)
    launch = program.prepare(6379)
    password = program.environment(6379)["VITRINE_REDIS_PASSWORD"]
    configuration = Path(launch.command[-1])
    assert len(password) >= 32
    assert f"requirepass {password}\n" in configuration.read_text()
    assert stat.S_IMODE(configuration.stat().st_mode) == 0o600
    assert not any(password in argument for argument in launch.command)


def test_the_password_stays_the_same(tmp_path: Path, machine: Machine) -> None:
    first = RedisProgram(DataFolder.at(tmp_path), machine).environment(1)
    assert RedisProgram(DataFolder.at(tmp_path), machine).environment(1) == first
