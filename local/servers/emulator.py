"""Google's Pub/Sub emulator: given, from a Cloud SDK, or fetched once and checked."""

import http.client
import re
from pathlib import Path

from contracts.errors import MissingProgram, SettingsError
from local.servers import ports
from local.servers.download import Progress, extract_checked, fetch, verify
from local.servers.folder import DataFolder
from local.servers.java import JavaRuntime
from local.servers.machine import Machine
from local.servers.process import Launch

NAME = "emulator"
JAR_SETTING = "VITRINE_PUBSUB_EMULATOR_JAR"
VERSION = "0.8.20"
JAR_NAME = f"cloud-pubsub-emulator-{VERSION}-all.jar"
JAR_SHA256 = "056bc216749e95ef495a81c9fa96b66863cedfb1b80b4d78ee8e3bde5a7b452f"
ARCHIVE = "google-cloud-sdk-pubsub-emulator-20250620144631.tar.gz"
ARCHIVE_URL = f"https://dl.google.com/dl/cloudsdk/channels/rapid/components/{ARCHIVE}"

_JAR_IN_SDK = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar"
_USUAL_SDKS = (
    "usr/lib/google-cloud-sdk",
    "usr/share/google-cloud-sdk",
    "usr/local/google-cloud-sdk",
    "opt/google-cloud-sdk",
    "snap/google-cloud-cli/current",
    "opt/homebrew/share/google-cloud-sdk",
    "usr/local/share/google-cloud-sdk",
    "opt/homebrew/Caskroom/*/latest/google-cloud-sdk",
    "usr/local/Caskroom/*/latest/google-cloud-sdk",
    "~/google-cloud-sdk",
)


def _version(jar: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", jar.name))


def _newest_jar(sdk: Path) -> Path | None:
    return max(sdk.glob(_JAR_IN_SDK), key=_version, default=None)


def find_jar(folder: DataFolder, machine: Machine, progress: Progress | None = None) -> tuple[Path, str]:
    """The emulator's jar and where it came from.

    In this order: the setting, the Cloud SDK of the ``gcloud`` on PATH, a Cloud SDK in a usual
    folder, the download. Raises ``SettingsError`` when the setting names no file and
    ``MissingProgram`` when the download fails, with the ways out.
    """
    given = machine.environment.get(JAR_SETTING)
    if given:
        if not Path(given).is_file():
            raise SettingsError(f"{JAR_SETTING}={given}: there is no such file")
        return Path(given).absolute(), JAR_SETTING
    gcloud = machine.on_path("gcloud")
    sdks = [gcloud.resolve().parent.parent] if gcloud is not None else []
    for sdk in [*sdks, *machine.usual(_USUAL_SDKS)]:
        jar = _newest_jar(sdk)
        if jar is not None:
            return jar, "Cloud SDK"
    return _downloaded(folder, progress), "download"


def _downloaded(folder: DataFolder, progress: Progress | None) -> Path:
    jar = folder.downloads / JAR_NAME
    try:
        if not jar.exists():
            archive = folder.downloads / ARCHIVE
            if not archive.exists():
                fetch(ARCHIVE_URL, archive, progress)
            extract_checked(archive, JAR_NAME, JAR_SHA256, jar)
            archive.unlink()
        verify(jar, JAR_SHA256, JAR_NAME)
    except MissingProgram as error:
        raise MissingProgram(
            f"the Pub/Sub emulator is missing: {error}. Install it (gcloud components install pubsub-emulator, or "
            f"apt install google-cloud-cli-pubsub-emulator), or set {JAR_SETTING} to its jar"
        ) from error
    return jar


class Emulator:
    """Speaks gRPC and REST on one port. Keeps every message in memory: see ``heap``."""

    name = NAME
    port_setting = "--emulator-port"

    def __init__(
        self,
        folder: DataFolder,
        java: JavaRuntime,
        machine: Machine,
        *,
        heap: str = "2g",
        progress: Progress | None = None,
    ) -> None:
        """``heap`` is Java's -Xmx. Acknowledged messages stay in it until their subscription goes."""
        self._folder = folder
        self._java = java
        self._machine = machine
        self._heap = heap
        self._progress = progress
        self.source = "not started"

    def prepare(self, port: int) -> Launch:
        """Find the jar (or fetch it) and say how Java runs it."""
        jar, self.source = find_jar(self._folder, self._machine, self._progress)
        self._folder.temporary.mkdir(parents=True, exist_ok=True)
        return Launch(
            command=(
                str(self._java.executable.absolute()),
                f"-Xmx{self._heap}",
                # Out of memory it would stay up and answer nothing: end, and be started again.
                "-XX:+ExitOnOutOfMemoryError",
                # No file of ours outside the data folder.
                "-XX:-UsePerfData",
                f"-Djava.io.tmpdir={self._folder.temporary}",
                "-jar",
                str(jar),
                f"--host={ports.HOST}",
                f"--port={port}",
            ),
            environment={**self._machine.environment, "JAVA_HOME": str(self._java.home)},
            folder=self._folder.of(NAME),
            log=self._folder.log(NAME),
            record=self._folder.record(NAME),
        )

    def answers(self, port: int) -> bool:
        """Whether a REST call is answered."""
        # http.client and not urllib: a proxy of the environment must not see this.
        connection = http.client.HTTPConnection(ports.HOST, port, timeout=2)
        try:
            connection.request("GET", "/v1/projects/vitrine-probe/topics")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def environment(self, port: int) -> dict[str, str]:
        """What points a component at it."""
        return variables(ports.HOST, port)


def variables(host: str, port: int) -> dict[str, str]:
    """What points a component at the emulator at ``host:port``."""
    return {"VITRINE_PUBSUB_EMULATOR_HOST": f"{host}:{port}"}
