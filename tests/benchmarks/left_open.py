"""Pages left open: what the browser and the server keep after a while, before and after."""

import os
import tempfile
import time
from pathlib import Path

import msgspec
import typer
from playwright.sync_api import BrowserContext, Page
from rich.console import Console
from rich.table import Table

from contracts import database, live_store, migrate, settings
from local.servers import start_all
from tests.benchmarks import live_store as store
from tests.benchmarks.dashboard_server import Cost, Writer, commit, served
from tests.dashboard import parts
from tests.dashboard.browser import chromium

# Until then Streamlit, ECharts and the caches have what they keep anyway.
SETTLE_SECONDS = 60.0


class Heap:
    """What a page keeps: bytes of its JavaScript heap after a collection, and its DOM nodes."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self._session = context.new_cdp_session(page)
        self._session.send("Performance.enable")

    def now(self) -> dict[str, float]:
        """Garbage is collected first."""
        self._session.send("HeapProfiler.collectGarbage")
        metrics = {it["name"]: it["value"] for it in self._session.send("Performance.getMetrics")["metrics"]}
        return {
            "heap_mb": metrics["JSHeapUsedSize"] / 1e6,
            "nodes": metrics["Nodes"],
            "listeners": metrics["JSEventListeners"],
        }


def measure(seconds: float) -> None:
    """Leave two pages open, and show what they and the server keep before and after."""
    os.sched_setaffinity(0, set(range(1, os.cpu_count() or 1)) or {0})
    with tempfile.TemporaryDirectory() as folder, start_all(Path(folder), only={"redis", "postgres"}) as servers:
        configuration = settings.load(servers.environment)
        store.fill(live_store.connect(configuration, timeout_seconds=60), int(time.time()))
        connection = database.connect(configuration, application="bench")
        migrate.migrate(connection)
        parts.write_all_beats(connection)
        for number in range(40):
            parts.write_rejected(connection, str(number), b'{"estado":"XX"}', seconds_ago=float(number))
        with (
            served(["dashboard"], {**os.environ, **servers.environment}) as (address, process),
            Writer(configuration),
            chromium() as browser,
        ):
            context = browser.new_context()
            pages = {"live": context.new_page(), "health": context.new_page()}
            pages["health"].goto(f"{address}/saude")
            pages["health"].locator(".rejected-list > li").first.wait_for()
            pages["live"].goto(address)
            pages["live"].locator(".status[data-state=live]").wait_for()
            heaps = {name: Heap(context, page) for name, page in pages.items()}
            pages["live"].wait_for_timeout(SETTLE_SECONDS * 1000)
            before = {name: heap.now() for name, heap in heaps.items()}
            with Cost(process) as cost:
                memory = process.memory_info().rss / 1e6
                until = time.monotonic() + seconds
                while time.monotonic() < until:
                    pages["live"].wait_for_timeout(1_000)
                    parts.write_all_beats(connection, published=int(time.time()))
            after = {name: heap.now() for name, heap in heaps.items()}
        connection.close()
    result: dict[str, object] = {
        "bench": "dashboard-open",
        "commit": commit(),
        "cores": os.cpu_count(),
        "seconds": seconds,
        "server_cpu_share": round(cost.cpu_share, 3),
        "server_memory_before_mb": round(memory, 1),
        "server_memory_after_mb": round(cost.memory_mb, 1),
    }
    table = Table(title=f"two pages open for {seconds:.0f} s")
    for column in ("what", "before", "after"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row("server, MB", f"{memory:.1f}", f"{cost.memory_mb:.1f}")
    for name in pages:
        for figure, value in before[name].items():
            table.add_row(f"{name}: {figure}", f"{value:,.1f}", f"{after[name][figure]:,.1f}")
            result |= {
                f"{name}_{figure}_before": round(value, 1),
                f"{name}_{figure}_after": round(after[name][figure], 1),
            }
    Console(width=100).print(table)
    typer.echo(msgspec.json.encode(result).decode())
