"""``python -m tests.recovery``: many trials, each a fresh shop with its own seed.

``RUNS=200 SEED=1 python -m tests.recovery`` (default: 10 runs from a seed of the moment). Each run's job dies
at drawn points and moments, ingest once, and a rebuild in the middle. The last line is one JSON object.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from local.servers import start_all
from tests.integration.conftest import Shop
from tests.recovery.plan import Plan
from tests.recovery.trial import NotRecovered, Trial

RUNS = int(os.environ.get("RUNS", "10"))
SEED = int(os.environ.get("SEED", "0")) or int(time.time())
DEATHS = 8


def main() -> None:
    """Run all trials, or up to the first that fails, which is exit code 1."""
    console = Console()
    survived: Counter[str] = Counter()
    failure: str | None = None
    done, began = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder, start_all(Path(folder)) as servers:
        for number in range(RUNS):
            own = Path(folder) / f"run-{number}"
            own.mkdir()
            shop = Shop(servers, own)
            trial = Trial(shop, Plan(SEED + number, DEATHS))
            try:
                trial.run()
            except NotRecovered as problem:
                failure = str(problem)
                break
            finally:
                trial.close()
                shop.close()
            survived += trial.survived
            done += 1
            console.print(f"run {number + 1} of {RUNS}, seed {SEED + number}: {', '.join(trial.happened)}")
    table = Table("died", "survived", title=f"{done} runs from seed {SEED}")
    for name in sorted(survived):
        table.add_row(name, str(survived[name]))
    table.add_row("all", str(survived.total()))
    console.print(table)
    if failure:
        console.print(f"NOT RECOVERED: {failure}", style="red", markup=False)
    result = {
        "runs": done, "seed": SEED, "crashes_survived": survived.total(), "by_point": dict(survived),
        "seconds": round(time.monotonic() - began), "failure": failure,
    }  # fmt: skip
    typer.echo(msgspec.json.encode(result))
    sys.exit(1 if failure else 0)


if __name__ == "__main__":
    main()
