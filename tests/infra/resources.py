"""What the defaults make on Google Cloud, as a page: ``python -m tests.infra.resources > docs/deploy-resources.md``."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import typer

from tests.infra.stand_in.provider import serving
from tests.infra.workspace import Workspace, types_used

_INTRODUCTION = (
    "# What the defaults make\n\n"
    "Every resource of the plan that `environments/dev.tfvars` makes of an empty project, {total} in all. "
    "Written by `make resources`, and compared with the plan by a test: change it there.\n"
)


def page(plan: dict[str, Any]) -> str:
    """The page of a plan (``terraform show -json``): by module its resources, and how many there are of each."""
    counts: Counter[tuple[str, str]] = Counter()
    for change in plan["resource_changes"]:
        if change["mode"] == "managed":
            module = change.get("module_address", "").removeprefix("module.") or "the root"
            counts[module, f"{change['type']}.{change['name']}"] += 1
    lines = [_INTRODUCTION.format(total=counts.total())]
    for module in sorted({module for module, _ in counts}):
        lines += [f"## {module}", "", "| resource | how many |", "|---|---|"]
        lines += [f"| `{name}` | {count} |" for (it, name), count in sorted(counts.items()) if it == module]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Plan with the stand-in and print the page."""
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder, serving(types_used(), Path(folder)) as environment:
        typer.echo(page(Workspace(Path(folder), environment).plan("-var-file=environments/dev.tfvars")), nl=False)


if __name__ == "__main__":
    main()
