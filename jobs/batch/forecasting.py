"""A daily series thirty days on: damped trend and a weekly pattern, by exponential smoothing.

Model ETS(A, Ad, A) of Hyndman et al., *Forecasting with Exponential Smoothing* (2008), fitted to the
square roots of the days' values: so the spread of a day grows with its level, days without sales are
allowed, and what is predicted is never negative.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

HORIZON = 30
# Of the days to come, so many in a hundred lie within the interval if the model holds.
COVERAGE = 0.80
MODEL, NAIVE = "ets", "semana_anterior"
_WEEK = 7
_LEAST_DAYS = 28
# Forecasts of the past begin a week apart, the last one as late as its 30 days have passed.
_MOST_ORIGINS = 6


def forecast(net: "pd.Series[Any]") -> "pd.DataFrame":
    """The ``HORIZON`` days after the last one of ``net`` (centavos by day, without gaps).

    Columns: periodo, inicio, completo, prevista_centavos, inferior_centavos, superior_centavos. No rows
    where there are less than four weeks of days, or nothing was ever sold.
    """
    import pandas as pd

    columns = ["periodo", "inicio", "completo", "prevista_centavos", "inferior_centavos", "superior_centavos"]
    if len(net) < _LEAST_DAYS or not net.any():
        return pd.DataFrame({it: [] for it in columns})
    days = pd.date_range(net.index[-1] + pd.Timedelta(days=1), periods=HORIZON).date
    middle, low, high = (_centavos(it) for it in _predicted(net.to_numpy(float)))
    return pd.DataFrame(dict(zip(columns, ["dia", days, False, middle, low, high], strict=True)))


def backtest(net: "pd.Series[Any]") -> "pd.DataFrame":
    """Forecasts made of the past as if it were the present, against what came: a row a model.

    Columns: periodo (``dia``), inicio (first day predicted), completo, modelo, origens (forecasts made),
    dias (predicted), real_centavos (what those days had), erro_centavos (absolute errors added up) and
    dentro_do_intervalo (days within the interval; none for ``NAIVE``, which repeats the last week).
    """
    import numpy as np
    import pandas as pd

    values = net.to_numpy(float)
    origins = [it for it in range(len(values) - HORIZON, _LEAST_DAYS - 1, -_WEEK) if values[:it].any()][:_MOST_ORIGINS]
    rows = []
    for model in (MODEL, NAIVE) if origins else ():
        error, actual, inside = 0, 0, 0
        for origin in origins:
            came = values[origin : origin + HORIZON]
            if model == MODEL:
                middle, low, high = _predicted(values[:origin])
                inside += int(((came >= low) & (came <= high)).sum())
            else:
                middle = np.resize(values[origin - _WEEK : origin], HORIZON)
            error += int(np.abs(_centavos(middle) - came).sum())
            actual += int(came.sum())
        rows.append(
            {
                "periodo": "dia",
                "inicio": net.index[origins[-1]].date(),
                "completo": True,
                "modelo": model,
                "origens": len(origins),
                "dias": len(origins) * HORIZON,
                "real_centavos": actual,
                "erro_centavos": error,
                "dentro_do_intervalo": inside if model == MODEL else None,
            }
        )
    columns = ["periodo", "inicio", "completo", "modelo", "origens", "dias", "real_centavos", "erro_centavos"]
    return pd.DataFrame(rows, columns=[*columns, "dentro_do_intervalo"])


def _predicted(values: "Floats") -> tuple["Floats", "Floats", "Floats"]:
    """The next ``HORIZON`` days: what is expected, and the interval's two ends."""
    import warnings

    import numpy as np
    import pandas as pd
    from statsmodels.tools.sm_exceptions import ConvergenceWarning
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    model = ETSModel(
        pd.Series(np.sqrt(values)), error="add", trend="add", damped_trend=True, seasonal="add", seasonal_periods=_WEEK
    )
    with warnings.catch_warnings():
        # The best parameters found so far are used, and the backtest says how good they are.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(disp=False, maxiter=200)
    table = fitted.get_prediction(len(values), len(values) + HORIZON - 1).summary_frame(alpha=1 - COVERAGE)
    roots = (table[it].to_numpy().clip(min=0) for it in ("mean", "pi_lower", "pi_upper"))
    middle, low, high = (it**2 for it in roots)
    return middle, low, high


def _centavos(values: "Floats") -> Any:
    import numpy as np

    return np.rint(values).astype(np.int64)
