"""The pages of history over literal days: which words and figures stand where."""

import datetime as dt

import msgspec
import pytest

from contracts.metrics import METRICS
from dashboard.data.history.customers import Customers
from dashboard.data.history.sold import Sales
from dashboard.questions import BY_PATH, QUESTIONS
from dashboard.selection import Days, Filters
from dashboard.views.history import carts, customers, forecast, geography, periods, products, provenance, sales
from dashboard.views.history.page import drawn, without_comparison
from dashboard.views.history.tables import shown
from tests.dashboard.history import (
    ANSWERS,
    CARTS,
    CUSTOMERS,
    EN,
    FORECAST,
    GEOGRAPHY,
    PRODUCTS,
    PT,
    RUN,
    SALES,
    asked,
    november,
    sold,
)

NB = "\N{NO-BREAK SPACE}"
BEFORE = "vs. 10/11/2026 a 15/11/2026"


def said(tile):
    return tile.id, tile.value, tile.delta.text, tile.against, tile.note


def block(page, name):
    return next(it for it in page.blocks if it.id == name)


def table(page, name):
    """The shown rows of a block's table."""
    found = shown(block(page, name).table, PT.formats, PT.texts)
    return [[cell.text for cell in row] for row in found.rows]


def test_every_historical_metric_is_on_a_page():
    historical = {it.id for it in METRICS if it.historical and it.historical.view}
    assert {metric for it in QUESTIONS for metric in it.metrics} == historical


@pytest.mark.parametrize("path", BY_PATH)
@pytest.mark.parametrize("say", [PT, EN], ids=["pt", "en"])
def test_a_page_has_the_same_shape_in_both_languages(path, say):
    page = BY_PATH[path].view(ANSWERS[path], asked(), say)
    assert page.metrics == BY_PATH[path].metrics
    assert len({it.id for it in page.blocks}) == len(page.blocks)
    assert all(len(row) == len(it.table.fields) for it in page.blocks for row in it.table.rows)
    data = drawn(page, say)
    assert msgspec.json.decode(msgspec.json.encode(data)) == data
    assert [it["id"] for it in data["blocks"]] == [it.id for it in page.blocks]


def test_totals_are_those_of_whole_days_beside_as_many_before():
    assert [said(it) for it in sales.page(SALES, asked(), PT).tiles] == [
        (
            "net_sales",
            f"R${NB}1.200,00",
            f"▲ 100,0{NB}%",
            BEFORE,
            f"bruta R${NB}1.230,00 · canceladas R${NB}30,00",
        ),
        ("orders", "60", f"= 0,0{NB}%", BEFORE, "cancelados: 6"),
        ("ticket", f"R${NB}20,00", f"▲ 100,0{NB}%", BEFORE, "líquida ÷ pedidos válidos"),
        ("cancellation", f"2,4{NB}%", "▲ 2,4 p.p.", BEFORE, "canceladas ÷ bruta"),
    ]


def test_more_cancellations_are_no_good_news():
    tiles = {it.id: it for it in sales.page(SALES, asked(), PT).tiles}
    assert (tiles["cancellation"].delta.tone, tiles["net_sales"].delta.tone) == ("down", "up")


def test_without_days_before_there_is_no_comparison():
    alone = Sales(**msgspec.structs.asdict(SALES) | {"before": []})
    page = sales.page(alone, asked(comparison="nada"), PT)
    assert {(it.delta.text, it.against) for it in page.tiles} == {("sem base de comparação", "")}
    assert [it.name for it in block(page, "vendas").chart.series] == ["Líquida", "Canceladas"]


def test_the_open_day_alone_has_numbers_but_no_comparison():
    today = asked(preset="livre", first=november(23), last=november(23))
    page = sales.page(Sales(**msgspec.structs.asdict(SALES) | {"days": [sold(23, 7_000, 4)]}), today, PT)
    assert page.tiles[0].value == f"R${NB}70,00"
    assert page.tiles[0].delta.tone == "none"


def test_a_chart_marks_the_open_day_and_shows_what_it_is_compared_with():
    chart = block(sales.page(SALES, asked(), PT), "vendas").chart
    net, cancelled, before = chart.series
    assert (net.values, net.open_from, net.open_until) == ([20_000] * 6 + [7_000], 6, 0)
    assert cancelled.values == [500] * 6 + [0]
    assert (before.name, before.kind, before.values) == ("Líquida, antes", "before", [10_000] * 7)
    assert chart.x[-1] == "23/11/2026 (em curso)"
    assert chart.note == "hachurado: em curso ou em parte"
    assert chart.y_ticks[-1].at >= 20_500


def test_a_week_that_the_range_cuts_is_marked_as_a_part():
    weeks = periods.of(asked(preset="livre", first=november(11), last=november(23), granularity="semana"), PT)
    assert weeks.starts == [november(11), november(16), november(23)]
    assert weeks.names == ["sem. 09/11/2026 (parte)", "sem. 16/11/2026", "sem. 23/11/2026 (em curso)"]
    assert (weeks.open_until, weeks.open_from) == (1, 2)
    past = periods.of(asked(preset="livre", first=november(9), last=november(20), granularity="semana"), PT)
    assert past.names == ["sem. 09/11/2026", "sem. 16/11/2026 (parte)"]


def test_days_before_are_gathered_where_they_are_compared():
    request = asked(preset="livre", first=november(11), last=november(23), granularity="semana")
    days = [sold(it, 100, 1) for it in range(11, 24)]
    shown_periods = periods.of(request, PT)
    counts = [len(it) for it in periods.gathered(days, lambda it: it.day, shown_periods, request)]
    assert counts == [5, 7, 1]


def test_the_table_of_periods_is_newest_first():
    rows = table(sales.page(SALES, asked(), PT), "periodos")
    assert rows[0] == [
        "23/11/2026 (em curso)",
        f"R${NB}70,00",
        f"R${NB}70,00",
        f"R${NB}0,00",
        "4",
        "0",
        f"R${NB}17,50",
        f"R${NB}100,00",
        "não",
    ]
    assert len(rows) == 7


def test_hours_of_the_week_are_averages_with_their_shades():
    hours = block(sales.page(SALES, asked(), PT), "semana-hora")
    monday, sunday = hours.heat.rows[0].cells[9], hours.heat.rows[6].cells[20]
    assert (monday.text, monday.level) == (f"1,0{NB}mil", 5)
    assert (sunday.text, sunday.level) == ("100", 1)
    assert monday.title == f"segunda-feira, 09 h: R${NB}1.000,00 em média; 8 pedidos em 4 dias"
    assert (hours.heat.rows[0].cells[0].text, hours.heat.rows[0].cells[0].level) == ("–", 0)
    assert hours.note == "líquida média de uma hora, R$ · meses inteiros: nov/2026"
    # What a cell has no room for is in the table, which goes along.
    assert table(sales.page(SALES, asked(), PT), "semana-hora") == [
        ["segunda-feira", "9", "4", "8", f"R${NB}4.000,00", f"R${NB}1.000,00"],
        ["domingo", "20", "4", "2", f"R${NB}400,00", f"R${NB}100,00"],
    ]


def test_every_heat_map_brings_its_values_as_a_table():
    pages = [drawn(it.view(ANSWERS[path], asked(), PT), PT) for path, it in BY_PATH.items()]
    maps = {it["id"]: len(it["table"]["rows"]) for page in pages for it in page["blocks"] if it["heat"]}
    assert maps == {"semana-hora": 2, "posicoes": 2, "retencao": 3, "rfm-grade": 2, "coortes": 7}


def test_a_breakdown_has_shares_and_changes_and_names_what_is_unknown():
    page = sales.page(SALES, asked(), PT)
    assert table(page, "categorias") == [
        ["Casa", f"R${NB}800,00", f"66,7{NB}%", f"▲ 100,0{NB}%", "40"],
        ["Sem categoria", f"R${NB}400,00", f"33,3{NB}%", "–", "20"],
    ]
    assert table(page, "ufs")[1] == ["Sem estado", f"R${NB}300,00", f"25,0{NB}%", f"▼ 50,0{NB}%", "15"]
    assert table(page, "segmentos") == [["VIP", f"R${NB}1.200,00", f"100,0{NB}%", "60"]]


def test_growth_is_the_batchs_own():
    assert table(sales.page(SALES, asked(), PT), "crescimento") == [
        ["22/11/2026", f"R${NB}200,00", f"▲ 25,0{NB}%", "–", f"R${NB}20,00", f"▼ 10,0{NB}%", "–"]
    ]


def test_products_have_ranks_and_an_unnamed_one_its_id():
    page = products.page(PRODUCTS, asked(), PT)
    assert [said(it) for it in page.tiles] == [
        ("units", "40", f"▼ 20,0{NB}%", BEFORE, "não canceladas"),
        ("products_sold", "2", f"▼ 50,0{NB}%", BEFORE, "produtos diferentes"),
        ("concentration", f"100,0{NB}%", "", "", f"R${NB}800,00 da receita"),
        ("best_seller", "Copo <b>", "", "", f"30 unidades · R${NB}600,00"),
    ]
    assert table(page, "mais-vendidos") == [
        ["Copo <b>", "Casa", "1", "3", "30", f"▲ 50,0{NB}%", f"R${NB}600,00", f"75,0{NB}%"],
        ["Produto d0000000", "Desconhecido", "2", "–", "10", "–", f"R${NB}200,00", f"25,0{NB}%"],
    ]
    assert block(page, "mais-vendidos").table.bars == [1.0, 0.3333]


def test_ranks_over_time_mark_the_open_period():
    heat = block(products.page(PRODUCTS, asked(), PT), "posicoes").heat
    assert heat.columns[-2:] == ["22/11", "23/11"]
    assert [(it.text, it.level, it.is_open) for it in heat.rows[0].cells[-3:]] == [
        ("–", 0, False),
        ("2", 4, False),
        ("1", 5, True),
    ]
    assert heat.note == "* ainda em curso"


def test_categories_are_stacked_over_time():
    chart = block(products.page(PRODUCTS, asked(), PT), "categorias-no-tempo").chart
    assert [(it.name, it.values[-2:]) for it in chart.series] == [("Casa", [50_000, 10_000])]


def test_customers_are_those_of_the_last_whole_period_beside_the_same_weekday():
    page = customers.page(CUSTOMERS, asked(), PT)
    assert [said(it) for it in page.tiles] == [
        ("buyers", "10", f"▲ 25,0{NB}%", "vs. 15/11/2026", "22/11/2026"),
        ("per_buyer", f"R${NB}50,00", f"▼ 16,7{NB}%", "vs. 15/11/2026", "22/11/2026"),
        ("orders_per_customer", "1,50", "", "", "300 pedidos ÷ 200 compradores, desde o início"),
        ("bought_again", f"25,0{NB}%", "", "", "50 clientes com 2 pedidos ou mais, desde o início"),
    ]


def test_retention_is_a_heat_map_of_cohorts_the_newest_first():
    heat = block(customers.page(CUSTOMERS, asked(), PT), "retencao").heat
    assert heat.columns == ["Clientes", "+1"]
    assert [(it.label, [cell.text for cell in it.cells]) for it in heat.rows] == [
        ("nov/2026", ["20", ""]),
        ("out/2026", ["80", f"10,0{NB}%"]),
    ]
    month = heat.rows[1].cells[1]
    assert (month.is_open, month.level) == (True, 5)
    assert month.title == "8 de 80 clientes de out/2026 compraram no mês +1"
    assert heat.note == "* ainda em curso"


def test_a_heat_map_without_an_open_cell_explains_no_star():
    young = Customers(**msgspec.structs.asdict(CUSTOMERS) | {"retention": CUSTOMERS.retention[2:]})
    assert block(customers.page(young, asked(), PT), "retencao").heat.note == ""


def test_customers_by_orders_and_by_rfm_segment():
    page = customers.page(CUSTOMERS, asked(), PT)
    bars = block(page, "distribuicao").chart.series[0]
    assert bars.values == [150, 40, 0, 0, 0, 10]
    assert bars.texts[0] == f"150 (75,0{NB}%)"
    grid = block(page, "rfm-grade").heat
    assert (grid.rows[0].label, grid.rows[0].cells[4].text, grid.rows[4].cells[0].text) == ("5", "20", "180")
    assert table(page, "rfm") == [
        [
            "Campeões", "compraram há pouco e muitas vezes", "20", f"10,0{NB}%", "5,00", f"R${NB}200,00",
            f"R${NB}4.000,00", "2,00",
        ],
        [
            "Perdidos", "poucas compras, há muito tempo", "180", f"90,0{NB}%", "1,11", f"R${NB}50,00",
            f"R${NB}9.000,00", "200,00",
        ],
    ]  # fmt: skip


def test_carts_are_rated_once_they_have_been_watched_long_enough():
    page = carts.page(CARTS, asked(), PT)
    mature = "criados até 18/11/2026: observados por 7 dias"
    assert [said(it) for it in page.tiles] == [
        ("carts", "600", f"= 0,0{NB}%", BEFORE, "criados no intervalo; 24 ainda abertos"),
        ("conversion", f"35,0{NB}%", "▲ 15,0 p.p.", BEFORE, mature),
        ("abandonment", f"63,2{NB}%", "▼ 11,8 p.p.", BEFORE, mature),
        ("recovery", f"9,1{NB}%", "= 0,0 p.p.", BEFORE, mature),
    ]
    assert page.tiles[2].delta.tone == "up"


def test_the_funnel_says_what_each_step_keeps():
    assert table(carts.page(CARTS, asked(), PT), "funil") == [
        ["Visita", "1.000", f"100,0{NB}%", "–", f"▲ 25,0{NB}%"],
        ["Produto visto", "500", f"50,0{NB}%", f"50,0{NB}%", f"= 0,0{NB}%"],
        ["Posto no carrinho", "100", f"10,0{NB}%", f"20,0{NB}%", "–"],
    ]


def test_immature_cohorts_are_marked_in_table_and_chart():
    page = carts.page(CARTS, asked(), PT)
    heat = block(page, "coortes").heat
    assert heat.note == "* menos de 7 dias de observação: ainda pode subir"
    assert heat.rows[0].label == "23/11/2026 (em curso)"
    assert [cell.is_open for cell in heat.rows[0].cells] == [False, True, True, True, True]
    assert [cell.text for cell in heat.rows[-1].cells] == [
        "100", f"10,0{NB}%", f"20,0{NB}%", f"30,0{NB}%", f"30,0{NB}%"
    ]  # fmt: skip
    assert not any(cell.is_open for cell in heat.rows[-1].cells)
    assert block(page, "conversao").chart.series[0].open_from == 2


def test_geography_has_map_and_cities():
    page = geography.page(GEOGRAPHY, asked(), PT)
    assert said(page.tiles[0]) == (
        "net_sales", f"R${NB}1.200,00", f"▼ 20,0{NB}%", BEFORE, "UFs que compraram: 1"
    )  # fmt: skip
    assert [(it.uf, it.name, it.share_text) for it in block(page, "mapa").states] == [
        ("SP", "São Paulo", f"75{NB}%"),
        ("–", "Sem estado", f"25{NB}%"),
    ]
    assert table(page, "cidades") == [
        ["Campinas", "SP", f"R${NB}800,00", f"▼ 20,0{NB}%", "40", f"R${NB}20,00", f"R${NB}10,00"]
    ]


def test_the_forecast_stands_beside_the_last_days_and_its_error_beside_the_naive_one():
    page = forecast.page(FORECAST, asked(), PT)
    assert [said(it) for it in page.tiles] == [
        ("expected", f"R${NB}230,00", f"▲ 15,0{NB}%", "vs. 21/11/2026 a 22/11/2026", "23/11/2026 a 24/11/2026"),
        (
            "error",
            f"17,0{NB}%",
            "▼ 3,0 p.p.",
            f"vs. repetir a última semana (20,0{NB}%)",
            "erros absolutos ÷ vendas, em previsões sobre o passado",
        ),
        ("coverage", f"82,0{NB}%", "", "", "dos dias; o intervalo promete 80 %"),
    ]
    assert page.tiles[1].delta.tone == "up"
    interval, actual, expected = block(page, "previsao").chart.series
    assert (interval.values, interval.upper) == ([None, None, 8_000, 8_500], [None, None, 15_000, 16_000])
    assert interval.texts[2] == f"R${NB}80,00 a R${NB}150,00"
    assert (actual.values, expected.values) == ([10_000, 10_000, None, None], [None, None, 11_000, 12_000])


def test_a_young_shop_has_no_forecast_yet_and_says_why():
    nothing = forecast.Forecast(past=[], days=[], errors=[])
    page = forecast.page(nothing, asked(), PT)
    assert {it.empty for it in page.blocks} == {"A previsão começa com quatro semanas de vendas."}
    assert [it.value for it in page.tiles] == ["–", "–", "–"]


def test_provenance_says_what_the_run_saw_and_what_is_odd():
    found = provenance.provenance(RUN, asked(), PT)
    assert found.line == (
        "Dados até 23/11/2026 12:00 · totais de 17/11/2026 a 22/11/2026; 23/11/2026 em curso, fora dos totais"
    )
    assert found.summary == "2 tipos de achados de qualidade"
    assert found.findings == [
        "Dias completos sem vendas: 1",
        "Vendas de valor zero: 2",
        "Execução 4, terminada em 23/11/2026 12:02",
        "Linhas lidas: transacoes_vendas 1.234",
    ]


def test_findings_that_have_no_words_yet_are_still_said():
    run = msgspec.structs.replace(RUN, findings={"coisa_nova": 3})
    found = provenance.provenance(run, asked(), EN, counts_days=False)
    assert (found.summary, found.findings[0]) == ("1 kind of data-quality finding", "coisa_nova: 3")
    assert provenance.provenance(msgspec.structs.replace(RUN, findings={}), asked(), PT).summary == (
        "nenhum achado de qualidade"
    )


def test_what_is_left_out_and_what_is_coarser_is_said():
    request = asked(filters=Filters(categoria=("Moda", "desconhecido"), uf=("SP",)))
    coarse = msgspec.structs.replace(request, is_coarser=True)
    assert provenance.provenance(RUN, coarse, PT, counts_days=False).line == (
        "Dados até 23/11/2026 12:00 · por semana: são dias demais para uma barra cada · "
        "filtros: Categoria Moda, Sem categoria; UF SP · São Paulo"
    )


def test_who_asked_for_no_comparison_is_not_told_that_there_is_none():
    page = without_comparison(sales.page(msgspec.structs.replace(SALES, before=[]), asked(comparison="nada"), PT))
    assert {it.delta.text for it in page.tiles} == {""}


def test_a_span_of_one_day_is_that_day():
    assert periods.span(Days(dt.date(2026, 1, 2), dt.date(2026, 1, 2)), PT) == "02/01/2026"


def of_categories(*names, orders):
    """Sales of a choice of categories, as the daily tables tell them."""
    days = [msgspec.structs.replace(it, orders=orders, orders_cancelled=None, units=20) for it in SALES.days]
    found = msgspec.structs.replace(SALES, days=days, before=[], hours=[], growth=[])
    return sales.page(found, asked(comparison="nada", filters=Filters(categoria=names)), PT)


def test_one_category_has_orders_and_units_but_no_order_value():
    page = of_categories("Casa", orders=3)
    assert [(it.id, it.value) for it in page.tiles][1:3] == [("orders", "18"), ("units", "120")]
    assert [it.id for it in page.blocks][:3] == ["vendas", "pedidos", "unidades"]


def test_orders_of_several_categories_are_not_added_up_and_it_is_said_why():
    page = of_categories("Casa", "Moda", orders=None)
    assert said(page.tiles[1])[1:] == (
        "–",
        "sem base de comparação",
        "",
        "um pedido com várias das categorias escolhidas contaria mais de uma vez",
    )
    assert page.tiles[0].value == f"R${NB}1.200,00"
    assert "pedidos" not in [it.id for it in page.blocks]
    assert [it[4] for it in table(page, "periodos")] == ["–"] * 7


def test_what_filters_cannot_reach_says_so():
    page = of_categories("Casa", orders=3)
    assert {block(page, it).empty for it in ("semana-hora", "crescimento")} == {
        "Só existe para todas as vendas: tire os filtros para ver."
    }


def test_a_filter_that_does_not_reach_cities_says_so():
    found = msgspec.structs.replace(GEOGRAPHY, cities=None, cities_count=0)
    page = geography.page(found, asked(filters=Filters(pagamento=("pix",))), PT)
    assert block(page, "cidades").empty == "Só se conhece das UFs: tire os outros filtros para ver."
    assert [it.value for it in page.tiles] == [f"R${NB}1.200,00", "São Paulo", "–", "–"]
