"""Log lines as Cloud Logging reads them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from contracts import log


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """What configures the process's logging leaves nothing to the next test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
def test_a_line_is_json_with_the_severity_that_cloud_logging_knows(level: str) -> None:
    out = io.StringIO()
    log.configure("ingest", log_format="json", level="DEBUG", stream=out)
    getattr(log.get("jobs.ingest"), level)("gravação lenta", seconds=1.5)
    line = json.loads(out.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "severity": level.upper(), "message": "gravação lenta", "component": "ingest", "logger": "jobs.ingest",
        "seconds": 1.5,
    }  # fmt: skip


def test_an_error_s_traceback_is_within_its_one_line() -> None:
    out = io.StringIO()
    log.configure("ingest", log_format="json", stream=out)
    try:
        int("x")
    except ValueError:
        log.get("jobs.ingest").exception("unexpected")
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["severity"] == "ERROR"
    assert "ValueError" in json.loads(line)["exception"]


def test_the_libraries_lines_are_the_same_kind_of_json() -> None:
    out = io.StringIO()
    log.configure("ingest", log_format="json", stream=out)
    logging.getLogger("grpc").info("quiet")
    try:
        int("x")
    except ValueError:
        logging.getLogger("grpc").exception("channel %s is closed", 3)
    (text,) = out.getvalue().splitlines()
    line = json.loads(text)
    assert line.pop("timestamp").endswith("Z")
    assert "ValueError" in line.pop("exception")
    assert line == {
        "severity": "ERROR", "message": "channel 3 is closed", "component": "ingest", "logger": "grpc",
    }  # fmt: skip


def test_the_libraries_lines_are_text_for_a_person() -> None:
    out = io.StringIO()
    log.configure("ingest", log_format="console", stream=out)
    logging.getLogger("grpc").warning("channel %s is closed", 3)
    assert "warning" in out.getvalue()
    assert "channel 3 is closed" in out.getvalue()
    assert "component=ingest" in out.getvalue()


def test_a_level_below_the_chosen_one_is_left_out() -> None:
    out = io.StringIO()
    log.configure("ingest", log_format="json", level="WARNING", stream=out)
    log.get("jobs.ingest").info("quiet")
    assert out.getvalue() == ""
