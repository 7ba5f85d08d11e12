"""What is odd about the data that a run reads: recorded with the run, and whether to publish it at all."""

import datetime as dt
from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts.errors import TerminalError
from contracts.panes import UNKNOWN
from jobs.batch.frames import Frames
from jobs.batch.periods import Kind

# A shop that has neither sold nor been looked at for so long has stopped, or its data has stopped coming.
_STALE = dt.timedelta(hours=24)
# History does not lose rows; so small a part may be what somebody asked to have deleted.
_MAY_BE_MISSING = 0.01


def findings(frames: Frames, *, instant: dt.datetime) -> dict[str, int]:
    """How many of each kind; kinds without any are left out.

    Transactions: ``vendas_sem_valor``, ``vendas_absurdas``, ``vendas_sem_cliente``, ``vendas_repetidas`` (of
    orders with several). Units sold of products nobody knows: ``unidades_sem_produto``. Orders' carts that
    nobody saw: ``carrinhos_nao_vistos``. Complete days without: ``dias_sem_vendas``, ``dias_sem_visitas``. Whether
    the last one is a day ago or more, as 1: ``vendas_paradas``, ``visitas_paradas``.
    """
    odd = ("sem_valor", "absurdas", "sem_cliente", "repetidas")
    found = {
        **_row(frames.payment_hours.agg(*(F.sum(it).alias(f"vendas_{it}") for it in odd))),
        **_row(
            frames.product_categories.where(F.col("categoria") == UNKNOWN).agg(
                F.sum("unidades").alias("unidades_sem_produto")
            )
        ),
        **_row(frames.cart_days.where("dia is null").agg(F.sum("carrinhos").alias("carrinhos_nao_vistos"))),
        **_gaps(frames),
        "vendas_paradas": _has_stopped(frames.payment_hours, instant),
        "visitas_paradas": _has_stopped(frames.visit_days, instant),
    }
    return {kind: int(count) for kind, count in found.items() if count}


def _row(aggregated: DataFrame) -> dict[str, int | None]:
    row = aggregated.first()
    assert row is not None
    return row.asDict()


def _has_stopped(frame: DataFrame, instant: dt.datetime) -> bool:
    """Whether the last one lies ``_STALE`` or more before the instant; no where there is none at all."""
    last = _row(frame.agg(F.max("ultima").alias("ultima")))["ultima"]
    return last is not None and instant - dt.datetime.fromtimestamp(last / 1_000_000, dt.UTC) >= _STALE


def _gaps(frames: Frames) -> dict[str, int]:
    days = frames.periods.where((F.col("periodo") == Kind.DAY) & F.col("completo")).select(F.col("inicio").alias("dia"))
    with_sales = frames.payment_hours.select("dia").distinct()
    with_visits = frames.visit_days.select("dia")
    return {
        "dias_sem_vendas": days.join(with_sales, "dia", "left_anti").count(),
        "dias_sem_visitas": days.join(with_visits, "dia", "left_anti").count(),
    }


def require_as_much(read: Mapping[str, int], before: Mapping[str, int]) -> None:
    """Refuse to publish over tables that have lost rows since an earlier run.

    Raises ``TerminalError`` and names them.
    """
    lost = {
        table: f"{rows:,} rows, {before[table]:,} in the run before"
        for table, rows in read.items()
        if rows < before.get(table, 0) * (1 - _MAY_BE_MISSING)
    }
    if lost:
        raise TerminalError(
            "the data is broken and nothing was published: "
            + "; ".join(f"{table} has {what}" for table, what in lost.items())
            + ". Restore it, or publish all the same with --accept-loss"
        )
