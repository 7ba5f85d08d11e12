"""What Cloud Monitoring is told, over real HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from contracts.live_layout import Status
from jobs.dataproc.telemetry import MonitoringUnavailable, report, values

STATUS = Status(
    written_at=1_000.0, generation=1, batch=7, newest_event=995.0, watermark=400.0, latency_p50=0.4, latency_p95=0.8,
    latency_p99=1.1, batch_rows=10, rows=100, late=0, late_versions=0, duplicates=0, rejected=0,
)  # fmt: skip


class Monitoring(ThreadingHTTPServer):
    """Takes time series, or answers with ``status``."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[tuple[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Monitoring

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Quiet."""


@pytest.fixture
def monitoring() -> Iterator[Monitoring]:
    server = Monitoring()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_lag_latency_and_age_are_what_was_found() -> None:
    assert values(STATUS, 3600.0, now=1_005.0) == {
        "batch_age_seconds": 3600.0,
        "streaming_lag_seconds": 10.0,
        "streaming_latency_p95_seconds": 0.8,
    }


def test_what_there_is_not_is_left_out() -> None:
    assert values(None, None, now=1_005.0) == {}


def test_values_are_written_as_time_series_of_the_project(monitoring: Monitoring) -> None:
    address = f"http://127.0.0.1:{monitoring.server_address[1]}"
    report("loja-1", {"streaming_lag_seconds": 10.0}, address=address)
    ((path, body),) = monitoring.taken
    assert path == "/v3/projects/loja-1/timeSeries"
    (series,) = body["timeSeries"]
    assert series["metric"] == {"type": "custom.googleapis.com/vitrine/streaming_lag_seconds"}
    assert series["points"][0]["value"] == {"doubleValue": 10.0}


def test_a_refusal_says_what_was_not_written(monitoring: Monitoring) -> None:
    monitoring.status = 403
    with pytest.raises(MonitoringUnavailable, match="writing streaming_lag_seconds: 403"):
        report("loja-1", {"streaming_lag_seconds": 10.0}, address=f"http://127.0.0.1:{monitoring.server_address[1]}")
