"""The commands of ``python -m simulators``."""

import os
import threading
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from contracts import database, log, settings
from contracts.settings import Settings
from simulators import history as past_of_shop
from simulators import ledger as books
from simulators import run as running
from simulators import sample as samples
from simulators.faults import Faults
from simulators.progress import showing
from simulators.shop import shards_of

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The shop that Vitrine watches.")


def _settings() -> Settings:
    """The settings; from here on the log is as they want it."""
    configuration = settings.load()
    log.configure("simulators", log_format=configuration.log_format, level=configuration.log_level)
    return configuration


@app.command()
def run(
    process: Annotated[
        int, typer.Option(envvar="CLOUD_RUN_TASK_INDEX", help="Which of the processes this is, from 0.")
    ] = 0,
    of: Annotated[int, typer.Option(envvar="CLOUD_RUN_TASK_COUNT", help="How many processes there are.")] = 1,
    rate: Annotated[
        float | None, typer.Option(help="Messages a second over all processes. [default: VITRINE_SIMULATORS_RATE]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="What the shop follows from. [default: VITRINE_SIMULATORS_SEED]")
    ] = None,
    duration: Annotated[float | None, typer.Option(help="Seconds after which to end. [default: never]")] = None,
) -> None:
    """Play the shop live: process i of N runs the shards i mod N of 64. SIGTERM publishes the rest and ends."""
    parent = os.getppid()
    configuration = _settings()
    stop = threading.Event()
    log.on_stop_signals(stop.set)
    task = running.Task(
        process=process,
        processes=of,
        rate=configuration.simulators_rate if rate is None else rate,
        seed=configuration.simulators_seed if seed is None else seed,
        duration=duration,
    )
    running.run(configuration, task, stop, parent=parent)


@app.command()
def history(
    days: Annotated[
        int | None, typer.Option(min=1, max=3660, help="Days up to now. [default: VITRINE_HISTORY_DAYS]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="What the shop follows from. [default: VITRINE_SIMULATORS_SEED]")
    ] = None,
) -> None:
    """Write the same shop's past straight into Postgres; an empty shop only, so a second time does nothing."""
    configuration = _settings()
    world = running.world(configuration, configuration.simulators_seed if seed is None else seed)
    with (
        closing(database.connect(configuration, application="history", timeout_seconds=None)) as connection,
        showing("história") as progress,
    ):
        loaded = past_of_shop.load(
            connection, configuration, world, days=days or configuration.history_days, progress=progress
        )
    if loaded is None:
        log.get(__name__).info("the history is already there; nothing was changed")
    else:
        past_of_shop.report(loaded)


@app.command()
def ledger() -> None:
    """Add up the books of all processes and write them as JSON."""
    configuration = _settings()
    typer.echo(msgspec.json.encode(books.totals(configuration.simulators_folder)).decode())


@app.command()
def sample(
    start: Annotated[datetime, typer.Option(help="When the shop opens; UTC.")],
    seconds: Annotated[float, typer.Option(min=0.001, help="How much of the shop's time to show.")] = 5.0,
    process: Annotated[int, typer.Option(min=0, help="Which of the processes, from 0.")] = 0,
    of: Annotated[int, typer.Option(min=1, max=64, help="How many processes there are.")] = 1,
) -> None:
    """Write the first events of a shop: topic, time of production, payload. The same for the same settings."""
    configuration = _settings()
    opening = start.replace(tzinfo=UTC)
    shop = samples.open_shop(
        running.world(configuration, configuration.simulators_seed),
        shards_of(process, of),
        rate=configuration.simulators_rate,
        start=opening,
        faults=Faults.of(configuration),
    )
    for line in samples.lines(samples.play(shop, opening, seconds)):
        typer.echo(line, nl=False)
