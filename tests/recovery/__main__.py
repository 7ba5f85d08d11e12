"""``python -m tests.recovery``: many trials, each a fresh shop with its own seed.

``RUNS=200 SEED=1 JOBS=2 python -m tests.recovery`` (default: 10 runs from a seed of the moment, one at a time).
Each run's job dies at drawn points and moments, ingest once, and a rebuild in the middle. ``JOBS`` trials go on at
once, each beside servers of its own: a trial mostly waits. Ctrl-C, or SIGTERM, lets those under way come to their
ends and tells of what was done. What a failed trial leaves is kept: its folder, and the data of Postgres
and Redis. The last line is one JSON object.
"""

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from local.servers import start_all
from tests import quick_java
from tests.integration.conftest import Shop
from tests.recovery.plan import Plan
from tests.recovery.trial import NotRecovered, Trial

RUNS = int(os.environ.get("RUNS", "10"))
SEED = int(os.environ.get("SEED", "0")) or int(time.time())
JOBS = int(os.environ.get("JOBS", "1"))
DEATHS = 8


class Trials:
    """The trials, their outcomes, and whether there are more to come; for several threads."""

    def __init__(self, console: Console) -> None:
        self.survived: Counter[str] = Counter()
        self.took: Counter[str] = Counter()
        self.done: list[int] = []
        self.failures: list[str] = []
        self._console = console
        self._seeds = iter(range(SEED, SEED + RUNS))
        self._lock = threading.Lock()
        self._is_over = threading.Event()

    def stop(self) -> None:
        """Begin no more."""
        self._is_over.set()

    def work(self, folder: Path) -> None:
        """Run trial after trial beside servers in ``folder``, up to the first that fails, here or elsewhere."""
        try:
            with start_all(folder / "servers") as servers:
                for seed in self._next_seeds():
                    own = folder / f"seed-{seed}"
                    own.mkdir()
                    shop = Shop(servers, own)
                    trial = Trial(shop, Plan(seed, DEATHS))
                    try:
                        trial.run()
                    except BaseException:
                        self._console.print(f"what seed {seed} leaves is kept in {folder}", markup=False)
                        raise
                    finally:
                        trial.close()
                        shop.close()
                    shutil.rmtree(own, ignore_errors=True)  # a killed job's Java may still be writing
                    self._has_recovered(seed, trial)
        except NotRecovered as problem:
            self.failures.append(str(problem))
        finally:
            self.stop()

    def _next_seeds(self) -> Iterator[int]:
        while not self._is_over.is_set():
            with self._lock:
                seed = next(self._seeds, None)
            if seed is None:
                return
            yield seed

    def _has_recovered(self, seed: int, trial: Trial) -> None:
        with self._lock:
            self.survived += trial.survived
            self.took += trial.took
            self.done.append(seed)
            self._console.print(f"run {len(self.done)} of {RUNS}, seed {seed}: {', '.join(trial.happened)}")


def main() -> None:
    """Run all trials, or up to the first that fails, which is exit code 1."""
    console = Console()
    os.environ |= quick_java.ENVIRONMENT
    trials, began = Trials(console), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="vitrine-recovery-"))
    with ThreadPoolExecutor(JOBS, thread_name_prefix="trials") as pool:
        workers = []
        for number in range(JOBS):
            own = folder / f"worker-{number}"
            own.mkdir()
            workers.append(pool.submit(trials.work, own))
        for it in (signal.SIGINT, signal.SIGTERM):
            # Also where a shell has begun this in the background, with Ctrl-C ignored.
            signal.signal(it, signal.default_int_handler)
        try:
            for worker in workers:
                worker.result()
        except KeyboardInterrupt:
            console.print("the trials under way are the last")
            trials.stop()
            for worker in workers:
                worker.result()
    table = Table("died", "survived", title=f"{len(trials.done)} runs from seed {SEED}")
    for name in sorted(trials.survived):
        table.add_row(name, str(trials.survived[name]))
    table.add_row("all", str(trials.survived.total()))
    console.print(table)
    for failure in trials.failures:
        console.print(f"NOT RECOVERED: {failure}", style="red", markup=False)
    if not trials.failures:
        shutil.rmtree(folder)
    result = {
        "runs": len(trials.done), "seed": SEED, "last_seed": max(trials.done, default=None),
        "crashes_survived": trials.survived.total(), "by_point": dict(trials.survived),
        "seconds": round(time.monotonic() - began),
        "seconds_a_run": {name: round(it / len(trials.done), 1) for name, it in trials.took.items()},
        "failures": trials.failures,
    }  # fmt: skip
    typer.echo(msgspec.json.encode(result))
    sys.exit(1 if trials.failures else 0)


if __name__ == "__main__":
    main()
