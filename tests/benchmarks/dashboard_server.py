"""A dashboard's server as benchmarks start it: on one core, its cost noted, with batches going into Redis."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

from contracts import live_store, settings
from tests.benchmarks import live_store as store

BATCH_SECONDS = 0.5


@contextmanager
def served(arguments: Sequence[str], environment: dict[str, str]) -> Iterator[tuple[str, psutil.Process]]:
    """A server on one core: its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", *(it.format(port=port) for it in arguments)],
        env=environment | {"VITRINE_DASHBOARD_PORT": str(port), "VITRINE_LOG_LEVEL": "ERROR"},
    )
    try:
        os.sched_setaffinity(process.pid, {0})
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                    break
            except OSError:
                assert process.poll() is None, "the server ended while starting"
                assert time.monotonic() < deadline, "the server did not answer within 60 s"
                time.sleep(0.1)
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


class Cost:
    """Processor time and memory of a process over a while."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process

    def __enter__(self) -> "Cost":
        self._began, self._used = time.monotonic(), self._cpu()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu_share = (self._cpu() - self._used) / (time.monotonic() - self._began)
        self.memory_mb = self._process.memory_info().rss / 1e6

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


class Writer:
    """Batches from a thread of its own, while the context lasts."""

    def __init__(self, configuration: settings.Settings) -> None:
        self._client = live_store.connect(configuration)
        self._over = threading.Event()
        self.written: dict[int, float] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.written = store.write_until(self._client, self._over.is_set, BATCH_SECONDS)

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def commit() -> str:
    """The commit that is measured."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return git.stdout.strip()
