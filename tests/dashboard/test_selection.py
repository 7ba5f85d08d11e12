import datetime as dt

import pytest

from dashboard.selection import Days, Filters, Selection, earlier_start, parse, resolve


def day(text):
    return dt.date.fromisoformat(text)


FIRST, LAST = day("2025-01-10"), day("2026-11-23")


def resolved(*, is_last_complete=False, first_day=FIRST, last_day=LAST, **chosen):
    return resolve(Selection(**chosen), first_day=first_day, last_day=last_day, is_last_complete=is_last_complete)


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("7d", "2026-11-17", "2026-11-23"),
        ("30d", "2026-10-25", "2026-11-23"),
        ("90d", "2026-08-26", "2026-11-23"),
        ("12m", "2025-12-01", "2026-11-23"),
        ("tudo", "2025-01-10", "2026-11-23"),
        ("este_mes", "2026-11-01", "2026-11-23"),
        ("mes_passado", "2026-10-01", "2026-10-31"),
        ("este_ano", "2026-01-01", "2026-11-23"),
    ],
)
def test_a_preset_ends_with_the_runs_day(preset, first, last):
    assert resolved(preset=preset).days == Days(day(first), day(last))


def test_january_looks_back_into_the_year_before():
    january = resolved(preset="mes_passado", last_day=day("2026-01-15"))
    assert january.days == Days(day("2025-12-01"), day("2025-12-31"))


def test_a_free_range_is_cut_to_history():
    free = resolved(preset="livre", first=day("2024-01-01"), last=day("2030-01-01"))
    assert free.days == Days(FIRST, LAST)
    assert resolved(preset="livre", first=day("2024-01-01"), last=day("2024-12-31")) is None


def test_an_open_day_is_compared_with_no_whole_one():
    week = resolved(preset="7d")
    assert week.complete == Days(day("2026-11-17"), day("2026-11-22"))
    assert week.before == Days(day("2026-11-10"), day("2026-11-16"))
    assert week.before_complete == Days(day("2026-11-10"), day("2026-11-15"))
    assert week.moved(day("2026-11-10")) == day("2026-11-17")


def test_a_range_of_whole_days_is_compared_whole():
    month = resolved(preset="mes_passado")
    assert month.complete == month.days
    assert month.before == month.before_complete == Days(day("2026-08-31"), day("2026-09-30"))
    assert resolved(preset="7d", is_last_complete=True).complete == Days(day("2026-11-17"), LAST)


def test_the_open_day_alone_is_what_is_counted():
    today = resolved(preset="livre", first=LAST, last=LAST)
    assert (today.complete, today.before_complete) == (None, None)
    assert today.counted == Days(LAST, LAST)


def test_last_year_has_the_same_dates():
    week = resolved(preset="7d", comparison="ano")
    assert week.before == Days(day("2025-11-17"), day("2025-11-23"))
    assert week.before_complete == Days(day("2025-11-17"), day("2025-11-22"))
    assert week.moved(day("2025-11-17")) == day("2026-11-17")
    leap = resolved(
        preset="livre",
        first=day("2028-02-29"),
        last=day("2028-02-29"),
        comparison="ano",
        last_day=day("2028-12-31"),
    )
    assert leap.before == Days(day("2027-02-28"), day("2027-02-28"))


def test_before_history_there_is_nothing_to_compare_with():
    assert resolved(preset="12m").before is None
    assert resolved(preset="7d", comparison="nada").before is None


def test_more_than_two_years_of_days_are_shown_by_week():
    assert resolved(preset="tudo").granularity == "dia"
    assert resolved(preset="tudo", first_day=day("2024-11-21")).granularity == "semana"
    assert resolved(preset="tudo", first_day=day("2024-11-21"), granularity="mes").granularity == "mes"


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(preset="este_ano", granularity="mes", comparison="ano"),
        Selection(preset="livre", first=day("2026-01-02"), last=day("2026-03-04"), comparison="nada"),
        Selection(filters=Filters(categoria=("Casa, mesa & banho", "Moda"), uf=("SP",), pagamento=("pix",))),
    ],
)
def test_a_link_reproduces_the_selection(selection):
    assert parse(selection.query()) == selection


def test_what_is_usual_is_not_in_the_link():
    assert Selection().query() == {}


def test_what_a_link_says_wrongly_is_as_usual():
    wrong = {"intervalo": ["99d"], "periodo": ["<script>"], "comparar": [""], "de": ["ontem"], "ate": ["2026-13-01"]}
    assert parse(wrong) == Selection()
    assert parse({"intervalo": ["livre"], "de": ["2026-01-01"]}) == Selection()
    turned = parse({"intervalo": ["livre"], "de": ["2026-02-01"], "ate": ["2026-01-01"]})
    assert (turned.first, turned.last) == (day("2026-01-01"), day("2026-02-01"))


@pytest.mark.parametrize(
    ("start", "granularity", "comparison", "periods", "expected"),
    [
        ("2026-03-01", "mes", "anterior", 3, "2025-12-01"),
        ("2026-11-16", "semana", "anterior", 2, "2026-11-02"),
        ("2026-11-16", "semana", "ano", 2, "2025-11-17"),
        ("2026-03-01", "mes", "ano", 3, "2025-03-01"),
        ("2028-02-29", "dia", "ano", 1, "2027-02-28"),
    ],
)
def test_periods_have_others_before_them(start, granularity, comparison, periods, expected):
    assert earlier_start(day(start), granularity, comparison, periods) == day(expected)
