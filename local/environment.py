"""What the environment asks of the local stack, and what the parts get from it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from contracts.settings import Settings
from local.servers.stack import Servers

# A local shop is for looking at: its broker misbehaves a little, so that it shows what becomes of that.
FAULTS = {
    "VITRINE_SIMULATORS_DUPLICATE_RATE": "0.005",
    "VITRINE_SIMULATORS_LATE_RATE": "0.001",
    "VITRINE_SIMULATORS_OUT_OF_ORDER_RATE": "0.01",
    "VITRINE_SIMULATORS_MALFORMED_RATE": "0.0005",
}


def given_ports(environment: Mapping[str, str]) -> dict[str, int]:
    """Ports chosen for our own servers: a port without a host."""
    found = {}
    for name in ("postgres", "redis"):
        port = environment.get(f"VITRINE_{name.upper()}_PORT", "")
        if port.isdigit() and not environment.get(f"VITRINE_{name.upper()}_HOST"):
            found[name] = int(port)
    return found


def given_addresses(environment: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """Servers that somebody else runs: those whose host is given."""
    found = {}
    if environment.get("VITRINE_POSTGRES_HOST"):
        found["postgres"] = f"{settings.postgres_host}:{settings.postgres_port}"
    if environment.get("VITRINE_REDIS_HOST"):
        found["redis"] = f"{settings.redis_host}:{settings.redis_port}"
    if settings.pubsub_emulator_host:
        found["emulator"] = settings.pubsub_emulator_host
    return found


def of_children(servers: Servers, settings: Settings, dashboard_port: int) -> dict[str, str]:
    """The whole environment of every part: ours, the servers', one interpreter and absolute folders."""
    folder = settings.local_folder.absolute()
    own = {name: value for name, value in os.environ.items() if value != ""}
    return {
        # Where each keeps its things: below our folder wherever we were started, unless told otherwise.
        "VITRINE_STREAMING_FOLDER": str(folder / "streaming"),
        "VITRINE_SIMULATORS_FOLDER": str(folder / "simulators"),
        **FAULTS,
        **own,
        **servers.environment,
        "VITRINE_LOCAL_FOLDER": str(folder),
        "VITRINE_DASHBOARD_PORT": str(dashboard_port),
        # Spark finds no interpreter by itself in a virtual environment.
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / "tmp" / "spark"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONUNBUFFERED": "1",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    }


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """What may be written down."""
    return {name: value for name, value in environment.items() if not name.endswith("_PASSWORD")}


def secret_files(servers: Servers) -> dict[str, str]:
    """Where the passwords of our own servers are kept, by variable."""
    return {
        f"VITRINE_{server.name.upper()}_PASSWORD": str(servers.folder.secret(server.name))
        for server in servers
        if server.source != "environment" and Path(servers.folder.secret(server.name)).exists()
    }
