"""``python -m local.containers``: what runs in containers beside the parts themselves.

One container is one part, and Docker is the supervisor; what is left for us is the emulator's keeper,
the daily batch, and saying whether a part works.
"""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from contracts import database, heartbeat, log, settings, topology
from contracts.errors import TransientError
from contracts.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

_LOOK_SECONDS = 5.0


@app.command()
def emulator(port: Annotated[int, typer.Option(help="Where the emulator listens.")] = 8085) -> None:
    """Run the Pub/Sub emulator with its topology until SIGTERM; what still waits is kept for the next start."""
    from local.keeper import Keeper
    from local.servers.folder import DataFolder
    from local.stopping import StopRequest

    configuration = settings.load()
    log.configure("emulator", log_format=configuration.log_format, level=configuration.log_level)
    stop = StopRequest()
    stop.listen()
    folder = DataFolder.at(configuration.local_folder)
    Keeper(configuration, topology.load(), folder, port=port, say=log.get(__name__).info).run(stop)


@app.command()
def batch() -> None:
    """Run the batch once if there has been none, then whenever the shop's day is over; until SIGTERM."""
    from local.daily import DailyBatch
    from local.stopping import StopRequest
    from local.watch import Watch

    configuration = settings.load()
    log.configure("batch", log_format=configuration.log_format, level=configuration.log_level)
    say = log.get(__name__).info
    stop = StopRequest()
    stop.listen()
    watch = Watch(configuration)
    daily = DailyBatch(configuration.zone, start=_BatchRun, say=say)
    while not stop.wait(_LOOK_SECONDS):
        try:
            daily.tick(time.monotonic(), watch.shop_clock(), watch.newest_run_instant())
        except TransientError as problem:
            say(f"put off: {problem}")
    daily.stop()


class _BatchRun:
    """The batch as a process of its own: its memory is free again when it is done."""

    def __init__(self, command: str) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", "jobs.batch", command])  # noqa: S603 - our own words, no shell

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        return self._process.poll()

    def stop(self, timeout: float) -> int:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._process.wait()


@app.command()
def works(part: Annotated[str, typer.Argument(help="A heartbeat's name, or emulator.")]) -> None:
    """Exit with 0 when the part in this container works, 1 when it does not."""
    configuration = settings.load()
    if part == "emulator":
        well = _emulator_works(configuration)
    else:
        connection = database.connect(configuration, application="works", timeout_seconds=5)
        try:
            beats = heartbeat.read(connection)
        finally:
            connection.close()
        # A container's name is its host's, and its part's alone.
        here = f"{socket.gethostname()}-"
        well = any(it.part == part and it.is_fresh and it.instance.startswith(here) for it in beats)
    raise typer.Exit(0 if well else 1)


def _emulator_works(configuration: Settings) -> bool:
    from contracts.broker import Administrator
    from local.servers import ports

    host, _, port = (configuration.pubsub_emulator_host or "").rpartition(":")
    # The client would go on trying for half a minute.
    if not ports.accepts(host, int(port)):
        return False
    plan = topology.load()
    topics, subscriptions = Administrator(configuration).existing()
    return topics >= plan.topics.keys() and subscriptions >= plan.subscriptions.keys()


@app.command("fetch-emulator")
def fetch_emulator(jar: Annotated[Path, typer.Argument(help="Where to put it.")]) -> None:
    """Download the emulator, check it and keep its jar: for building its image."""
    from local.servers.emulator import find_jar
    from local.servers.folder import DataFolder
    from local.servers.machine import Machine

    found, _source = find_jar(DataFolder.at(jar.parent), Machine(environment={}))
    shutil.copyfile(found, jar)


if __name__ == "__main__":
    log.configure("containers")
    with log.exit_codes():
        app()
