"""The revenue of the next 30 days, and how far such forecasts were off."""

from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.batch import forecasting
from jobs.batch.frames import Frames
from jobs.batch.frames.local import local_frame
from jobs.batch.periods import Kind
from jobs.batch.registry import PERIOD, metric

if TYPE_CHECKING:
    import pandas as pd

_FORECAST = "prevista_centavos bigint, inferior_centavos bigint, superior_centavos bigint"
_ERROR = (
    "modelo string, origens int, dias bigint, real_centavos bigint, erro_centavos bigint, dentro_do_intervalo bigint"
)


@metric("previsao_receita", values=_FORECAST)
def revenue_forecast(frames: Frames) -> DataFrame:
    """Net of the 30 days after the last complete one; no rows before there are four weeks of days."""
    return _frame(frames, forecasting.forecast(_complete_days(frames)), _FORECAST)


@metric("erro_previsao", values=_ERROR, keys=("periodo", "inicio", "modelo"))
def forecast_error(frames: Frames) -> DataFrame:
    """The forecast's errors over days of the past, beside those of repeating the last week."""
    return _frame(frames, forecasting.backtest(_complete_days(frames)), _ERROR)


def _complete_days(frames: Frames) -> "pd.Series[int]":
    """Net by day, in order of time: here on the driver, as it is one number a day.

    Two workers would each have to import what fits it.
    """
    import pandas as pd

    days = frames.periods.where((F.col("periodo") == Kind.DAY) & F.col("completo"))
    rows = days.select("inicio", "liquida_centavos").toArrow()
    net = pd.Series(rows["liquida_centavos"].to_numpy(), index=pd.DatetimeIndex(rows["inicio"].to_pylist()))
    return net.sort_index()


def _frame(frames: Frames, table: "pd.DataFrame", values: str) -> DataFrame:
    rows = table.astype(object).where(table.notna(), None).itertuples(index=False, name=None)
    return local_frame(frames.periods.sparkSession, rows, f"{PERIOD}, {values}")
