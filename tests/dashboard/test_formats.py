import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from dashboard.formats import Formats

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
PT, EN = Formats("pt", SAO_PAULO), Formats("en", SAO_PAULO)
NB = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("centavos", "pt", "en"),
    [
        (123456, f"R${NB}1.234,56", "R$1,234.56"),
        (5, f"R${NB}0,05", "R$0.05"),
        (0, f"R${NB}0,00", "R$0.00"),
        (-123456, f"-R${NB}1.234,56", "-R$1,234.56"),
        (10449.5, f"R${NB}104,50", "R$104.50"),
        (-0.4, f"R${NB}0,00", "R$0.00"),
        (9_007_199_254_740_993_01, f"R${NB}9.007.199.254.740.993,01", "R$9,007,199,254,740,993.01"),
        (None, "–", "–"),
    ],
)
def test_money_is_centavos_said_in_reais(centavos, pt, en):
    assert PT.money(centavos) == pt
    assert EN.money(centavos) == en


@pytest.mark.parametrize(
    ("centavos", "pt", "en"),
    [
        (0, f"R${NB}0", "R$0"),
        (50_000, f"R${NB}500", "R$500"),
        (150_000, f"R${NB}1,5{NB}mil", "R$1.5K"),
        (250_000_000, f"R${NB}2,5{NB}mi", "R$2.5M"),
        (-100_000, f"-R${NB}1{NB}mil", "-R$1K"),
    ],
)
def test_money_on_an_axis_is_short(centavos, pt, en):
    assert PT.money_short(centavos) == pt
    assert EN.money_short(centavos) == en


def test_numbers_and_percentages_follow_the_language():
    assert PT.integer(1_234_567) == "1.234.567"
    assert EN.integer(1_234_567) == "1,234,567"
    assert PT.percent(0.12345) == f"12,3{NB}%"
    assert EN.percent(0.12345) == "12.3%"
    assert PT.decimal(2.5, 0) == "3"
    assert PT.percent(None) == "–"


@pytest.mark.parametrize(
    ("ratio", "pt", "en"),
    [
        (0.123, f"12,3{NB}%", "12.3%"),
        (8.994, f"899,4{NB}%", "899.4%"),
        (9.0, "10×", "10×"),
        (27.237, "28×", "28×"),
        (965.26, "966×", "966×"),
        (1_999.0, "2.000×", "2,000×"),
    ],
)
def test_a_change_is_told_in_times_from_ten_times_as_much_on(ratio, pt, en):
    assert PT.change(ratio) == pt
    assert EN.change(ratio) == en


def test_times_are_shown_in_the_shops_zone():
    moment = dt.datetime(2026, 11, 23, 2, 5, 9, tzinfo=dt.UTC)
    assert PT.time(moment) == "23:05:09"
    assert PT.minute(moment.timestamp()) == "23:05"
    assert PT.moment(moment) == "22/11/2026 23:05"
    assert EN.moment(moment) == "Nov 22, 2026 23:05"


def test_dates_follow_the_language():
    day = dt.date(2026, 2, 3)
    assert (PT.date(day), EN.date(day)) == ("03/02/2026", "Feb 3, 2026")
    assert (PT.day_short(day), EN.day_short(day)) == ("03/02", "Feb 3")
    assert (PT.month(day), EN.month(day)) == ("fev/2026", "Feb 2026")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, f"0{NB}s"),
        (0.9, f"0{NB}s"),
        (59.9, f"59{NB}s"),
        (60, f"1{NB}min"),
        (7_500, f"2{NB}h{NB}05{NB}min"),
        (200_000, f"2{NB}d"),
    ],
)
def test_an_age_is_told_in_its_largest_units(seconds, text):
    assert PT.age(seconds) == text


def test_a_latency_has_a_decimal_below_ten_seconds():
    assert PT.seconds(0.84) == f"0,8{NB}s"
    assert PT.seconds(12.4) == f"12{NB}s"
