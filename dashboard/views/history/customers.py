"""Clientes: who buys, how often, and who comes back."""

from collections.abc import Sequence

from dashboard.data.history.customers import Buyers, Customers
from dashboard.selection import Request, earlier_start
from dashboard.views.history import periods as naming
from dashboard.views.history import returning, tables
from dashboard.views.history.page import NO_DELTA, Block, Page, Say, tile
from dashboard.views.history.periods import Periods, before_line, line
from dashboard.views.history.tables import Field, Table
from dashboard.views.parts import Series, Tile, growth, y_ticks

METRICS = ("receita_media_usuario", "pedidos_por_cliente", "distribuicao_pedidos", "retencao_mensal", "rfm")
_WEEK_DAYS = 7


def page(found: Customers, request: Request, say: Say) -> Page:
    """The page of customers."""
    return Page(
        tiles=_tiles(found, request, say),
        blocks=[
            *_over_time(found, request, say),
            returning.retention(found.retention, say),
            returning.distribution(found.frequencies, say),
            returning.grid(found.rfm, say),
            returning.segments(found.rfm, say),
            _table(found, request, say),
        ],
        metrics=METRICS,
    )


def _tiles(found: Customers, request: Request, say: Say) -> list[Tile]:
    """The last whole period beside the one before or a year before, and what is so since the beginning."""
    formats, texts, words = say.formats, say.texts, say.words.customers
    whole = [it for it in found.periods if it.is_complete]
    last = whole[-1] if whole else None
    known = {it.start: it for it in [*found.periods, *(it for it in found.before if it is not None)]}
    other: Buyers | None = None
    against, note = "", words.no_period
    if last is not None:
        note = naming.name(last.start, request.granularity, say)
        if request.comparison != "nada":
            # A day beside the same weekday: a Monday is no success because it follows a Sunday.
            ago = _WEEK_DAYS if request.granularity == "dia" else 1
            start = earlier_start(last.start, request.granularity, request.comparison, ago)
            other = known.get(start)
            against = say.words.common.against.format(span=naming.name(start, request.granularity, say))
    again = sum(it.customers for it in found.frequencies if it.orders > 1)
    return [
        tile(
            say,
            name="buyers",
            label=words.buyers,
            metric="receita_media_usuario",
            value=formats.integer(last.buyers if last else None),
            delta=growth(last.buyers if last else None, other.buyers if other else None, formats, texts),
            against=against,
            note=note,
        ),
        tile(
            say,
            name="per_buyer",
            label=words.per_buyer,
            metric="receita_media_usuario",
            value=formats.money(last.per_buyer if last else None),
            delta=growth(last.per_buyer if last else None, other.per_buyer if other else None, formats, texts),
            against=against,
            note=note,
        ),
        tile(
            say,
            name="orders_per_customer",
            label=words.orders_per_customer,
            metric="pedidos_por_cliente",
            value=formats.decimal(found.orders_ever / found.buyers_ever if found.buyers_ever else None, 2),
            delta=NO_DELTA,
            note=words.ever_note.format(
                orders=formats.integer(found.orders_ever), buyers=formats.integer(found.buyers_ever)
            ),
        ),
        tile(
            say,
            name="bought_again",
            label=words.bought_again,
            metric="distribuicao_pedidos",
            value=formats.percent(again / found.buyers_ever if found.buyers_ever else None),
            delta=NO_DELTA,
            note=words.bought_again_note.format(customers=formats.integer(again)),
        ),
    ]


def _over_time(found: Customers, request: Request, say: Say) -> list[Block]:
    formats, words, common = say.formats, say.words.customers, say.words.common
    periods = _periods(found, request, say)
    has_before = any(it is not None for it in found.before)
    spent = [
        line(words.per_buyer, [it.per_buyer for it in found.periods], formats.money, periods),
        line(words.per_customer, [it.per_customer for it in found.periods], formats.money, periods, tone="second"),
    ]
    buyers = [line(words.buyers, [it.buyers for it in found.periods], formats.integer, periods, kind="bar")]
    if has_before:
        spent.append(
            before_line(
                common.before_series.format(name=words.per_buyer),
                [it.per_buyer if it else None for it in found.before],
                formats.money,
            )
        )
        buyers.append(
            before_line(
                common.before_series.format(name=words.buyers),
                [it.buyers if it else None for it in found.before],
                formats.integer,
            )
        )
    spent_chart = naming.chart(
        words.spent_title, spent, y_ticks(_highest(spent), formats.money_short, least_step=100), periods, say
    )
    buyers_chart = naming.chart(words.buyers_title, buyers, y_ticks(_highest(buyers), formats.short), periods, say)
    table = _periods_table(found, periods, say)
    empty = "" if found.periods else common.nothing
    return [
        Block(id="compradores", span=6, title=buyers_chart.title, chart=buyers_chart, table=table, empty=empty),
        Block(id="receita-por-usuario", span=6, title=spent_chart.title, chart=spent_chart, table=table, empty=empty),
    ]


def _periods(found: Customers, request: Request, say: Say) -> Periods:
    """The whole periods of the calendar that the days touch."""
    common = say.words.common
    names = [naming.name(it.start, request.granularity, say) for it in found.periods]
    return Periods(
        starts=[it.start for it in found.periods],
        names=[
            name if it.is_complete else common.open_period.format(period=name)
            for name, it in zip(names, found.periods, strict=True)
        ],
        shorts=[naming.short_name(it.start, request.granularity, say) for it in found.periods],
        is_whole=[it.is_complete for it in found.periods],
    )


def _periods_table(found: Customers, periods: Periods, say: Say) -> Table:
    words, common = say.words.customers, say.words.common
    fields = [
        Field("inicio", common.period, "period"),
        Field("compradores", words.buyers, "integer"),
        Field("pedidos", say.words.sales.valid_orders, "integer"),
        Field("pedidos_por_cliente", words.orders_per_customer, "decimal"),
        Field("liquida", say.words.sales.net, "money"),
        Field("por_comprador", words.per_buyer, "money"),
        Field("clientes_cadastrados", words.registered, "integer"),
        Field("por_cliente", words.per_customer, "money"),
        Field("completo", common.complete, "flag"),
    ]
    rows: list[tuple[tables.Value, ...]] = [
        (
            it.start,
            it.buyers,
            it.orders,
            it.orders / it.buyers if it.buyers else None,
            it.net,
            it.per_buyer,
            it.registered,
            it.per_customer,
            it.is_complete,
        )
        for it in reversed(found.periods)
    ]
    return Table(fields=fields, rows=rows, labels=periods.names[::-1])


def _table(found: Customers, request: Request, say: Say) -> Block:
    return Block(
        id="periodos",
        title=say.words.customers.table_title,
        table=_periods_table(found, _periods(found, request, say), say),
        is_folded=True,
    )


def _highest(series: Sequence[Series]) -> float:
    return max((value for it in series for value in it.values if value is not None), default=0)
