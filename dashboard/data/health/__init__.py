"""What the health page needs: kept current by two threads, one for Postgres and one for Redis, while somebody looks."""

from typing import Any, cast

from msgspec import Struct

from contracts import database, live_store
from contracts.database import Connection
from contracts.settings import Settings
from dashboard.data.health import postgres, redis_store
from dashboard.data.health.postgres import Beats, Healing, Reasons, Reconciled, Run, Server, Storage
from dashboard.data.health.probing import Known, Probe, Watch
from dashboard.data.health.redis_store import Memory, Statuses
from dashboard.data.reading import read_only

__all__ = ["Health", "HealthWatch"]

_TIMEOUT_SECONDS = 3.0


# Compared by identity: a reading stands for what is drawn of it.
class Health(Struct, frozen=True, kw_only=True, eq=False):
    """One look at everything; each part stands on its own, with its trouble where it has one."""

    beats: Known[Beats]
    runs: Known[list[Run]]
    reconciled: Known[Reconciled]
    healings: Known[list[Healing]]
    reasons: Known[Reasons]
    storage: Known[Storage]
    server: Known[Server]
    live: Known[Statuses]
    memory: Known[Memory]


class HealthWatch:
    """Reads while somebody asks; ``now`` never waits for a server."""

    def __init__(self, settings: Settings) -> None:
        self._postgres = Watch(
            "health-postgres",
            connect=lambda: _read_only(settings),
            close=database.close,
            probes=(
                Probe("beats", postgres.BeatsReader().read, every_seconds=2),
                Probe("runs", postgres.read_runs, every_seconds=5),
                Probe("reconciled", postgres.read_reconciled, every_seconds=10),
                Probe("healings", postgres.read_healings, every_seconds=10),
                Probe("reasons", postgres.read_reasons, every_seconds=10),
                Probe("server", postgres.read_server, every_seconds=60),
                Probe("storage", postgres.read_storage, every_seconds=60),
            ),
        )
        self._redis = Watch(
            "health-redis",
            connect=lambda: live_store.connect(settings, timeout_seconds=_TIMEOUT_SECONDS),
            close=lambda client: client.close() if client is not None else None,
            probes=(
                Probe("live", redis_store.StatusReader().read, every_seconds=2),
                Probe("memory", redis_store.read_memory, every_seconds=5),
            ),
        )

    def now(self, *, wait_seconds: float = 0.0) -> Health:
        """What is known. ``wait_seconds``: how long to wait at most for the very first look."""
        for watch in (self._postgres, self._redis):
            watch.ask()
        for watch in (self._postgres, self._redis):
            watch.wait_for_first(wait_seconds)
        known = self._postgres.known() | self._redis.known()
        return Health(**cast("dict[str, Any]", known))


def _read_only(settings: Settings) -> Connection:
    return read_only(
        settings,
        application="dashboard-health",
        timeout_seconds=_TIMEOUT_SECONDS,
        statement_milliseconds=postgres.STATEMENT_MILLISECONDS,
    )
