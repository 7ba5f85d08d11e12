"""Answers of a run to look at: literal days of a small shop, the last one under way."""

import datetime as dt
from zoneinfo import ZoneInfo

from dashboard.data.history import Extent, Run
from dashboard.data.history.carts import CartDay, Carts, Step
from dashboard.data.history.customers import Buyers, Customers, Frequency, Retention, Rfm
from dashboard.data.history.forecast import Error, Forecast, ForecastDay
from dashboard.data.history.geography import City, Geography
from dashboard.data.history.products import CategoryPeriod, Product, Products, Rank
from dashboard.data.history.sold import Day, Growth, Hour, Sales
from dashboard.data.history.spans import Part
from dashboard.formats import Formats
from dashboard.selection import Days, Selection, resolve
from dashboard.texts import CATALOGUES
from dashboard.texts.history import HISTORY
from dashboard.views.history.page import Say

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
PT, EN = (Say(formats=Formats(it, SAO_PAULO), texts=CATALOGUES[it], words=HISTORY[it]) for it in ("pt", "en"))
RUN = Run(
    id=4,
    instant=dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC),
    finished=dt.datetime(2026, 11, 23, 15, 2, tzinfo=dt.UTC),
    findings={"vendas_sem_valor": 2, "dias_sem_vendas": 1},
    read={"transacoes_vendas": 1_234},
)
EXTENT = Extent(
    first_day=dt.date(2026, 11, 3),
    options={
        "categoria": ["Casa", "Moda"],
        "uf": ["RJ", "SP"],
        "pagamento": ["boleto", "pix"],
        "segmento": ["VIP", "novo"],
    },
)


def november(day):
    return dt.date(2026, 11, day)


def asked(**chosen):
    """What is asked of the run; the range is the last seven days."""
    selection = Selection(**{"preset": "7d"} | chosen)
    request = resolve(selection, first_day=EXTENT.first_day, last_day=november(23), is_last_complete=False)
    assert request is not None
    return request


def sold(day, net, orders, *, cancelled=0):
    return Day(
        day=november(day),
        gross=net + cancelled,
        cancelled=cancelled,
        net=net,
        orders=orders,
        orders_cancelled=1 if cancelled else 0,
    )


SALES = Sales(
    days=[*(sold(it, 20_000, 10, cancelled=500) for it in range(17, 23)), sold(23, 7_000, 4)],
    before=[sold(it, 10_000, 10) for it in range(10, 17)],
    categories=[
        Part(key="Casa", net=80_000, units=40, net_before=40_000),
        Part(key="desconhecido", net=40_000, units=20, net_before=0),
    ],
    payments=[Part(key="pix", net=120_000, orders=60, net_before=60_000)],
    segments=[Part(key="VIP", net=120_000, orders=60, net_before=None)],
    states=[
        Part(key="SP", net=90_000, orders=45, net_before=90_000),
        Part(key="desconhecido", net=30_000, orders=15, net_before=60_000),
    ],
    hours=[
        Hour(weekday=1, hour=9, days=4, orders=8, net=400_000),
        Hour(weekday=7, hour=20, days=4, orders=2, net=40_000),
    ],
    hours_of=Days(november(1), november(1)),
    growth=[
        Growth(
            start=november(22),
            is_complete=True,
            net=20_000,
            growth=0.25,
            growth_year=None,
            ticket=2_000,
            ticket_change=-0.1,
            ticket_change_year=None,
        ),
    ],
)

COPO, VASO = "c0000000-0000-4000-8000-000000000000", "d0000000-0000-4000-8000-000000000000"
PRODUCTS = Products(
    products=[
        Product(
            id=COPO,
            name="Copo <b>",
            category="Casa",
            rank=1,
            units=30,
            revenue=60_000,
            rank_before=3,
            units_before=20,
        ),
        Product(id=VASO, name=None, category=None, rank=2, units=10, revenue=20_000, rank_before=None, units_before=0),
    ],
    count=2,
    units=40,
    revenue=80_000,
    has_before=True,
    units_before=50,
    count_before=4,
    ranks=[
        Rank(id=COPO, start=november(22), is_complete=True, rank=2, units=5),
        Rank(id=COPO, start=november(23), is_complete=False, rank=1, units=7),
    ],
    categories=[Part(key="Casa", net=60_000, units=30, net_before=30_000)],
    by_period=[
        CategoryPeriod(start=november(22), category="Casa", net=50_000),
        CategoryPeriod(start=november(23), category="Casa", net=10_000),
    ],
)


def bought(day, buyers, per_buyer, *, is_complete=True):
    return Buyers(
        start=november(day),
        is_complete=is_complete,
        net=buyers * per_buyer,
        orders=buyers * 2,
        buyers=buyers,
        registered=100,
        per_buyer=per_buyer,
        per_customer=buyers * per_buyer // 100,
    )


CUSTOMERS = Customers(
    periods=[*(bought(it, 10, 5_000) for it in range(17, 23)), bought(23, 3, 4_000, is_complete=False)],
    before=[*(bought(it, 8, 6_000) for it in range(10, 16)), None],
    orders_ever=300,
    buyers_ever=200,
    frequencies=[
        Frequency(orders=1, customers=150),
        Frequency(orders=2, customers=40),
        Frequency(orders=7, customers=10),
    ],
    retention=[
        Retention(cohort=dt.date(2026, 10, 1), months=0, size=80, customers=80, is_complete=True),
        Retention(cohort=dt.date(2026, 10, 1), months=1, size=80, customers=8, is_complete=False),
        Retention(cohort=november(1), months=0, size=20, customers=20, is_complete=False),
    ],
    rfm=[
        Rfm(recency=5, frequency=5, value=5, segment="campeoes", customers=20, orders=100, net=400_000, days=40.0),
        Rfm(recency=1, frequency=1, value=1, segment="perdidos", customers=180, orders=200, net=900_000, days=36_000.0),
    ],
)


def carts_of(day, *, converted=30, is_mature=True):
    return CartDay(
        day=november(day),
        is_mature=is_mature,
        carts=100,
        converted_1h=10,
        converted_1d=20,
        converted_7d=converted,
        converted=converted,
        recovered=6,
        abandoned=60,
        open=4,
        empty=6,
    )


CARTS = Carts(
    days=[carts_of(17), carts_of(18, converted=40), *(carts_of(it, is_mature=False) for it in range(19, 24))],
    before=[carts_of(it, converted=20) for it in range(10, 17)],
    funnel=[
        Step(name="visita", visits=1_000, visits_before=800),
        Step(name="visualizacao_produto", visits=500, visits_before=500),
        Step(name="adicionar_carrinho", visits=100, visits_before=0),
    ],
)

GEOGRAPHY = Geography(
    states=SALES.states,
    cities=[City(uf="SP", city="Campinas", orders=40, gross=81_000, cancelled=1_000, net=80_000, net_before=100_000)],
    cities_count=1,
)

FORECAST = Forecast(
    past=[sold(it, 10_000, 5) for it in (21, 22)],
    days=[
        ForecastDay(day=november(23), expected=11_000, lower=8_000, upper=15_000),
        ForecastDay(day=november(24), expected=12_000, lower=8_500, upper=16_000),
    ],
    errors=[
        Error(model="ets", origins=6, days=180, error=0.17, error_per_day=1_700, coverage=0.82),
        Error(model="semana_anterior", origins=6, days=180, error=0.2, error_per_day=2_000, coverage=None),
    ],
)
ANSWERS = {
    "vendas": SALES,
    "produtos": PRODUCTS,
    "clientes": CUSTOMERS,
    "carrinhos": CARTS,
    "geografia": GEOGRAPHY,
    "previsao": FORECAST,
}
