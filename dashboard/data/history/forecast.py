"""What the next days may bring, and how far such forecasts were off."""

import datetime as dt

from msgspec import Struct

from contracts import database
from dashboard.data.history.sales import days
from dashboard.data.history.sold import Day
from dashboard.data.history.spans import centavos, centavos_or_none, ratio
from dashboard.selection import Days, Request

# Shown before the forecast: enough to see a weekly pattern in.
_PAST_DAYS = 60


class ForecastDay(Struct, frozen=True, kw_only=True):
    """Net expected of one day, and the ends of its 80 % interval."""

    day: dt.date
    expected: int
    lower: int
    upper: int


class Error(Struct, frozen=True, kw_only=True):
    """How a model did over days of the past: error ÷ sales, a day's mean error, and the share within the interval."""

    model: str
    origins: int
    days: int
    error: float | None
    error_per_day: int | None
    coverage: float | None


class Forecast(Struct, frozen=True, kw_only=True):
    """The answer: the last complete days, those foreseen, and the models' errors."""

    past: list[Day]
    days: list[ForecastDay]
    errors: list[Error]


_FORECAST = (
    "select inicio, prevista, inferior, superior from metricas.previsao_receita where periodo = 'dia' order by 1"
)
_ERRORS = """
    select modelo, origens, dias, erro, erro_medio_por_dia, cobertura from metricas.erro_previsao
    order by modelo limit 20
"""


def ask(connection: database.Connection, request: Request) -> Forecast:
    """The forecast of the run; the days asked for do not matter to it."""
    foreseen = [
        ForecastDay(day=day, expected=centavos(expected), lower=centavos(lower), upper=centavos(upper))
        for day, expected, lower, upper in database.rows(connection, _FORECAST)
    ]
    last = request.counted.last
    if foreseen:
        last = foreseen[0].day - dt.timedelta(days=1)
    return Forecast(
        past=days(connection, Days(last - dt.timedelta(days=_PAST_DAYS - 1), last)),
        days=foreseen,
        errors=[
            Error(
                model=model,
                origins=origins,
                days=count,
                error=ratio(error),
                error_per_day=centavos_or_none(per_day),
                coverage=ratio(coverage),
            )
            for model, origins, count, error, per_day, coverage in database.rows(connection, _ERRORS)
        ],
    )
