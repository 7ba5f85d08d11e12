import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from contracts.errors import MissingProgram, SettingsError
from local.servers import download, emulator
from local.servers.emulator import JAR_SETTING, find_jar
from local.servers.folder import DataFolder
from local.servers.machine import Machine

JAR_IN_SDK = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-{}-all.jar"


def add_file(path: Path, content: bytes = b"jar") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def archive_with(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name in ("../../escape", f"platform/pubsub-emulator/lib/{emulator.JAR_NAME}"):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def test_the_setting_comes_first(tmp_path: Path, machine: Machine) -> None:
    jar = add_file(tmp_path / "given.jar")
    add_file(tmp_path / "root/usr/lib/google-cloud-sdk" / JAR_IN_SDK.format("0.8.20"))
    machine = Machine({**machine.environment, JAR_SETTING: str(jar)}, machine.root)
    assert find_jar(DataFolder.at(tmp_path), machine) == (jar, JAR_SETTING)


def test_a_setting_that_names_no_file_is_refused(tmp_path: Path, machine: Machine) -> None:
    machine = Machine({**machine.environment, JAR_SETTING: "/nowhere.jar"}, machine.root)
    with pytest.raises(SettingsError, match=r"^VITRINE_PUBSUB_EMULATOR_JAR=/nowhere\.jar: there is no such file$"):
        find_jar(DataFolder.at(tmp_path), machine)


def test_the_sdk_of_gcloud_on_path_is_found_through_its_link(tmp_path: Path, machine: Machine, add_program) -> None:
    add_program("sdk/bin/gcloud", "")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gcloud").symlink_to(tmp_path / "sdk/bin/gcloud")
    add_file(tmp_path / "sdk" / JAR_IN_SDK.format("0.8.9"))
    newest = add_file(tmp_path / "sdk" / JAR_IN_SDK.format("0.8.20"))
    assert find_jar(DataFolder.at(tmp_path), machine) == (newest, "Cloud SDK")


def test_a_usual_folder_and_one_in_the_home_are_searched(tmp_path: Path, machine: Machine) -> None:
    jar = add_file(tmp_path / "home/google-cloud-sdk" / JAR_IN_SDK.format("0.8.20"))
    assert find_jar(DataFolder.at(tmp_path), machine) == (jar, "Cloud SDK")


def test_a_machine_without_network_is_told_the_ways_out(
    tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "ARCHIVE_URL", "https://127.0.0.1:1/archive.tar.gz")
    with pytest.raises(MissingProgram) as error:
        find_jar(DataFolder.at(tmp_path), machine)
    assert "cannot be fetched" in str(error.value)
    assert "gcloud components install pubsub-emulator" in str(error.value)
    assert JAR_SETTING in str(error.value)


def test_an_archive_with_another_jar_inside_is_not_used(tmp_path: Path, machine: Machine) -> None:
    folder = DataFolder.at(tmp_path)
    archive_with(folder.downloads / emulator.ARCHIVE, b"tampered")
    found = hashlib.sha256(b"tampered").hexdigest()
    with pytest.raises(MissingProgram, match=f"has SHA-256 {found}, expected {emulator.JAR_SHA256}: not used"):
        find_jar(folder, machine)
    assert not (folder.downloads / emulator.JAR_NAME).exists()


def test_the_jar_of_a_good_archive_is_kept_and_nothing_else_is_unpacked(
    tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "JAR_SHA256", hashlib.sha256(b"good").hexdigest())
    folder = DataFolder.at(tmp_path / "deep" / "folder")
    archive_with(folder.downloads / emulator.ARCHIVE, b"good")
    jar, source = find_jar(folder, machine)
    assert (jar.read_bytes(), source) == (b"good", "download")
    assert [path.name for path in folder.downloads.iterdir()] == [emulator.JAR_NAME]
    assert not list(tmp_path.rglob("escape"))


def test_a_broken_archive_is_one_clear_line(tmp_path: Path) -> None:
    archive = add_file(tmp_path / "broken.tar.gz", b"not an archive")
    with pytest.raises(MissingProgram, match=r"broken\.tar\.gz cannot be unpacked \(.*\): delete it and try again$"):
        download.extract_checked(archive, "jar", "0" * 64, tmp_path / "jar")


def test_progress_is_told_with_the_bytes_so_far(tmp_path: Path) -> None:
    source = add_file(tmp_path / "source", b"x" * 600_000)
    seen: list[tuple[int, int | None]] = []
    download.fetch(source.as_uri(), tmp_path / "target", lambda done, total: seen.append((done, total)))
    assert seen == [(262144, 600000), (524288, 600000), (600000, 600000)]
