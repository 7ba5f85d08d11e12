"""The picture of the shop: what is measured, how it is drawn, and that the page stands alone."""

import datetime as dt
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from contracts.errors import UsageError
from dashboard import theme
from simulators import report
from simulators.behaviour import Behaviour
from simulators.catalogue import Catalogue
from simulators.customers import Customers
from simulators.moments import DAY, SECOND, to_microseconds
from simulators.orders import NEVER
from simulators.past import Past
from simulators.report import bars, charts, curves, figures, formats, goods, page, people
from simulators.report.curves import DayCount
from simulators.report.figures import Figure, Target, Unit
from simulators.report.markup import Markup, element, escaped
from simulators.report.observed import Observed, Orders, Sample, local, observe
from simulators.seasons import Seasons, day_factor
from simulators.world import World
from tests.dashboard.test_theme import contrast

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
UNTIL = to_microseconds(dt.datetime(2026, 12, 2, 15, tzinfo=dt.UTC))
HOUR = 3_600 * SECOND


class HostileCatalogue(Catalogue):
    """Products whose names are markup."""

    def name(self, product: int) -> str:
        return f'<script>alert("{product}")</script>'


def shop(behaviour: Behaviour, *, seed: int = 42, catalogue: Catalogue | None = None) -> World:
    return World(
        seed,
        catalogue or Catalogue(seed, 200),
        Customers(seed, 1_000),
        behaviour._replace(browsing=0.03),
        seasons=Seasons(SAO_PAULO),
    )


def story(*, days: int = 28, orders_per_day: float = 60.0) -> Past:
    return Past(until=UNTIL, days=days, orders_per_day=orders_per_day, zone=SAO_PAULO)


def silent(_what: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="module")
def seen(behaviour: Behaviour) -> Observed:
    return observe(shop(behaviour), story(), silent)


@pytest.fixture(scope="module")
def drawn(seen: Observed) -> str:
    return page.render(seen)


def integers(*values: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    return np.array(values, np.int64)


@pytest.fixture
def four_orders(behaviour: Behaviour) -> Observed:
    """Four orders of three customers and 1,000 visits, all written out."""
    past = story()
    day = past.date(0).toordinal()
    return Observed(
        world=shop(behaviour),
        story=past,
        sample=Sample(visits=1_000, carts=62, checkouts=28, paid=17, recovered=2, views=integers(*range(200))),
        orders=Orders(
            bought=past.since + integers(9, 10, 33, 34) * HOUR,
            day=day + integers(0, 0, 1, 1),
            hour=integers(9, 10, 9, 10),
            payment=integers(0, 0, 1, 2),
            total=integers(5_000, 15_000, 20_000, 120_000),
            items=integers(1, 1, 2, 1),
            pieces=integers(1, 2, 3, 1),
            customer=np.array([7, 7, 8, 9], np.uint64),
            state=integers(0, 0, 1, 26),
            segment=integers(0, 0, 1, 2),
            return_class=integers(0, 0, 1, 2),
            shipped=integers(HOUR, 2 * HOUR, 3 * HOUR, NEVER),
            delivered=integers(DAY + HOUR, DAY + 2 * HOUR, DAY + 3 * HOUR, NEVER),
            cancelled=integers(NEVER, NEVER, NEVER, 3 * DAY),
            sold=integers(*[0] * 199, 7),
            revenue=integers(*[0] * 199, 160_000),
        ),
        opening=integers(*range(1_000)),
        registered=integers(past.since + HOUR),
        classes=integers(600, 300, 100),
    )


def test_headline_figures_are_counted_from_visits_and_orders(four_orders: Observed) -> None:
    values = {(group.name, it.name): it.value for group in figures.headline(four_orders) for it in group.figures}

    assert values == {
        ("Visitas", "Conversão"): 0.019,
        ("Visitas", "Criam carrinho"): 0.062,
        ("Visitas", "Abandono"): 43 / 62,
        ("Visitas", "Chegam ao checkout"): 28 / 62,
        ("Visitas", "Pagam na hora"): 17 / 28,
        ("Visitas", "Recuperados"): 2 / 45,
        ("Pedidos", "Pedidos por dia"): 4 / 28,
        ("Pedidos", "Valor mediano"): 175.0,
        ("Pedidos", "Valor médio"): 400.0,
        ("Pedidos", "Peças por pedido"): 1.75,
        ("Pedidos", "Pix"): 0.5,
        ("Pedidos", "Cartão"): 0.25,
        ("Pedidos", "Boleto"): 0.25,
        ("Cancelamentos", "Todos"): 0.25,
        ("Cancelamentos", "Pix"): 0.0,
        ("Cancelamentos", "Cartão"): 0.0,
        ("Cancelamentos", "Boleto"): 1.0,
        ("Clientes", "Pedidos: recém-cadastrados"): 0.25,
        ("Clientes", "Compradores que voltam"): 1 / 3,
        ("Clientes", "Pedidos por comprador"): 4 / 3,
        ("Clientes", "Pedidos: Novo"): 0.5,
        ("Clientes", "Pedidos: Fiel"): 0.25,
        ("Clientes", "Pedidos: VIP"): 0.25,
    }


def test_targets_are_those_of_the_settings(four_orders: Observed) -> None:
    targets = {
        it.name: round(it.target.low, 5)
        for group in figures.headline(four_orders)[::2]
        for it in group.figures
        if it.target is not None
    }

    assert targets == {
        "Conversão": 0.01855,
        "Criam carrinho": 0.062,
        "Abandono": 0.7008,
        "Chegam ao checkout": 0.45,
        "Pagam na hora": 0.6,
        "Recuperados": 0.04,
        "Todos": 0.0186,
        "Pix": 0.01,
        "Cartão": 0.015,
        "Boleto": 0.08,
    }


@pytest.mark.parametrize(
    ("value", "target", "difference", "is_met"),
    [
        (0.071, Target(0.062, 0.062, 0.01, ""), 0.009, True),
        (0.073, Target(0.062, 0.062, 0.01, ""), 0.011, False),
        (299.0, Target(100.0, 300.0, 0.0, ""), 0.0, True),
        (310.0, Target(100.0, 300.0, 0.0, ""), 10.0, False),
        (90.0, Target(100.0, 300.0, 0.0, ""), -10.0, False),
    ],
)
def test_a_figure_is_judged_by_its_target_and_tolerance(
    value: float, target: Target, difference: float, is_met: bool
) -> None:
    figure = Figure("", value, Unit.RATIO, target, "")

    assert figure.difference == pytest.approx(difference)
    assert figure.is_met is is_met


def test_without_a_target_nothing_is_judged() -> None:
    figure = Figure("", 0.5, Unit.RATIO, None, "")

    assert (figure.difference, figure.is_met) == (None, None)


def test_four_standard_errors_of_a_share() -> None:
    assert figures.chance_error(0.5, 10_000) == 0.02


def test_the_shares_of_customers_follow_from_their_orders(four_orders: Observed) -> None:
    states = {it.name: it.measured for it in people.states(four_orders) if it.measured}
    steps = [(it.low, it.high, it.customers, it.orders) for it in people.orders_per_customer(four_orders)]

    assert states == {"SP": 0.5, "RJ": 0.25, "RR": 0.25}
    assert steps == [(1, 1, 2 / 3, 0.5), (2, 2, 1 / 3, 0.5)]
    assert [it.measured for it in people.products(four_orders)] == [0.75, 0.25, 0.0, 0.0, 0.0]
    assert [it.shares for it in people.segments(four_orders)] == [(0.5, 0.25, 0.25)]


def test_the_course_of_orders_is_told_in_quantiles(four_orders: Observed) -> None:
    shipped, delivered, boleto = curves.courses(four_orders)

    assert [shipped.seconds[at] for at in (0, 50, 100)] == [3_600, 7_200, 10_800]
    assert [delivered.seconds[at] for at in (0, 50, 100)] == [86_400, 86_400, 86_400]
    assert (boleto.name, boleto.median) == ("Cancelamento: boleto", 259_200)


def test_order_values_fall_into_bins_of_a_twelfth_of_a_decade(four_orders: Observed) -> None:
    bins = [(round(it.low, 1), round(it.high, 1), it.share) for it in curves.order_values(four_orders) if it.share]

    assert bins == [(46.4, 56.2, 0.25), (146.8, 177.8, 0.25), (177.8, 215.4, 0.25), (1_000.0, 1_211.5, 0.25)]


def test_the_week_is_that_of_the_median_day() -> None:
    monday = dt.date(2026, 11, 2)
    counts = [16, 16, 16, 15, 14, 11, 12] * 3
    # A Black Friday must not bend the curve.
    counts[11] = 90
    days = [DayCount(monday + dt.timedelta(days=at), count, 0.0) for at, count in enumerate(counts)]

    assert curves.by_weekday(days, seasonal=True).measured == (16, 16, 16, 15, 14, 11, 12)
    assert curves.by_weekday(days, seasonal=False).documented == pytest.approx([100 / 7] * 7)


def test_times_are_those_of_the_zone() -> None:
    night = to_microseconds(dt.datetime(2026, 11, 27, 2, 59, 59, tzinfo=dt.UTC))
    days, hours = local(integers(night, night + SECOND), SAO_PAULO)

    assert [dt.date.fromordinal(it) for it in days.tolist()] == [dt.date(2026, 11, 26), dt.date(2026, 11, 27)]
    assert hours.tolist() == [23, 0]


def test_each_feast_of_the_picture_is_one_of_the_calendar() -> None:
    dates = [dt.date(2026, 1, 1) + dt.timedelta(days=it) for it in range(365)]
    found = curves.feasts(dates)

    assert [name for _day, name in found] == ["Mães", "Namorados", "Pais", "Crianças", "Black Friday", "Natal"]
    # The same weekday two weeks earlier is no feast; Christmas itself is a quiet day.
    assert [day_factor(it) > 1.1 * day_factor(it - dt.timedelta(days=14)) for it, _name in found] == [True] * 5 + [
        False
    ]
    assert day_factor(dt.date(2026, 12, 25)) < 0.6


def test_rise_and_fall_are_ranks_of_the_catalogue(seen: Observed) -> None:
    catalogue = seen.world.catalogue
    for trace in goods.drift(seen, 3):
        assert catalogue.ranking(UNTIL)[int(trace.values[-1]) - 1] == trace.product
        assert min(trace.values) <= 12


def test_a_stock_that_falls_as_it_sells_is_on_the_line(seen: Observed) -> None:
    found = goods.demand(seen)

    assert len(found.names) == len(found.sold) == len(found.fallen) == 200
    assert sum(found.sold) == pytest.approx(seen.orders.sold.sum() / (28 + 12 / 24))


def test_what_is_observed_is_what_the_past_tells(seen: Observed) -> None:
    assert len(seen.dates) == 28
    assert seen.orders.revenue.sum() == seen.orders.total.sum()
    assert seen.orders.sold.sum() == seen.orders.pieces.sum()
    assert np.all(np.diff(seen.orders.bought) >= 0)
    assert seen.classes.sum() == 1_000 + len(seen.registered)
    assert seen.sample.visits == 200_000


def test_a_past_without_orders_is_refused_with_what_to_change(behaviour: Behaviour) -> None:
    nobody = shop(behaviour._replace(paid=1e-12, recovered=1e-12))

    with pytest.raises(UsageError, match=r"VITRINE_HISTORY_ORDERS_PER_DAY=1e-13 have no order"):
        observe(nobody, story(orders_per_day=1e-13), silent)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (formats.number(1234.5, 1), "1.234,5"),
        (formats.number(-0.04, 1), "0,0"),
        (formats.number(-3), "−3"),
        (formats.percent(0.123), "12,3\N{NO-BREAK SPACE}%"),
        (formats.money(1234.56), "R$\N{NO-BREAK SPACE}1.234,56"),
        (formats.short(105_300_000), "105,3\N{NO-BREAK SPACE}mi"),
        (formats.signed("0,5", 0.5), "+0,5"),
        (formats.signed("0,0", 0.04), "0,0"),
        (formats.day(dt.date(2026, 11, 27)), "sex 27/11/2026"),
        (formats.duration(36_000), "10\N{NO-BREAK SPACE}h"),
        (formats.duration(216_000), "2,5\N{NO-BREAK SPACE}d"),
    ],
)
def test_numbers_are_written_as_in_brazil(written: str, expected: str) -> None:
    assert written == expected


def test_places_on_axes() -> None:
    linear, log = charts.Axis(0, 200, []), charts.Axis(1, 1_000, [], log=True)

    assert [linear.place(it) for it in (-5, 0, 50, 200, 300)] == [0.0, 0.0, 0.25, 1.0, 1.0]
    assert [round(log.place(it), 6) for it in (0.5, 1, 10, 1_000)] == [0.0, 0.0, 0.333333, 1.0]


@pytest.mark.parametrize(
    ("highest", "labels"),
    [(7.9, [0, 2, 4, 6, 8]), (1_700, [0, 500, 1_000, 1_500, 2_000]), (0.9, [0, 0.25, 0.5, 0.75, 1.0])],
)
def test_an_axis_ends_at_a_round_number(highest: float, labels: list[float]) -> None:
    assert [value for value, _text in charts.axis(highest).labels] == pytest.approx(labels)


def test_a_plot_draws_lines_columns_and_dots_at_their_places() -> None:
    box = charts.Box(width=120, height=100, left=10, right=10, top=20, bottom=30)
    plot = charts.Plot(charts.Axis(0, 10, []), charts.Axis(0, 50, []), box)
    plot.line([(0, 0), (5, 50), (10, 25)], "main")
    plot.steps([(0, 10), (5, 10), (10, 20)], "main")
    plot.columns([(0, 1, 25, "um & dois")], "main", gap=2)
    plot.dots([(10, 50, "")], "main", 2)
    plot.band([(0, 0, 10), (10, 0, 20)], "main")

    assert plot.layers.split("</path>", 2)[2] == (
        '<path d="M10 70L60 20L110 45" class="line main"></path>'
        '<path d="M10 60L110 60L110 50" class="line main"></path>'
        '<rect x="11" y="45" width="8" height="25" class="bar main"><title>um &amp; dois</title></rect>'
        '<circle cx="110" cy="20" r="2" class="dot main"></circle>'
        '<path d="M10 60L110 50L110 70L10 70Z" class="area main"></path>'
    )


def test_bars_stand_beside_their_targets() -> None:
    height, layers = bars.rows([bars.Bar("SP", 0.4, 0.2, "40 %", "mais")], left=44, right=100, row=20)

    assert height == 20
    assert layers[1:] == [
        '<rect x="44" y="2.5" width="200" height="15" rx="1.5" class="bar main"><title>mais</title></rect>',
        '<text x="344" y="14" class="value" text-anchor="end">40 %</text>',
        '<path d="M144 0.5V19.5" class="line documented tick"></path>',
    ]


def test_the_funnel_shows_carts_as_a_part_of_the_visits_and_orders_as_a_part_of_the_carts() -> None:
    stages = (bars.Stage("Carrinho", 0.25, 0.0, 0.25, "a"), bars.Stage("Pedido", 0.5, 0.125, 0.75, "b"))
    drawing = bars.funnel("Funil", "", "Visitas", stages)

    assert re.findall(r'x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="26"', drawing) == [
        ("0", "344"),
        ("0", "86"),
        ("0", "344"),
        ("0", "344"),
        ("0", "344"),
        ("0", "172"),
        ("172", "43"),
    ]
    assert "M258 " in drawing


def test_a_drawing_has_a_name_and_a_description() -> None:
    drawing = charts.drawing(10, 10, "Preços & prazos", "O que se vê")

    assert drawing == (
        '<svg viewBox="0 0 10 10" role="img" class="chart" style="--width:10px"><title>Preços &amp; prazos</title>'
        "<desc>O que se vê</desc></svg>"
    )


def test_text_is_escaped_in_content_and_attributes() -> None:
    assert element("b", escaped("<i>"), title='"a" & b') == Markup('<b title="&quot;a&quot; &amp; b">&lt;i&gt;</b>')


def test_names_from_the_catalogue_are_escaped(behaviour: Behaviour) -> None:
    hostile = shop(behaviour, catalogue=HostileCatalogue(42, 200))
    text = page.render(observe(hostile, story(), silent))

    assert "<script" not in text
    assert "&lt;script&gt;alert(&quot;" in text


def test_the_page_asks_for_nothing_from_elsewhere(drawn: str) -> None:
    assert re.findall(r"https?:|//\w|url\(|@import|<(?:script|link|img|iframe)| (?:src|href)=", drawn) == []


def test_every_drawing_of_the_page_has_a_name(drawn: str) -> None:
    drawings = re.findall(r'<svg [^>]*role="img"[^>]*>(<title>[^<]+</title><desc>)?', drawn)

    assert len(drawings) >= 17
    assert all(drawings)
    assert '<html lang="pt-BR">' in drawn


def test_the_page_says_how_many_figures_are_as_documented(seen: Observed, drawn: str) -> None:
    judged = [it.is_met for group in figures.headline(seen) for it in group.figures if it.target is not None]
    off = judged.count(False)

    assert len(judged) == 18
    assert (f"{off} de 18 números fora" if off else "Os 18 números com alvo") in drawn


def test_the_picture_is_the_same_for_the_same_seed(behaviour: Behaviour, drawn: str) -> None:
    assert page.render(observe(shop(behaviour), story(), silent)) == drawn
    assert page.render(observe(shop(behaviour, seed=43), story(), silent)) != drawn


SCHEMES = {"light": theme.LIGHT, "dark": theme.DARK}


def colours(scheme: str) -> dict[str, str]:
    style = files(report).joinpath("page.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{([^}]+)\}", style)
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", light if scheme == "light" else dark))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_colours_are_the_dashboards(scheme: str) -> None:
    ours, palette = colours(scheme), msgspec.structs.asdict(SCHEMES[scheme])
    names = {"ink": "text", "quiet": "quiet_text", "line": "border"}
    shared = ("ink", "quiet", "line", "muted", "main", "second", "good", "bad")

    assert [ours[it] for it in shared] == [palette[names.get(it, it)].lower() for it in shared]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_has_the_contrast_of_wcag_aa(scheme: str) -> None:
    ours = colours(scheme)

    assert [
        (text, ground)
        for text in ("ink", "quiet", "main", "second", "third", "good", "bad")
        for ground in ("card", "ground")
        if contrast(ours[text], ours[ground]) < 4.5
    ] == []
    assert [it for it in ("fourth", "fifth", "muted") if contrast(ours[it], ours["card"]) < 3] == []


def describe(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "simulators", "describe", "--days", "28", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_writes_the_page_without_database_and_broker(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("old", encoding="utf-8")
    done = describe("--html", str(file), "--seed", "7", "--start", "2026-11-23T18:00:00")

    assert done.returncode == 0, done.stderr
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "26/10/2026 a 23/11/2026 · 28 dias" in text
    assert "semente 7" in text


def test_a_place_that_cannot_be_written_to_is_said_in_one_line(tmp_path: Path) -> None:
    done = describe("--html", str(tmp_path / "missing" / "report.html"))

    assert done.returncode == 2
    assert "missing/report.html: No such file or directory" in done.stderr.splitlines()[-1]
