"""``python -m contracts.metrics`` writes ``docs/metrics.md``."""

from pathlib import Path
from typing import Annotated

import typer

from contracts.metrics.page import markdown


def write(file: Annotated[Path, typer.Argument()] = Path("docs/metrics.md")) -> None:
    """Write the catalogue as a Markdown page."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(markdown(), "utf-8")


if __name__ == "__main__":
    typer.run(write)
