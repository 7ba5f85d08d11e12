"""The commands of ``python -m simulators``."""

import os
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from contracts import clock as shop_clock
from contracts import database, log, settings
from contracts.errors import UsageError
from contracts.settings import Settings
from simulators import history as past_of_shop
from simulators import ledger as books
from simulators import run as running
from simulators import sample as samples
from simulators import scenario_log
from simulators.catalogue import Catalogue
from simulators.faults import Faults
from simulators.moments import seconds_of, to_microseconds, to_text
from simulators.past import Past
from simulators.progress import showing
from simulators.report.observed import observe
from simulators.report.page import render
from simulators.scenarios import ABOUT, Kind, checked, from_json, to_json
from simulators.shop import shards_of

FASTEST_SPEED = 100_000

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The shop that Vitrine watches.")


def _settings() -> Settings:
    """The settings; from here on the log is as they want it."""
    configuration = settings.load()
    log.configure("simulators", log_format=configuration.log_format, level=configuration.log_level)
    return configuration


def _on_clock(configuration: Settings, speed: float | None, start: datetime | None) -> Settings:
    """The settings with the clock that was asked for on the command line."""
    if speed is not None and not 0 < speed <= FASTEST_SPEED:
        raise UsageError(f"--speed={speed:g}: must be above 0 and at most {FASTEST_SPEED:g}")
    changes: dict[str, Any] = {} if speed is None else {"shop_speed": speed}
    if start is not None:
        changes["shop_start"] = start.replace(tzinfo=UTC)
    return configuration.model_copy(update=changes)


@app.command()
def run(
    process: Annotated[
        int, typer.Option(envvar="CLOUD_RUN_TASK_INDEX", help="Which of the processes this is, from 0.")
    ] = 0,
    of: Annotated[int, typer.Option(envvar="CLOUD_RUN_TASK_COUNT", help="How many processes there are.")] = 1,
    rate: Annotated[
        float | None, typer.Option(help="Messages a second over all processes. Default: VITRINE_SIMULATORS_RATE.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="What the shop follows from. Default: VITRINE_SIMULATORS_SEED.")
    ] = None,
    duration: Annotated[float | None, typer.Option(help="Seconds after which to end. Default: never.")] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            help="Seconds of the shop's clock in one of the wall's: 1440 makes a day a minute. At another speed "
            "than 1 the live path is off and history moves. Default: VITRINE_SHOP_SPEED."
        ),
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(help="When the clock of a new shop begins; UTC. Default: VITRINE_SHOP_START, else now."),
    ] = None,
) -> None:
    """Play the shop live: process i of N runs the shards i mod N of 64. SIGTERM publishes the rest and ends."""
    parent = os.getppid()
    configuration = _on_clock(_settings(), speed, start)
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
        int | None, typer.Option(min=1, max=3660, help="Days up to now. Default: VITRINE_HISTORY_DAYS.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="What the shop follows from. Default: VITRINE_SIMULATORS_SEED.")
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(help="When the clock of a new shop begins, and its history ends; UTC. Default: now."),
    ] = None,
) -> None:
    """Write the same shop's past straight into Postgres; an empty shop only, so a second time does nothing."""
    configuration = _on_clock(_settings(), None, start)
    world = running.world(configuration, configuration.simulators_seed if seed is None else seed, live=False)
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
def scenario(
    name: Annotated[Kind, typer.Argument(help="; ".join(f"{kind}: {about.does}" for kind, about in ABOUT.items()))],
    lasting: Annotated[
        str, typer.Option("--for", help="How long, of the shop's time: 90s, 10m, 2h or 1d.", metavar="TIME")
    ] = "10m",
    strength: Annotated[
        float | None,
        typer.Option(
            help="; ".join(
                f"{kind}: {about.strength}, {about.least:g} to {about.most:g} [{about.default:g}]"
                for kind, about in ABOUT.items()
                if about.least < about.most
            )
        ),
    ] = None,
    product: Annotated[UUID | None, typer.Option(help="The product of a flash sale. Default: a popular one.")] = None,
) -> None:
    """Let a running shop go through something, ten seconds from now; it ends what it goes through already."""
    configuration = _settings()
    catalogue = Catalogue(configuration.simulators_seed, configuration.simulators_products)
    checked(name, strength=strength, product=product, products=catalogue.ids)
    seconds = seconds_of(lasting, name="--for")
    with closing(database.connect(configuration, application="scenario")) as connection:
        with database.translated("reading the shop's clock"):
            clock = shop_clock.read(connection)
        begun = scenario_log.begin(connection, clock, name, seconds=seconds, strength=strength, product=product)
    if name is Kind.NORMAL:
        typer.echo(f"normal from {to_text(begun.begin)} on")
    else:
        typer.echo(f"{name} from {to_text(begun.begin)} until {to_text(begun.end)}, by the shop's clock")


@app.command("scenario-log")
def show_scenarios() -> None:
    """Write all scenarios there were as JSON: with it `sample --scenarios` makes the same events again."""
    configuration = _settings()
    with closing(database.connect(configuration, application="scenario")) as connection:
        typer.echo(to_json(scenario_log.read(connection)).decode())


@app.command()
def ledger() -> None:
    """Add up the books of all processes and write them as JSON."""
    configuration = _settings()
    typer.echo(msgspec.json.encode(books.totals(configuration.simulators_folder)).decode())


@app.command()
def describe(
    html: Annotated[Path, typer.Option(dir_okay=False, help="The file to write; one that is there is replaced.")],
    days: Annotated[int, typer.Option(min=28, max=3660, help="Days of the past to look at.")] = 365,
    seed: Annotated[
        int | None, typer.Option(help="What the shop follows from. Default: VITRINE_SIMULATORS_SEED.")
    ] = None,
    start: Annotated[
        datetime | None, typer.Option(help="When the past ends; UTC. Default: VITRINE_SHOP_START, else now.")
    ] = None,
) -> None:
    """Draw the generated shop on one page beside what is documented; no database or broker is needed."""
    configuration = _on_clock(_settings(), None, start)
    world = running.world(configuration, configuration.simulators_seed if seed is None else seed, live=False)
    until = configuration.shop_start or datetime.now(UTC)
    story = Past(
        until=to_microseconds(until),
        days=days,
        orders_per_day=configuration.history_orders_per_day,
        zone=configuration.zone,
    )
    with showing("retrato") as progress:
        page = render(observe(world, story, progress))
    try:
        html.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--html={html}: {error.strerror or error}") from error
    log.get(__name__).info("the picture is drawn", file=str(html), bytes=len(page.encode()))


@app.command()
def sample(
    start: Annotated[datetime, typer.Option(help="When the shop opens; UTC.")],
    seconds: Annotated[float, typer.Option(min=0.001, help="How much of the shop's time to show.")] = 5.0,
    process: Annotated[int, typer.Option(min=0, help="Which of the processes, from 0.")] = 0,
    of: Annotated[int, typer.Option(min=1, max=64, help="How many processes there are.")] = 1,
    scenarios: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A log as `scenario-log` writes it.")
    ] = None,
) -> None:
    """Write the first events of a shop: topic, time of production, payload. The same for the same settings."""
    configuration = _settings()
    opening = start.replace(tzinfo=UTC)
    world = running.world(configuration, configuration.simulators_seed)
    if scenarios is not None:
        world.follow(from_json(scenarios.read_bytes(), name=f"--scenarios={scenarios}"))
    shop = samples.open_shop(
        world,
        shards_of(process, of),
        rate=configuration.simulators_rate,
        start=opening,
        faults=Faults.of(configuration),
    )
    for line in samples.lines(samples.play(shop, opening, seconds)):
        typer.echo(line, nl=False)
