"""``python -m jobs.ingest run|replay``: read settings, wire, run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from contracts import log, settings
from contracts.footprint import leave_pandas_out
from contracts.topology import Source
from jobs.ingest import replaying
from jobs.ingest import run as running
from jobs.ingest.replaying import Choice

app = typer.Typer(no_args_is_help=True, add_completion=False, help="From Pub/Sub to Postgres.")


@app.callback()
def _main() -> None:
    """From Pub/Sub to Postgres."""
    leave_pandas_out()


@app.command()
def run() -> None:
    """Persist every event until SIGTERM or Ctrl-C."""
    configuration = settings.load()
    log.configure("ingest", log_format=configuration.log_format, level=configuration.log_level)
    running.run(configuration)


@app.command()
def replay(
    topic: Annotated[Source | None, typer.Option(help="Only events of this source.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only what was rejected for this code: valor_invalido …")] = None,
    message_id: Annotated[str | None, typer.Option(help="Only the event with this message id.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only what was rejected since then (UTC).")] = None,
    mended: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file with the payload to publish instead.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also what was replayed before.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be published, and publish nothing.")
    ] = False,
) -> None:
    """Publish rejected events again that are accepted by now, or one that was mended."""
    configuration = settings.load()
    log.configure("ingest", log_format=configuration.log_format, level=configuration.log_level)
    choice = Choice(
        source=topic,
        reason=reason,
        message_id=message_id,
        since=since.replace(tzinfo=UTC) if since else None,
        again=again,
    )
    outcome = replaying.run(configuration, choice, mended.read_bytes() if mended else None, dry_run=dry_run)
    would = "would be " if dry_run else ""
    typer.echo(f"{outcome.replayed} rejected events {would}published again")
    for code, count in outcome.refused.most_common():
        typer.echo(f"{count} left: they would be rejected again ({code})")


if __name__ == "__main__":
    log.configure("ingest")
    with log.exit_codes():
        app()
