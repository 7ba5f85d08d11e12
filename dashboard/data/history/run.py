"""The run that is shown, and what there is in it to choose from."""

import datetime as dt
from zoneinfo import ZoneInfo

from msgspec import Struct

from contracts import database

# More could not be chosen from.
_MOST_OPTIONS = 200


class Run(Struct, frozen=True, kw_only=True):
    """The batch run that is shown: over data up to ``instant`` (the shop's), ended at ``finished`` (the wall's).

    ``findings`` are how many of each kind of oddity it met, None where it did not say; ``read`` are the rows it
    read by table.
    """

    id: int
    instant: dt.datetime
    finished: dt.datetime
    findings: dict[str, int] | None
    read: dict[str, int] = {}

    def last_day(self, zone: ZoneInfo) -> dt.date:
        """The day of the run's last moment: its instant is the first one left out."""
        return (self.instant - dt.timedelta(microseconds=1)).astimezone(zone).date()

    def has_ended(self, day: dt.date, zone: ZoneInfo) -> bool:
        """Whether a day was over at the run's instant."""
        return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone) <= self.instant


class Extent(Struct, frozen=True, kw_only=True):
    """What there is to choose from: days from ``first_day`` on (None without any), and each filter's values."""

    first_day: dt.date | None
    options: dict[str, list[str]]


class Known(Struct, frozen=True):
    """A run with its extent."""

    run: Run
    extent: Extent


_RUN = (
    "select execucao, instante, terminada_em, dados -> 'achados', dados -> 'linhas' -> 'lidas' from metricas.execucao"
)

_FIRST_DAY = "select min(inicio) from metricas.vendas_totais where periodo = 'dia'"

# Every key is in every month, so the first month has them all.
_OPTIONS = {
    "categoria": ("receita_por_categoria", "categoria"),
    "uf": ("vendas_por_uf", "uf"),
    "pagamento": ("vendas_por_pagamento", "metodo_pagamento"),
    "segmento": ("vendas_por_segmento", "segmento_cliente"),
}


def read_run(connection: database.Connection) -> Run | None:
    """The current run; None before the first one."""
    found = database.rows(connection, _RUN)
    if not found:
        return None
    number, instant, finished, findings, read = found[0]
    return Run(
        id=number,
        instant=instant,
        finished=finished,
        findings=_counts(findings) if isinstance(findings, dict) else None,
        read=_counts(read) if isinstance(read, dict) else {},
    )


def _counts(said: dict[str, object]) -> dict[str, int]:
    return {str(kind): int(str(count)) for kind, count in said.items()}


def read_extent(connection: database.Connection) -> Extent:
    """The current run's extent."""
    ((first_day,),) = database.rows(connection, _FIRST_DAY)
    options = {}
    for name, (view, column) in _OPTIONS.items():
        rows = database.rows(
            connection,
            f"select distinct {column} from metricas.{view} where periodo = 'mes' and inicio = "
            f"(select min(inicio) from metricas.{view} where periodo = 'mes') order by 1 limit {_MOST_OPTIONS}",
        )
        options[name] = [value for (value,) in rows]
    return Extent(first_day=first_day, options=options)
