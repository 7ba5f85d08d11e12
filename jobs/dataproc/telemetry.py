"""What Cloud Monitoring is told: how far the live page is behind, and how old history is."""

import datetime as dt
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from contracts import database, live_store
from contracts.errors import TransientError
from contracts.live_layout import Status, read_status
from contracts.settings import Settings

# Declared in infra/terraform/modules/observability: an alert on a metric that nobody declared is refused.
PREFIX = "custom.googleapis.com/vitrine"
_ADDRESS = "https://monitoring.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/monitoring.write"
_TIMEOUT_SECONDS = 30


class MonitoringUnavailable(TransientError):
    """Cloud Monitoring did not take the values."""


def measure(settings: Settings) -> dict[str, float]:
    """The values by metric, in seconds; those that there are. Raises the errors of ``database`` and ``live_store``."""
    with closing(live_store.connect(settings)) as client:
        status = read_status(client)
    with (
        closing(database.connect(settings, application="telemetry")) as connection,
        database.translated("looking for the newest run"),
    ):
        found = database.rows(
            connection,
            "select extract(epoch from clock_timestamp() - max(terminada_em))::float8 "
            "from metricas.execucoes where situacao = 'concluida'",
        )
    return values(status, found[0][0], now=time.time())


def values(status: Status | None, batch_age: float | None, *, now: float) -> dict[str, float]:
    """The metrics from what was found: the newest live status, and the age of the newest run in seconds."""
    found: dict[str, float | None] = {"batch_age_seconds": batch_age}
    if status is not None:
        newest = status.newest_event
        found["streaming_lag_seconds"] = None if newest is None else max(0.0, now - newest)
        found["streaming_latency_p95_seconds"] = status.latency_p95
    return {name: value for name, value in found.items() if value is not None}


def report(project: str, measured: Mapping[str, float], *, address: str = "") -> None:
    """Write the values to Cloud Monitoring, or without credentials to ``address``. Raises ``MonitoringUnavailable``."""
    import requests
    from google.auth import default
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import AuthorizedSession

    end = dt.datetime.now(dt.UTC).isoformat()
    body: Any = {
        "timeSeries": [
            {
                "metric": {"type": f"{PREFIX}/{name}"},
                "resource": {"type": "global", "labels": {"project_id": project}},
                "points": [{"interval": {"endTime": end}, "value": {"doubleValue": value}}],
            }
            for name, value in measured.items()
        ]
    }
    try:
        session = requests.Session() if address else AuthorizedSession(default(scopes=[_SCOPE])[0])
        with session:
            answer = session.post(
                f"{address or _ADDRESS}/v3/projects/{project}/timeSeries", json=body, timeout=_TIMEOUT_SECONDS
            )
            answer.raise_for_status()
    except (requests.RequestException, GoogleAuthError) as error:
        raise MonitoringUnavailable(f"writing {', '.join(measured)}: {error}") from error
