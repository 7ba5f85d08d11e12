import datetime as dt
from zoneinfo import ZoneInfo

import msgspec
import pytest

from contracts.live import LowStock, Point, Span, Status, Totals, Window
from contracts.panes import Dimension, Measures
from dashboard.data import states
from dashboard.data.live import LiveReading
from dashboard.data.orders import Order, Orders
from dashboard.formats import Formats
from dashboard.texts import CATALOGUES
from dashboard.views import breakdowns, live, orders, sales, tiles

PT, TEXTS = Formats("pt", ZoneInfo("America/Sao_Paulo")), CATALOGUES["pt"]
NB = "\N{NO-BREAK SPACE}"
# 2026-11-23 14:35:12 in São Paulo.
NOW = dt.datetime(2026, 11, 23, 17, 35, 12, tzinfo=dt.UTC)
END = int(NOW.timestamp()) // 10 * 10 + 10
DIMENSIONS = Span(END // 60 * 60 - 840, END // 60 * 60 + 60, 60)
STATUS = Status(
    written_at=NOW.timestamp(),
    generation=1,
    batch=9,
    newest_event=NOW.timestamp() - 1.2,
    watermark=NOW.timestamp() - 600,
    latency_p50=0.4,
    latency_p95=0.84,
    latency_p99=1.5,
    batch_rows=180,
    rows=1_000_000,
    late=3,
    late_versions=7,
    duplicates=1_234,
    rejected=5,
)


ORDER = Order(
    bought=NOW,
    status="processando",
    payment="pix",
    centavos=129_90,
    products=1,
    product="Copo",
    city="Campinas",
    uf="SP",
)


def totals(end, *, carts=0, buyers=0.0, visitors=0.0, seconds=900, **measures):
    return Totals(
        span=Span(end - seconds, end, 10),
        measures=Measures(carrinhos_criados=carts, **measures),
        compradores=buyers,
        visitantes=visitors,
    )


def dimensions(**given):
    return {it: given.get(it.name.lower(), {}) for it in Dimension if it is not Dimension.TOTAL}


def window(now, before, *, current=None, previous=None, name="15min", span=DIMENSIONS, low_stock=()):
    return Window(
        name=name,
        totals=now,
        previous_totals=before,
        dimensions_span=span,
        previous_dimensions_span=span.previous(),
        dimensions=current or dimensions(),
        previous_dimensions=previous or dimensions(),
        visitantes_agora=0.0,
        visitantes_antes=0.0,
        low_stock=low_stock,
    )


def reading(*, names=None, series=(), trend=(), yesterday=None, **parts):
    defaults = {
        "now": totals(END),
        "before": totals(END - 900),
    }
    recent = window(
        totals(END, visitors=611.4, seconds=300), totals(END - 300, visitors=600.0, seconds=300), name="5min"
    )
    return LiveReading(
        now=NOW,
        status=STATUS,
        window=window(**(defaults | parts)),
        recent=recent,
        series=list(series),
        trend=list(trend),
        yesterday=yesterday,
        names=names or {},
    )


def frame(*, last_week=None, live_since=None, **parts):
    return shown(reading(**parts), Orders(latest=[]), last_week, live_since)


def shown(read, latest, last_week=None, live_since=None):
    return live.frame(read, live.shared(read, last_week, latest, live_since, PT, TEXTS), PT, TEXTS)


def test_tiles_say_the_window_and_its_change():
    shown = frame(
        now=totals(
            END,
            carts=80,
            buyers=9.0,
            bruta=123_456,
            pedidos=10,
            canceladas=3_456,
            pedidos_cancelados=1,
            pedidos_com_carrinho=8,
        ),
        before=totals(END - 900, carts=100, buyers=10.0, bruta=100_000, pedidos=8, pedidos_com_carrinho=8),
    )
    tiles = [(it.id, it.value, it.delta.text, it.against, it.note) for it in shown.body.tiles]
    against = "vs. 15 min antes"
    assert tiles == [
        (
            "net_sales",
            f"R${NB}1.200,00",
            f"▲ 20,0{NB}%",
            against,
            f"bruta R${NB}1.234,56 · canceladas R${NB}34,56",
        ),
        ("orders", "10", f"▲ 25,0{NB}%", against, "cancelados: 1"),
        ("ticket", f"R${NB}123,46", f"▼ 1,2{NB}%", against, "bruta ÷ pedidos"),
        ("conversion", f"10,0{NB}%", "▲ 2,0 p.p.", against, "8 pedidos ÷ 80 carrinhos"),
        ("revenue_per_user", f"R${NB}137,17", f"▲ 37,2{NB}%", against, f"≈ 9 compradores (± 3{NB}%)"),
        ("visitors", "611", f"▲ 1,9{NB}%", "vs. 5 min antes", f"sessões em 5 min (± 3{NB}%)"),
    ]


REASON = (
    "A janela anterior começa antes de 23/11 14:20, a hora do primeiro pedido ao vivo: o que é de antes foi carregado "
    "de uma vez e não se compara."
)


def test_what_is_not_wholly_live_is_compared_with_nothing_and_says_why():
    # 14:20:00; the quarter of an hour before now began at 14:05:20, the five minutes before at 14:25:20.
    first_order = dt.datetime(2026, 11, 23, 17, 20, tzinfo=dt.UTC).timestamp()
    ten = totals(END, bruta=1_925_000, pedidos=10)
    one = totals(END - 900, bruta=1_000, pedidos=1)
    body = frame(
        now=ten,
        before=one,
        live_since=first_order,
        current=dimensions(product={"aa": Measures(unidades=2)}),
        previous=dimensions(product={"aa": Measures(unidades=1)}),
    ).body
    said = {it.id: (it.delta.text, it.delta.tone, it.against, it.reason) for it in body.tiles}
    assert said.pop("visitors") == (f"▲ 1,9{NB}%", "up", "vs. 5 min antes", "")
    assert set(said.values()) == {("sem comparação", "none", "", REASON)}
    product = body.products[0]
    assert (product.movement, product.movement_label, product.tone) == ("–", REASON, "none")


@pytest.mark.parametrize("live_since", [None, END - 1_800.0])
def test_a_window_that_begins_with_the_first_live_order_or_after_it_is_compared_with(live_since):
    tile = frame(now=totals(END, bruta=2_000), before=totals(END - 900, bruta=1_000), live_since=live_since).body.tiles[
        0
    ]
    assert (tile.delta.text, tile.against, tile.reason) == (f"▲ 100,0{NB}%", "vs. 15 min antes", "")


@pytest.mark.parametrize(
    ("name", "against", "span", "dimensions_span"),
    [
        ("60min", "vs. 1 h antes", "13:35 – 14:36", "minutos inteiros: 13:35 – 14:36"),
        ("today", "vs. ontem até esta hora", "23/11 00:00 – 14:36", "minutos inteiros: 23/11 00:00 – 14:36"),
        ("24h", "vs. 24 h antes", "22/11 14:36 – 14:36", "desde a hora inteira: 22/11 15:00 – 14:36"),
    ],
)
def test_each_window_says_what_it_covers_and_what_it_is_compared_with(name, against, span, dimensions_span):
    end = int(NOW.timestamp()) // 60 * 60 + 60
    start, first_hour, step = {
        "60min": (end - 3660, end - 3660, 60),
        "today": (end - 876 * 60, end - 876 * 60, 60),
        "24h": (end - 86_400, end - 86_400 + 24 * 60, 3600),
    }[name]
    shown = Totals(span=Span(start, end, 60), measures=Measures(pedidos=1), compradores=0.0, visitantes=0.0)
    body = frame(now=shown, before=shown, name=name, span=Span(first_hour, end, step)).body
    assert (body.span, body.dimensions_span) == (span, dimensions_span)
    assert {it.id: it.against for it in body.tiles}["orders"] == against


def test_what_cannot_be_divided_is_a_dash_and_not_a_zero():
    values = {it.id: (it.value, it.delta.tone) for it in frame().body.tiles}
    assert values["ticket"] == ("–", "none")
    assert values["conversion"] == ("–", "none")
    assert values["revenue_per_user"] == ("–", "none")


def test_definitions_come_from_the_catalogue():
    tile = frame().body.tiles[2]
    assert tile.definition == "Bruta ÷ pedidos que entraram; vazio quando não houve pedidos."


def test_the_status_line_says_age_latency_rate_and_counters():
    series = [
        Point(END - 10 * it, Measures(eventos=1_990, pedidos=9, pedidos_cancelados=1), it == 1)
        for it in range(90, 0, -1)
    ]
    shown = frame(series=series).facts
    counted = "Desde que o processamento ao vivo foi criado"
    assert {it.id for it in shown if it.note == counted} == {"rejected", "late", "duplicates"}
    facts = {it.id: it.value for it in shown}
    assert facts == {
        "newest": f"há 1{NB}s",
        "latency": f"0,8{NB}s",
        "rate": "200 eventos/s",
        "rejected": "5",
        "late": "3",
        "duplicates": "1.234",
    }


@pytest.mark.parametrize(
    ("status", "kind", "label"),
    [
        (None, "starting", "Iniciando"),
        (msgspec.structs.replace(STATUS, newest_event=None), "empty", "Sem dados ainda"),
        (STATUS, "live", "Ao vivo"),
        (msgspec.structs.replace(STATUS, newest_event=NOW.timestamp() - 42), "stale", f"Parado há 42{NB}s"),
        # A producer's clock may run a little ahead.
        (msgspec.structs.replace(STATUS, newest_event=NOW.timestamp() + 5), "live", "Ao vivo"),
    ],
)
def test_each_state_has_its_name(status, kind, label):
    state = live.state_of(status, NOW, PT, TEXTS)
    assert (state.kind, state.label) == (kind, label)


def test_before_the_first_event_there_are_no_numbers():
    shown = live.waiting(None, NOW, Orders(), PT, TEXTS)
    assert shown.body is None
    assert {it.value for it in shown.facts} == {"–"}


def test_an_absent_store_says_since_when():
    shown = live.away(NOW, NOW + dt.timedelta(minutes=1), Orders(latest=[ORDER]), PT, TEXTS)
    assert shown.at == "14:36:12"
    assert shown.state.kind == "away"
    assert shown.state.detail.startswith("O Redis não responde desde 14:35:12.")
    assert shown.body is None
    # The orders are Postgres's: they go on.
    assert [it.value for it in shown.orders.rows] == [f"R${NB}129,90"]


def test_a_clock_that_runs_faster_turns_live_off():
    assert live.off(1440.0, NOW, PT, TEXTS).state.detail == "O relógio da loja corre a 1.440×: só o histórico anda."


def test_products_are_ranked_by_units_then_revenue_then_id_with_their_movement():
    current = {
        "aa": Measures(bruta=500, unidades=7),
        "bb": Measures(bruta=900, unidades=7),
        "cc": Measures(bruta=100, unidades=9),
        "dd": Measures(bruta=500, unidades=7),
        "ee": Measures(bruta=0, unidades=0),
    }
    before = {"aa": Measures(unidades=9), "bb": Measures(unidades=8), "cc": Measures(unidades=7)}
    shown = frame(current=dimensions(product=current), previous=dimensions(product=before), names={"cc": "<b>Copo</b>"})
    rows = [(it.rank, it.name, it.units, it.revenue, it.movement, it.movement_label) for it in shown.body.products]
    assert rows == [
        ("1", "<b>Copo</b>", "9", f"R${NB}1,00", "▲ 2", "subiu 2"),
        ("2", "Produto bb", "7", f"R${NB}9,00", "=", "manteve"),
        ("3", "Produto aa", "7", f"R${NB}5,00", "▼ 2", "desceu 2"),
        ("4", "Produto dd", "7", f"R${NB}5,00", "novo", "novo"),
    ]
    assert [round(it.share, 3) for it in shown.body.products] == [1, 0.778, 0.778, 0.778]


def test_payment_methods_keep_their_places_and_show_their_shares():
    shown = frame(current=dimensions(payment={"boleto": Measures(bruta=900), "pix": Measures(bruta=100)}))
    assert [(it.label, it.value, it.share_text) for it in shown.body.payments] == [
        ("Pix", f"R${NB}1,00", f"10{NB}%"),
        ("Cartão de crédito", f"R${NB}0,00", f"0{NB}%"),
        ("Boleto", f"R${NB}9,00", f"90{NB}%"),
    ]


def test_small_categories_are_added_up_so_that_all_of_them_make_the_total():
    given = {f"c{it}": Measures(bruta=1_000 - it) for it in range(9)} | {"desconhecido": Measures(bruta=2_000)}
    parts = frame(current=dimensions(category=given)).body.categories
    assert [it.label for it in parts] == ["Sem categoria", "c0", "c1", "c2", "c3", "c4", "c5", "Outras"]
    assert parts[-1].value == f"R${NB}29,79"
    # Of 109.64 in all; to what a bar can show.
    assert [it.share for it in parts] == [0.1824, 0.0912, 0.0911, 0.091, 0.0909, 0.0908, 0.0908, 0.2717]


def test_the_sales_line_marks_the_unfinished_pane_and_every_third_minute():
    series = [Point(END - 10 * it, Measures(bruta=100 * it), it == 1) for it in range(90, 0, -1)]
    chart = frame(series=series).body.sales
    assert chart.series[0].open_from == 89
    assert chart.series[0].values[-2:] == [200, 100]
    assert chart.series[0].texts[-1] == f"R${NB}1,00"
    assert chart.x[-1] == "14:35:10"
    assert [it.text for it in chart.x_ticks] == ["14:21", "14:24", "14:27", "14:30", "14:33"]
    assert chart.y_ticks[0].text == f"R${NB}0"
    assert chart.y_ticks[-1].at >= 9_000
    assert "total R$" in chart.summary


def test_yesterday_is_smoothed_over_five_minutes_and_needs_no_steps():
    start = END - 86_400 - 70
    start -= start % 60
    minutes = {start + 60 * it: 6_000 for it in range(-3, 4)}
    assert sales.smoothed(minutes, start) == 1_000
    # 20 s of the five minutes lie in the one minute that sold.
    assert sales.smoothed({start + 120: 30_000}, start - 15) == round(30_000 * 20 / 60 / 30)


def test_the_same_time_yesterday_is_a_band_behind_the_line():
    series = [Point(END - 10 * it, Measures(bruta=100), it == 1) for it in range(90, 0, -1)]
    first = (series[0].start - 86_400 - 150) // 60 * 60
    chart = frame(series=series, yesterday={first + 60 * it: 600_000 for it in range(21)}).body.sales
    assert [(it.name, it.kind) for it in chart.series] == [
        ("Vendas brutas", "area"),
        ("Ontem nesta hora (média de 5 min)", "band"),
    ]
    assert set(chart.series[1].values) == {100_000}
    assert chart.series[1].texts[0] == f"R${NB}1.000,00"
    assert chart.y_ticks[-1].at >= 100_000


def test_the_same_time_a_week_ago_is_a_band_of_its_own():
    series = [Point(END - 10 * it, Measures(bruta=100), it == 1) for it in range(90, 0, -1)]
    first = (series[0].start - 7 * 86_400 - 150) // 60 * 60
    last_week = {first + 60 * it: 1_200_000 for it in range(21)}
    chart = frame(series=series, last_week=last_week).body.sales
    assert [(it.id, it.name, it.kind) for it in chart.series[1:]] == [
        ("last_week", "Há uma semana nesta hora (média de 5 min)", "band")
    ]
    assert set(chart.series[1].values) == {200_000}
    assert chart.y_ticks[-1].at >= 200_000
    assert "sem dados" not in chart.note


def test_where_nothing_is_kept_of_the_past_the_chart_says_so():
    chart = frame(series=[Point(END - 10, Measures(bruta=100), True)]).body.sales
    assert len(chart.series) == 1
    assert chart.note.endswith("sem dados de ontem ou há uma semana")


def test_small_charts_show_a_shape_and_have_gaps_where_nothing_can_be_divided():
    trend = [
        totals(END - 120, bruta=1_000, pedidos=2, canceladas=2_000),
        totals(END - 60),
        totals(END, bruta=2_000, pedidos=1),
    ]
    sparks = {it.id: it.spark for it in frame(trend=trend).body.tiles}
    assert sparks["net_sales"] == [25, 50, 100]
    assert sparks["orders"] == [100, 25, 62]
    assert sparks["ticket"] == [25, None, 100]
    assert sparks["visitors"] == [25, 25, 25]
    assert tiles.heights([]) == []


def test_states_are_ranked_and_named_as_on_the_map():
    given = {
        "SP": Measures(bruta=600),
        "RJ": Measures(bruta=150),
        "desconhecido": Measures(bruta=250),
        "AC": Measures(),
    }
    shown = frame(current=dimensions(uf=given)).body.states
    assert [(it.uf, it.name, it.value, it.share_text, it.heat) for it in shown] == [
        ("SP", "São Paulo", f"R${NB}6,00", f"60{NB}%", 1.0),
        ("–", "Sem estado", f"R${NB}2,50", f"25{NB}%", 0.4167),
        ("RJ", "Rio de Janeiro", f"R${NB}1,50", f"15{NB}%", 0.25),
    ]


def test_the_funnel_says_each_step_as_a_part_of_the_one_before():
    events = {
        "visualizacao_produto": Measures(eventos=2_000),
        "adicionar_carrinho": Measures(eventos=200),
        "checkout_iniciado": Measures(eventos=90),
        "pesquisa": Measures(eventos=500),
    }
    steps = frame(current=dimensions(event_type=events)).body.funnel
    assert [(it.label, it.value, it.share, it.of_previous) for it in steps] == [
        ("Produto visto", "2.000", 1.0, ""),
        ("Posto no carrinho", "200", 0.1, f"10{NB}%"),
        ("Checkout iniciado", "90", 0.045, f"45{NB}%"),
        ("Checkout concluído", "0", 0.0, f"0{NB}%"),
    ]
    assert [it.of_previous for it in frame().body.funnel] == ["", "–", "–", "–"]


def test_segments_keep_their_places():
    shown = frame(current=dimensions(segment={"VIP": Measures(bruta=100), "novo": Measures(bruta=300)}))
    assert [(it.label, it.share_text) for it in shown.body.segments] == [
        ("Novos", f"75{NB}%"),
        ("Fiéis", f"0{NB}%"),
        ("VIP", f"25{NB}%"),
        ("Sem cadastro", f"0{NB}%"),
    ]


def test_low_stock_says_what_is_left_and_what_is_sold_out():
    found = (LowStock("a", "Copo", 0), LowStock("b", "Vaso", 1_200))
    assert frame(low_stock=found).body.low_stock == [
        breakdowns.Stock(name="Copo", left="esgotado", is_out=True),
        breakdowns.Stock(name="Vaso", left="1.200 un.", is_out=False),
    ]


def test_an_order_says_what_and_where_to_but_not_who():
    later = msgspec.structs.replace(ORDER, status="cancelado", products=3, product=None, city=None, uf=None)
    shown = orders.panel(Orders(latest=[ORDER, later]), PT, TEXTS)
    assert shown.problem == ""
    assert [msgspec.structs.astuple(it) for it in shown.rows] == [
        ("14:35:12", "Campinas, SP", "Copo", "Pix", f"R${NB}129,90", ""),
        ("14:35:12", "Local não informado", "Produto sem nome e mais 2", "Pix", f"R${NB}129,90", "cancelado"),
    ]


@pytest.mark.parametrize(
    ("known", "problem", "rows"),
    [
        (Orders(), "Consultando o Postgres…", 0),
        (Orders(latest=[]), "Nenhum pedido ainda.", 0),
        (
            Orders(latest=[ORDER], away_since=NOW),
            "O Postgres não responde desde 14:35:12; os pedidos são os de antes.",
            1,
        ),
    ],
)
def test_orders_that_are_missing_or_old_say_why(known, problem, rows):
    shown = orders.panel(known, PT, TEXTS)
    assert (shown.problem, len(shown.rows)) == (problem, rows)


def test_a_frame_is_one_line_of_a_few_kilobytes():
    series = [Point(END - 10 * it, Measures(bruta=123_456), it == 1) for it in range(90, 0, -1)]
    first = (series[0].start - 86_400 - 150) // 60 * 60
    whole = shown(
        reading(
            series=series,
            yesterday={first + 60 * it: 600_000 for it in range(21)},
            trend=[totals(END - 30 * it, bruta=123_456, pedidos=9) for it in range(30)],
            current=dimensions(
                product={f"{it:032x}": Measures(bruta=123_456_78, unidades=1_234) for it in range(100)},
                uf={uf: Measures(bruta=123_456_78) for uf in states.names()},
                category={f"Categoria {it}": Measures(bruta=123_456_78) for it in range(12)},
            ),
            names={f"{it:032x}": "Um produto de nome\nlongo" for it in range(100)},
        ),
        Orders(latest=[ORDER] * 8),
    )
    encoded = msgspec.json.encode(whole)
    assert b"\n" not in encoded
    assert len(encoded) < 16_000
