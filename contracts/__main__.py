"""``python -m contracts``: what concerns all components: migrations, topology, schemas, settings."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from contracts import database, events, log, settings, topology
from contracts import migrate as migration

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.command()
def migrate() -> None:
    """Bring the database's schema up to this code."""
    configuration = settings.load()
    connection = database.connect(configuration, application="migrate", timeout_seconds=None)
    applied = migration.migrate(connection)
    log.get("migrate").info("schema is current", applied=len(applied))


@app.command("create-topology")
def create_topology() -> None:
    """Create the topics and subscriptions in the emulator."""
    from contracts import broker

    broker.Administrator(settings.load()).create(topology.load())


@app.command("write-schemas")
def write_schemas(folder: Annotated[Path, typer.Argument()] = Path("contracts/schemas")) -> None:
    """Write the JSON Schema of each source."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in topology.Source:
        text = msgspec.json.format(msgspec.json.encode(events.json_schema(source)), indent=2).decode() + "\n"
        (folder / f"{source}.schema.json").write_text(text, "utf-8")


@app.command("list-settings")
def list_settings() -> None:
    """Print every setting with its type and default, as a Markdown table."""
    typer.echo("| variable | type | default |\n|---|---|---|")
    for name, kind, default in settings.describe():
        typer.echo(f"| `{name}` | {kind.replace('|', chr(92) + '|')} | `{default}` |")


if __name__ == "__main__":
    with log.exit_codes():
        log.configure("contracts")
        app()
