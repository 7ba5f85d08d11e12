import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from dashboard.data.history import Period, Run, Sales
from dashboard.formats import Formats
from dashboard.texts import CATALOGUES
from dashboard.views import history

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
PT, EN = Formats("pt", SAO_PAULO), Formats("en", SAO_PAULO)
TEXTS = CATALOGUES["pt"]
MONEY = ("Período", "Líquida", "Bruta", "Canceladas")
NB = "\N{NO-BREAK SPACE}"
RUN = Run(
    id=4,
    instant=dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC),
    finished=dt.datetime(2026, 11, 23, 15, 2, tzinfo=dt.UTC),
    findings=2,
)


def period(start, net, orders, *, cancelled=0, is_complete=True):
    return Period(
        start=start,
        is_complete=is_complete,
        gross=net + cancelled,
        cancelled=cancelled,
        net=net,
        orders=orders,
        orders_cancelled=1 if cancelled else 0,
        ticket=round(net / orders) if orders else None,
    )


DAYS = Sales(
    RUN,
    [
        *(period(dt.date(2026, 11, day), 10_000, 10) for day in range(5, 17)),
        *(period(dt.date(2026, 11, day), 20_000, 10, cancelled=500) for day in range(17, 23)),
        period(dt.date(2026, 11, 23), 7_000, 4, is_complete=False),
    ],
)


@pytest.mark.parametrize(
    ("last", "chosen", "first"),
    [
        (dt.date(2026, 11, 23), "7d", dt.date(2026, 11, 17)),
        (dt.date(2026, 3, 1), "30d", dt.date(2026, 1, 31)),
        (dt.date(2026, 11, 23), "12m", dt.date(2025, 12, 1)),
        (dt.date(2026, 12, 31), "12m", dt.date(2026, 1, 1)),
        (dt.date(2026, 11, 23), "tudo", None),
    ],
)
def test_a_range_ends_with_the_runs_day(last, chosen, first):
    assert history.first_day(last, chosen) == first


def test_the_last_day_of_a_run_at_midnight_is_the_day_before():
    midnight = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)
    sales = Sales(Run(id=1, instant=midnight, finished=midnight, findings=None), DAYS.periods[:-1])
    assert [it.start.day for it in history.within(sales, "7d", "dia", PT)] == [16, 17, 18, 19, 20, 21, 22]


def test_a_range_shows_whole_weeks():
    weeks = Sales(RUN, [period(dt.date(2026, 11, day), 1, 1) for day in (2, 9, 16, 23)])
    assert [it.start.day for it in history.within(weeks, "7d", "semana", PT)] == [16, 23]


def test_tiles_add_up_complete_periods_and_compare_with_as_many_before():
    view = history.view(DAYS, "dia", "7d", PT, TEXTS)
    span = "17/11/2026 a 22/11/2026"
    assert [(it.id, it.value, it.delta.text, it.against, it.note) for it in view.tiles] == [
        (
            "net_sales",
            f"R${NB}1.200,00",
            f"▲ 100,0{NB}%",
            "vs. 6 períodos antes",
            f"bruta R${NB}1.230,00 · canceladas R${NB}30,00 · {span}",
        ),
        ("orders", "60", f"= 0,0{NB}%", "vs. 6 períodos antes", f"cancelados: 6 · {span}"),
        ("ticket", f"R${NB}20,00", f"▲ 100,0{NB}%", "vs. 6 períodos antes", f"líquida ÷ pedidos válidos · {span}"),
    ]


def test_without_as_many_periods_before_there_is_no_comparison():
    view = history.view(DAYS, "dia", "tudo", PT, TEXTS)
    assert {it.delta.text for it in view.tiles} == {"sem base de comparação"}


def test_an_open_period_alone_has_no_totals():
    sales = Sales(RUN, [period(dt.date(2026, 11, 1), 7_000, 4, is_complete=False)])
    view = history.view(sales, "mes", "30d", PT, TEXTS)
    assert {(it.value, it.note) for it in view.tiles} == {("–", "Nenhum período completo ainda")}


def test_charts_stack_net_and_cancelled_and_mark_the_open_period():
    sales, orders, ticket = history.view(DAYS, "dia", "7d", PT, TEXTS).charts
    assert [it.name for it in sales.series] == ["Líquida", "Canceladas"]
    assert sales.series[0].values == [20_000] * 6 + [7_000]
    assert sales.series[1].values == [500] * 6 + [0]
    assert sales.series[0].open_from == 6
    assert sales.y_ticks[-1].at >= 20_500
    assert orders.series[0].texts == ["10"] * 6 + ["4"]
    assert ticket.series[0].texts[-1] == f"R${NB}17,50"
    assert sales.x[0] == "17/11/2026"
    assert sales.x_ticks[-1].text == "23/11"


def test_the_table_is_newest_first_and_names_the_open_period():
    table = history.view(DAYS, "dia", "7d", PT, TEXTS).table
    assert table.columns == [
        "Período",
        "Líquida",
        "Bruta",
        "Canceladas",
        "Pedidos válidos",
        "Cancelados",
        "Ticket médio",
    ]
    assert table.rows[0] == [
        "23/11/2026 (em curso)",
        f"R${NB}70,00",
        f"R${NB}70,00",
        f"R${NB}0,00",
        "4",
        "0",
        f"R${NB}17,50",
    ]
    assert len(table.rows) == 7


@pytest.mark.parametrize(
    ("granularity", "name"), [("dia", "02/11/2026"), ("semana", "sem. 02/11/2026"), ("mes", "nov/2026")]
)
def test_periods_have_names(granularity, name):
    assert history.label(dt.date(2026, 11, 2), granularity, PT, TEXTS) == name


def test_provenance_says_run_snapshot_and_findings():
    assert history.provenance(RUN, PT, TEXTS) == (
        "Calculado em 23/11/2026 12:02 (execução 4) · sobre os dados até 23/11/2026 12:00 · achados de qualidade: 2"
    )


def test_the_download_is_what_spreadsheets_of_the_language_read():
    periods = [period(dt.date(2026, 11, 22), 123_456, 10, cancelled=5), period(dt.date(2026, 11, 23), 0, 0)]
    assert history.to_csv(periods, PT, TEXTS).decode("utf-8-sig").split("\r\n") == [
        "Período;Líquida;Bruta;Canceladas;Pedidos válidos;Cancelados;Ticket médio;Completo",
        "2026-11-22;1234,56;1234,61;0,05;10;1;123,46;sim",
        "2026-11-23;0,00;0,00;0,00;0;0;;sim",
        "",
    ]
    assert b"\r\n2026-11-22,1234.56,1234.61,0.05,10,1,123.46,yes\r\n" in history.to_csv(periods, EN, CATALOGUES["en"])
