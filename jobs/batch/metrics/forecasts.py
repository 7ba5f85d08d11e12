"""The revenue of the next 30 days, and how far such forecasts were off."""

from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.batch import forecasting
from jobs.batch.frames import Frames
from jobs.batch.periods import Kind
from jobs.batch.registry import PERIOD, metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

_FORECAST = "prevista_centavos bigint, inferior_centavos bigint, superior_centavos bigint"
_ERROR = (
    "modelo string, origens int, dias bigint, real_centavos bigint, erro_centavos bigint, dentro_do_intervalo bigint"
)


@metric("previsao_receita", values=_FORECAST)
def revenue_forecast(frames: Frames) -> DataFrame:
    """Net of the 30 days after the last complete one; no rows before there are four weeks of days."""

    def predict(batches: "Iterable[pd.DataFrame]") -> "Iterator[pd.DataFrame]":
        yield from _rows(forecasting.forecast(_series(batches)))

    return _complete_days(frames).mapInPandas(predict, f"{PERIOD}, {_FORECAST}")


@metric("erro_previsao", values=_ERROR, keys=("periodo", "inicio", "modelo"))
def forecast_error(frames: Frames) -> DataFrame:
    """The forecast's errors over days of the past, beside those of repeating the last week."""

    def try_out(batches: "Iterable[pd.DataFrame]") -> "Iterator[pd.DataFrame]":
        yield from _rows(forecasting.backtest(_series(batches)))

    return _complete_days(frames).mapInPandas(try_out, f"{PERIOD}, {_ERROR}")


def _complete_days(frames: Frames) -> DataFrame:
    days = frames.periods.where((F.col("periodo") == Kind.DAY) & F.col("completo"))
    return days.select("inicio", "liquida_centavos").coalesce(1)


def _series(batches: "Iterable[pd.DataFrame]") -> "pd.Series[int]":
    """Net by day, in order of time."""
    import pandas as pd

    rows = pd.concat([pd.DataFrame({"inicio": [], "liquida_centavos": []}), *batches])
    net = pd.Series(rows["liquida_centavos"].to_numpy(), index=pd.DatetimeIndex(rows["inicio"]))
    return net.sort_index()


def _rows(table: "pd.DataFrame") -> "list[pd.DataFrame]":
    """The table, or nothing: without rows its columns have no types that Spark would take."""
    return [table] if len(table) else []
