from pathlib import Path

import pytest

from contracts.errors import SettingsError, UsageError
from local.servers.folder import DataFolder
from local.servers.lock import FolderLock, owner
from local.servers.machine import Machine
from local.servers.server import ServerNotReady
from local.servers.stack import Servers


def test_an_unknown_server_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"unknown servers \['kafka'\]: allowed are \['emulator', 'java',"):
        Servers(tmp_path, only={"kafka"})


def test_a_given_address_is_used_and_nothing_is_started(tmp_path: Path, machine: Machine) -> None:
    servers = Servers(tmp_path, only={"emulator"}, machine=machine, external_addresses={"emulator": "pubsub.test:8085"})
    assert servers.java is None
    assert servers.environment == {"VITRINE_PUBSUB_EMULATOR_HOST": "pubsub.test:8085"}
    assert (servers["emulator"].source, servers["emulator"].pid) == ("environment", None)


def test_a_given_address_that_does_not_answer_is_named(tmp_path: Path) -> None:
    servers = Servers(tmp_path, only={"redis"}, external_addresses={"redis": "127.0.0.1:1"})
    with pytest.raises(ServerNotReady, match=r"^redis at 127\.0\.0\.1:1 \(given in the environment\) does not answer"):
        servers.start(timeout=0.2)


@pytest.mark.parametrize("address", ["localhost", ":6379", "host:port"])
def test_an_address_of_another_form_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="it must be host:port"):
        Servers(tmp_path, only={"redis"}, external_addresses={"redis": address})


def test_a_folder_has_one_owner_at_a_time(tmp_path: Path) -> None:
    path = DataFolder.at(tmp_path).lock
    lock = FolderLock(path)
    with pytest.raises(UsageError, match=f"^{tmp_path} is already in use by process [0-9]+: "):
        FolderLock(path)
    assert owner(path) is not None
    lock.release()
    assert owner(path) is None
    FolderLock(path).release()
