import datetime as dt

import pandas as pd
import pytest

from jobs.batch.forecasting import backtest, forecast
from jobs.batch.metrics.forecasts import forecast_error, revenue_forecast
from tests.batch.conftest import sale

WEEK = [90_000, 100_000, 110_000, 120_000, 200_000, 50_000, 10_000]


def series(values) -> pd.Series:
    return pd.Series(values, index=pd.date_range("2026-01-01", periods=len(values)))


def test_a_week_that_repeats_is_predicted_to_repeat():
    # A ripple of 1 %, so that there is something to be unsure of.
    table = forecast(series([value + (at % 3 - 1) * value // 100 for at, value in enumerate(WEEK * 10)]))
    assert table["inicio"].tolist() == [dt.date(2026, 3, 12) + dt.timedelta(days=it) for it in range(30)]
    for predicted, low, high, expected in zip(
        table["prevista_centavos"], table["inferior_centavos"], table["superior_centavos"], WEEK * 4, strict=False
    ):
        assert predicted == pytest.approx(expected, rel=0.05)
        assert 0 <= low <= predicted <= high


def test_days_without_sales_are_allowed_and_nothing_negative_is_predicted():
    table = forecast(series([0, 0, 5_000, 0, 0, 0, 100] * 8))
    assert (table["inferior_centavos"] >= 0).all()
    assert len(table) == 30


def test_less_than_four_weeks_or_no_sales_at_all_are_not_enough():
    assert forecast(series(WEEK * 4)[:27]).empty
    assert len(forecast(series(WEEK * 4))) == 30
    assert forecast(series([0] * 60)).empty
    assert backtest(series([0] * 60)).empty
    assert backtest(series(WEEK * 8)[:57]).empty


def test_the_naive_forecast_repeats_the_last_week():
    # Seven weeks, and then all days twice as high: 58 days leave one origin, after day 28.
    values = WEEK * 4 + [2 * it for it in WEEK * 5][:30]
    naive = backtest(series(values)).set_index("modelo").loc["semana_anterior"]
    total = sum((WEEK * 5)[:30])
    assert (naive.origens, naive.dias) == (1, 30)
    assert (naive.real_centavos, naive.erro_centavos) == (2 * total, total)
    assert naive.inicio == dt.date(2026, 1, 29)
    assert pd.isna(naive.dentro_do_intervalo)


def test_the_forecast_begins_with_the_first_day_that_is_not_over(shop):
    days = pd.date_range("2026-02-01", "2026-03-18").strftime("%Y-%m-%d")
    sales = [sale(at, f"{day} 10:00", WEEK[at % 7]) for at, day in enumerate(days)]
    rows = shop.rows(revenue_forecast, sales, kind="dia")
    assert [row[0] for row in rows][::29] == ["2026-03-18", "2026-04-16"]
    assert shop.rows(forecast_error, sales) == []
    assert shop.rows(revenue_forecast) == []
