"""``python -m jobs.dataproc``: read settings, wire, run."""

import datetime as dt
import uuid
from typing import Annotated

import msgspec
import typer

from contracts import log, settings
from contracts.errors import DatabaseUnavailable, LiveStoreUnavailable, UsageError
from jobs.dataproc import arrival, deployment, driver_output, telemetry
from jobs.dataproc import release as releasing
from jobs.dataproc.ensuring import PART, Ensurer, Outcome
from jobs.dataproc.lease import lease
from jobs.dataproc.service import Dataproc, JobStatus

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Jobs on Dataproc: submit, watch, replace.")
streaming = typer.Typer(no_args_is_help=True, help="The one streaming job.")
batch = typer.Typer(no_args_is_help=True, help="The daily batch.")
app.add_typer(streaming, name="streaming")
app.add_typer(batch, name="batch")


def _wired() -> tuple[settings.Settings, deployment.Deployment, Dataproc]:
    configuration = settings.load()
    log.configure("dataproc", log_format=configuration.log_format, level=configuration.log_level)
    where = deployment.load()
    return configuration, where, Dataproc(where)


def _show(jobs: list[JobStatus]) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(jobs), indent=2).decode())


def ensured(configuration: settings.Settings, where: deployment.Deployment, dataproc: Dataproc) -> Outcome:
    """What ``streaming ensure`` does, under the lease."""
    with lease(configuration) as mine:
        outcome = Ensurer(where, dataproc).ensure() if mine else Outcome.BUSY
    log.get(__name__).info("ensured", outcome=outcome, revision=where.job.revision)
    return outcome


@streaming.command()
def ensure() -> None:
    """Leave exactly one live job, of this deployment's revision: start, restart or replace it."""
    typer.echo(ensured(*_wired()))


@streaming.command("status")
def streaming_status() -> None:
    """Every live job as JSON. Exit code 1 unless exactly one of this revision runs."""
    _, where, dataproc = _wired()
    live = dataproc.list(PART, active=True)
    _show(live)
    if [it.revision for it in live if it.is_running] != [where.job.revision]:
        raise typer.Exit(1)


@streaming.command()
def logs(job: Annotated[str | None, typer.Argument(help="A job's id. Default: the newest one.")] = None) -> None:
    """What a job's driver has written so far."""
    _, where, dataproc = _wired()
    newest = [dataproc.get(job)] if job else dataproc.list(PART)[:1]
    if not newest:
        raise UsageError("there is no streaming job yet: python -m jobs.dataproc streaming ensure")
    for line in driver_output.lines(newest[0].driver_output, where.project):
        typer.echo(line)


@streaming.command()
def drain() -> None:
    """End the streaming job and wait for it; pause the schedule first, or it comes back within five minutes."""
    configuration, where, dataproc = _wired()
    with lease(configuration) as mine:
        if not mine:
            raise UsageError(f"{Outcome.BUSY}: try again in a minute")
        ended = Ensurer(where, dataproc).drain()
    log.get(__name__).info("drained", jobs=ended)


@batch.command("run")
def batch_run(
    as_of: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Describe the end of this day instead of now.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for its end, and fail when it fails.")] = False,
) -> None:
    """Start a batch on a cluster of its own, which is removed afterwards."""
    _, _, dataproc = _wired()
    day = f"{as_of:%Y-%m-%d}" if as_of else "now"
    typer.echo(dataproc.start_batch(day, wait_seconds=releasing.BATCH_SECONDS if wait else 0))


@batch.command("status")
def batch_status(most: Annotated[int, typer.Option(min=1, help="How many runs to show.")] = 5) -> None:
    """The newest batches as JSON. Exit code 1 when the newest has failed."""
    _, _, dataproc = _wired()
    newest = dataproc.list("batch")[:most]
    _show(newest)
    if newest and newest[0].state in {"ERROR", "CANCELLED"}:
        raise typer.Exit(1)


@app.command()
def watch() -> None:
    """What Cloud Scheduler starts every five minutes: ``streaming ensure``, and the metrics of lag and latency."""
    configuration, where, dataproc = _wired()
    try:
        telemetry.report(where.project, telemetry.measure(configuration))
    except (DatabaseUnavailable, LiveStoreUnavailable, telemetry.MonitoringUnavailable) as error:
        # The job comes first: an unmeasured five minutes is what the alerts on missing metrics are for.
        log.get(__name__).warning("not measured", problem=str(error))
    ensured(configuration, where, dataproc)


@app.command()
def release() -> None:
    """Migrate, grant, load the first history, ensure the streaming job, start the first batch."""
    configuration, where, dataproc = _wired()
    releasing.run(
        configuration,
        where,
        ensure=lambda: _ensure_started(configuration, where, dataproc),
        run_batch=lambda: dataproc.start_batch("now", wait_seconds=releasing.BATCH_SECONDS),
    )


@app.command()
def smoke(
    order: Annotated[uuid.UUID, typer.Argument(help="The id_transacao of an order that was just published.")],
    seconds: Annotated[float, typer.Option(min=1, help="How long to wait.")] = 180,
) -> None:
    """Wait until an order is in Postgres and the live page has its moment; `make smoke` publishes it."""
    configuration, _, _ = _wired()
    typer.echo(arrival.await_order(configuration, order, seconds=seconds))


def _ensure_started(configuration: settings.Settings, where: deployment.Deployment, dataproc: Dataproc) -> None:
    if ensured(configuration, where, dataproc) is Outcome.BUSY:
        log.get(__name__).info("the watch is at work: it will find this revision at its next turn")


if __name__ == "__main__":
    log.configure("dataproc")
    with log.exit_codes():
        app()
