"""What a person sees: the hours, then the differences."""

import datetime as dt
import sys
from collections.abc import Mapping
from typing import TextIO

from rich.console import Console
from rich.table import Table

from contracts.panes import HOUR
from jobs.reconcile.comparing import Finding, State
from jobs.reconcile.hours import Hour, Result

# Wide enough for both tables where nobody says how wide the page is.
_WIDTH = 150
_MOST_SHOWN = 60
_IDS_SHOWN = 2
_STYLES = {State.EXPLAINED: "yellow", State.UNEXPLAINED: "bold red", State.MISSING: "bold red"}


def show(result: Result, out: TextIO | None = None) -> None:
    """Print the tables, plain where nobody watches."""
    stream = out or sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else _WIDTH)
    console.print(_hours(result))
    if result.findings:
        console.print(_differences(result.findings[:_MOST_SHOWN]))
    if len(result.findings) > _MOST_SHOWN:
        console.print(
            f"… and {len(result.findings) - _MOST_SHOWN} more: select * from operacao.reconciliacao_diferencas"
        )


def _hours(result: Result) -> Table:
    table = Table(title="Live panes and Postgres" + (" and the ledger" if result.with_ledger else "") + ", by UTC hour")
    table.add_column("hour")
    for name in ("orders", "gross R$", "cancelled", "events", "keys compared", "explained", "unexplained", "missing"):
        table.add_column(name, justify="right")
    for it in result.hours:
        table.add_row(*_row(it), style="" if it.agrees else "red")
    return table


def _row(it: Hour) -> list[str]:
    figures = [it.count(state) for state in (State.EXPLAINED, State.UNEXPLAINED, State.MISSING)]
    return [
        moment(it.start),
        f"{it.totals.pedidos:,}",
        f"{it.totals.bruta / 100:,.2f}",
        f"{it.totals.pedidos_cancelados:,}",
        f"{it.totals.eventos:,}",
        f"{it.compared:,}",
        *(str(number) if number else "–" for number in figures),
    ]


def _differences(findings: list[Finding]) -> Table:
    table = Table(title="Differences")
    for name in ("pane", "source", "dimension", "key", "", "Postgres", "found", "because of"):
        table.add_column(name, overflow="fold")
    for it in findings:
        because = ", ".join(it.reasons) + "".join(f"\n{identity}" for identity in it.identities[:_IDS_SHOWN])
        more = len(it.identities) - _IDS_SHOWN
        table.add_row(
            pane(it), it.source, it.dimension, it.key, f"[{_STYLES[it.state]}]{it.state}[/]", figures(it.expected),
            figures(it.found), because + (f"\n… and {more} more" if more > 0 else ""),
        )  # fmt: skip
    return table


def pane(it: Finding) -> str:
    """The pane as people say it."""
    return f"{moment(it.start)} {'1 h' if it.seconds == HOUR else f'{it.seconds} s'}"


def moment(second: int) -> str:
    """A UTC time to the minute."""
    return dt.datetime.fromtimestamp(second, dt.UTC).strftime("%Y-%m-%d %H:%MZ")


def figures(values: Mapping[str, float]) -> str:
    """Measures by name; ``nothing`` where all are 0."""
    return (
        " ".join(f"{name}={value:g}" if value % 1 else f"{name}={int(value)}" for name, value in values.items())
        or "nothing"
    )
