"""The dashboard under viewers: what 1 to 200 of the live page cost its server, and how soon they see a change.

``SECONDS=180 python -m tests.benchmarks.bench_dashboard``. The server has one core; the store, a writer of
two batches a second with 1,000 products, the viewers and a real browser have the others. *Redis to
screen* is from the end of a batch's write to the frame that shows it in Chromium. The history page is run by
10 sessions, every second each. The peer is the same live page as plain Streamlit fragments. The last
line is one JSON object; ``event_to_screen_p95_s`` takes a running stack and is null here.

``OPEN=1 SECONDS=1800`` leaves a live page and a health page open in a browser instead, and compares the
memory of the browser's pages and of the server before and after.
"""

import asyncio
import datetime as dt
import itertools
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil
import typer
from playwright.sync_api import Page
from rich.console import Console
from rich.table import Table

from contracts import database, live_store, migrate, settings
from contracts.live import WINDOWS
from dashboard.formats import LANGUAGES
from local.servers import start_all
from tests.benchmarks import left_open, viewers
from tests.benchmarks import live_store as store
from tests.benchmarks.dashboard_server import Cost, Writer, commit, served
from tests.dashboard import shop
from tests.dashboard.browser import chromium

ADDRESS = os.environ.get("ADDRESS", "")
OPEN = os.environ.get("OPEN", "") == "1"
SECONDS = float(os.environ.get("SECONDS", "180"))
VIEWERS = (1, 25, 100, 200)
PLAIN_VIEWERS, HISTORY_VIEWERS = 25, 10
GOALS = {"server_cpu_share": 0.2, "redis_to_screen_p95_s": 1.5, "history_run_p95_s": 0.5, "server_memory_mb": 400}
PLAIN = Path(__file__).with_name("plain_live_page.py")

# When which batch was on the screen: its number shows as *rejected*.
_NOTE = """() => {
  window.seen = [];
  const root = [...document.querySelectorAll('*')].map(it => it.shadowRoot).find(it => it?.querySelector('.facts'))
    ?? document;
  const entry = root.querySelector('.facts [data-id=rejected] dd');
  new MutationObserver(() => requestAnimationFrame(() => window.seen.push([entry.textContent, Date.now() / 1000])))
    .observe(entry, { childList: true, characterData: true, subtree: true });
}"""


# The same for the newest event of each frame.
_NOTE_EVENTS = """() => {
  window.seen = [];
  const status = [...document.querySelectorAll('*')].map(it => it.shadowRoot?.querySelector('.status')).find(it => it)
    ?? document.querySelector('.status');
  new MutationObserver(() => requestAnimationFrame(() => window.seen.push([+status.dataset.newest, Date.now() / 1000])))
    .observe(status, { attributes: true, attributeFilter: ['data-newest'] });
}"""


def event_to_screen(address: str, seconds: float) -> list[float]:
    """Seconds from an event to the screen on a running stack.

    A frame shows the events since the newest one of the frame before; they are taken as evenly spread.
    """
    with chromium() as browser:
        page = browser.new_page()
        page.goto(address)
        page.locator(".status[data-state=live]").wait_for()
        page.evaluate(_NOTE_EVENTS)
        page.wait_for_timeout(seconds * 1000)
        seen: list[tuple[float, float]] = page.evaluate("window.seen")
    return [
        at - (before + (newest - before) * part / 10)
        for (before, _), (newest, at) in itertools.pairwise(seen)
        if newest > before
        for part in range(1, 11)
    ]


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return sorted(values)[int(0.95 * len(values))]


def lags(written: dict[int, float], seen: Sequence[tuple[str, float]]) -> list[float]:
    """From each batch in Redis to the first screen that shows it or a later one."""
    shown = [(int(text.replace(".", "")), at) for text, at in seen]
    last = max(number for number, _ in shown)
    first = min(number for number, _ in shown)
    return [
        next(at for it, at in shown if it >= number) - written[number]
        for number in sorted(written)
        if first <= number <= last
    ]


def watch(address: str, process: psutil.Process, count: int, seconds: float) -> tuple[Cost, float]:
    """The server's cost, and the frames per viewer and second, with this many viewers."""
    topics = [(window, language) for window in WINDOWS for language in LANGUAGES]

    async def measured() -> tuple[Cost, float]:
        viewing = asyncio.create_task(viewers.watch_streams(address, topics, count, seconds))
        await asyncio.sleep(2)
        with Cost(process) as cost:
            await asyncio.sleep(seconds - 1)
        return cost, await viewing

    return asyncio.run(measured())


def in_thread(page: Page, call: threading.Thread) -> None:
    """Run ``call`` while the page goes on: Playwright's own thread has to turn."""
    call.start()
    while call.is_alive():
        page.wait_for_timeout(200)
    call.join()


def main() -> None:
    """Measure, show, and write the last line."""
    if ADDRESS:
        lag = event_to_screen(ADDRESS, SECONDS)
        found = {"bench": "dashboard", "commit": commit(), "cores": os.cpu_count()}
        found |= {
            "event_to_screen_p50_s": round(statistics.median(lag), 2),
            "event_to_screen_p95_s": round(p95(lag), 2),
        }
        typer.echo(msgspec.json.encode(found).decode())
        return
    if OPEN:
        left_open.measure(SECONDS)
    else:
        under_viewers()


def under_viewers() -> None:
    """Start what is needed, and measure with 1 to 200 viewers."""
    # The others' cores: the server alone has the first.
    os.sched_setaffinity(0, set(range(1, os.cpu_count() or 1)) or {0})
    step = SECONDS / 9
    found: dict[int, tuple[Cost, float]] = {}
    with tempfile.TemporaryDirectory() as folder, start_all(Path(folder), only={"redis", "postgres"}) as servers:
        configuration = settings.load(servers.environment)
        store.fill(live_store.connect(configuration, timeout_seconds=60), int(time.time()))
        connection = database.connect(configuration, application="bench")
        migrate.migrate(connection)
        today = dt.datetime.now(dt.UTC).date()
        days = [("dia", today - dt.timedelta(days=it), it > 0, 100_000 + it, 500, 10, 1) for it in range(1_000)]
        shop.write_run(connection, dt.datetime.now(dt.UTC), days)
        connection.close()
        environment = {**os.environ, **servers.environment}
        with served(["dashboard"], environment) as (address, process):
            history = asyncio.run(
                viewers.run_pages(
                    address,
                    HISTORY_VIEWERS,
                    step,
                    every=1.0,
                    queries=("intervalo=90d", "intervalo=12m", "intervalo=7d"),
                    page="vendas",
                )
            )
            with Writer(configuration) as writer:
                for count in VIEWERS[:-1]:
                    found[count] = watch(address, process, count, step)
                with chromium() as browser:
                    page = browser.new_page()
                    page.goto(address)
                    page.locator(".facts [data-id=rejected] dd").wait_for()
                    page.evaluate(_NOTE)

                    def most() -> None:
                        found[VIEWERS[-1]] = watch(address, process, VIEWERS[-1], 2 * step)

                    in_thread(page, threading.Thread(target=most))
                    seen = page.evaluate("window.seen")
            screen = lags(writer.written, seen)
        plain_arguments = [
            "streamlit", "run", str(PLAIN), "--server.port={port}", "--server.headless=true",
            "--browser.gatherUsageStats=false", "--server.fileWatcherType=none", "--logger.level=error",
        ]  # fmt: skip
        with (
            served(plain_arguments, environment) as (address, process),
            Writer(configuration),
            Cost(process) as plain_cost,
        ):
            plain = asyncio.run(viewers.run_pages(address, PLAIN_VIEWERS, 2 * step, every=1.0))
    most_cost, frames = found[VIEWERS[-1]]
    result = {
        "bench": "dashboard",
        "commit": commit(),
        "cores": os.cpu_count(),
        "viewers": VIEWERS[-1],
        "server_cpu_share": round(most_cost.cpu_share, 3),
        "frames_per_viewer_s": round(frames, 3),
        "redis_to_screen_p50_s": round(statistics.median(screen), 2),
        "redis_to_screen_p95_s": round(p95(screen), 2),
        "event_to_screen_p95_s": None,
        "history_run_p95_s": round(p95(history), 3),
        "plain_viewers": PLAIN_VIEWERS,
        "plain_run_p95_s": round(p95(plain), 2),
        "plain_cpu_share": round(plain_cost.cpu_share, 3),
        "server_memory_mb": round(most_cost.memory_mb),
        "cpu_share_by_viewers": {str(count): round(cost.cpu_share, 3) for count, (cost, _) in sorted(found.items())},
    }
    show(found, result, plain_cost)
    typer.echo(msgspec.json.encode(result).decode())


def show(found: dict[int, tuple[Cost, float]], result: dict[str, object], plain: Cost) -> None:
    """The table for people."""
    table = Table(title="live page: the server's one core")
    for column in ("viewers", "core", "frames/viewer/s", "memory, MB"):
        table.add_column(column, justify="right")
    for count, (cost, frames) in sorted(found.items()):
        table.add_row(str(count), f"{cost.cpu_share:.1%}", f"{frames:.2f}", f"{cost.memory_mb:.0f}")
    table.add_row(f"{PLAIN_VIEWERS} plain", f"{plain.cpu_share:.1%}", "", f"{plain.memory_mb:.0f}")
    figures = Table()
    for column in ("figure", "measured", "goal"):
        figures.add_column(column, justify="left" if column == "figure" else "right")
    for name, goal in GOALS.items():
        figures.add_row(name, str(result[name]), f"≤ {goal:g}")
    figures.add_row("plain_run_p95_s", str(result["plain_run_p95_s"]), "the peer")
    console = Console(width=100)
    console.print(table)
    console.print(figures)


if __name__ == "__main__":
    main()
