"""The parts that run on top of the servers: what starts them, when, and how one knows that they work."""

import http.client
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from contracts.heartbeat import Beat
from contracts.settings import Settings
from local.servers.ports import HOST


class Stage(IntEnum):
    """The order in which parts are stopped: who makes work goes before who does it."""

    PRODUCERS = 1
    CONSUMERS = 2
    VIEWS = 3


@dataclass(frozen=True)
class Speaks:
    """Works when its process has written a heartbeat under ``name``."""

    name: str


@dataclass(frozen=True)
class Serves:
    """Works when ``path`` answers 200 on ``port``."""

    port: int
    path: str


@dataclass(frozen=True)
class Part:
    """A process of ours: ``python -m <arguments>``, started when all that it ``needs`` work."""

    name: str
    arguments: tuple[str, ...]
    works_when: Speaks | Serves
    stage: Stage
    needs: tuple[str, ...] = ()
    ready_seconds: float = 120.0
    stop_seconds: float = 20.0


def parts(settings: Settings, *, live: bool, dashboard_port: int) -> tuple[Part, ...]:
    """The table. Without ``live`` (the shop's clock is not the wall's) nothing streams."""
    consumers = [Part("ingest", ("jobs.ingest", "run"), Speaks("ingest"), Stage.CONSUMERS, stop_seconds=30)]
    if live:
        consumers.append(
            Part(
                "streaming",
                ("jobs.streaming", "run"),
                Speaks("streaming"),
                Stage.CONSUMERS,
                ready_seconds=300,
                stop_seconds=45,
            )
        )
    dashboard = Part("dashboard", ("dashboard",), Serves(dashboard_port, "/_stcore/health"), Stage.VIEWS)
    processes = settings.simulators_processes
    simulators = [
        Part(
            f"simulators-{number}",
            ("simulators", "run", "--process", str(number), "--of", str(processes)),
            Speaks("simuladores"),
            Stage.PRODUCERS,
            # Not streaming: its first batch is slow, and the broker keeps what it has not taken yet.
            needs=("ingest",),
        )
        for number in range(processes)
    ]
    return (*consumers, dashboard, *simulators)


def works(part: Part, pid: int, beats: Sequence[Beat]) -> bool:
    """Whether the process ``pid`` of ``part`` does what it is there for."""
    match part.works_when:
        case Serves(port, path):
            return answers(port, path)
        case Speaks(name):
            return beat_of(name, pid, beats) is not None


def beat_of(name: str, pid: int, beats: Sequence[Beat]) -> Beat | None:
    """The fresh heartbeat of the process ``pid`` on this machine."""
    prefix = f"{socket.gethostname()}-{pid}-"
    return next((it for it in beats if it.part == name and it.is_fresh and it.instance.startswith(prefix)), None)


def answers(port: int, path: str) -> bool:
    """Whether ``path`` on this machine's ``port`` answers 200."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
