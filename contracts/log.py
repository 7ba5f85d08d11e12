"""Logging: one structured line per event, and one way for a process to end."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TextIO

import structlog

from contracts.errors import VitrineError

LogFormat = Literal["auto", "console", "json"]

# Cloud Logging reads `severity`, and calls the levels by these names.
_SEVERITY = {"debug": "DEBUG", "info": "INFO", "warning": "WARNING", "error": "ERROR", "critical": "CRITICAL"}


def _cloud_severity(_logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    event["severity"] = _SEVERITY.get(method, "DEFAULT")
    event["message"] = event.pop("event")
    return event


def configure(
    component: str, *, log_format: LogFormat = "auto", level: str = "INFO", stream: TextIO | None = None
) -> None:
    """Send every log line of this process to ``stream`` (default: standard error).

    ``auto`` writes coloured text when a person watches and JSON otherwise. The standard library's
    loggers (gRPC, Spark's gateway) go the same way, from warnings upward.
    """
    out = stream or sys.stderr
    as_json = log_format == "json" or (log_format == "auto" and not out.isatty())

    def _component(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        # Not a context variable: those do not reach the threads that do the work.
        return {"component": component, **event}

    shared: list[Any] = [
        _component,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: list[Any] = (
        [_cloud_severity, structlog.processors.JSONRenderer(ensure_ascii=False, default=str)]
        if as_json
        else [structlog.processors.add_log_level, structlog.dev.ConsoleRenderer(colors=out.isatty())]
    )
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def get(name: str) -> Any:
    """A logger: ``log.info("what happened", key=value)``. Call it where it is used, not at import."""
    return structlog.get_logger().bind(logger=name)


@contextmanager
def exit_codes() -> Iterator[None]:
    """End the process as the interfaces promise: one clear line and the error's exit code.

    Raises ``SystemExit``: the error's ``exit_code`` for a ``VitrineError``, 130 for Ctrl-C. Any
    other exception is a bug of ours and keeps its traceback.
    """
    try:
        yield
    except VitrineError as error:
        get("main").error(str(error), kind=type(error).__name__)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def on_stop_signals(stop: Callable[[], None]) -> None:
    """Call ``stop`` once when SIGTERM or SIGINT comes; the caller then drains and returns."""
    called = threading.Event()

    def handle(_signum: int, _frame: object) -> None:
        if not called.is_set():
            called.set()
            stop()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def parent_is_gone(parent: int) -> bool:
    """Whether the process that started us has died (we were handed to another parent)."""
    return os.getppid() != parent
