"""Produtos: what sells, how ranks move, and what the categories bring."""

from collections.abc import Sequence

from dashboard.data.history.products import CategoryPeriod, Product, Products, Rank
from dashboard.data.history.spans import Part
from dashboard.formats import NONE
from dashboard.selection import Request, earlier_start, period_start
from dashboard.views.history import names, tables
from dashboard.views.history import periods as naming
from dashboard.views.history.page import NO_DELTA, Block, Cell, Heat, HeatRow, Page, Say, tile
from dashboard.views.history.tables import Field, Table, relative
from dashboard.views.parts import SeriesTone, Tile, growth, y_ticks

METRICS = ("produtos_mais_vendidos", "produtos_ao_longo_do_tempo", "receita_por_categoria")
_TOP = 10
_RANK_PERIODS = 12
# Shades of ranks: the first, to the third, the fifth, the tenth, the twentieth.
_RANK_LEVELS = ((1, 5), (3, 4), (5, 3), (10, 2), (20, 1))
_TONES: tuple[SeriesTone, ...] = ("main", "second", "third", "fourth", "fifth")


def page(found: Products, request: Request, say: Say) -> Page:
    """The page of products."""
    return Page(
        tiles=_tiles(found, request, say),
        blocks=[
            _best_sellers(found.products, found.revenue, say),
            _ranks(found.ranks, found.products, request, say),
            _categories_over_time(found.by_period, request, say),
            _categories(found.categories, say),
        ],
        metrics=METRICS,
    )


def _name(product: Product, say: Say) -> str:
    return product.name or say.texts.product_unknown.format(id=product.id[:8])


def _tiles(found: Products, request: Request, say: Say) -> list[Tile]:
    formats, words = say.formats, say.words.products
    against = naming.against(request, say)
    units_before = found.units_before if found.has_before else None
    count_before = found.count_before if found.has_before else None
    top = sum(it.revenue for it in found.products[:_TOP])
    best = found.products[0] if found.products else None
    return [
        tile(
            say,
            name="units",
            label=words.units,
            metric="produtos_mais_vendidos",
            value=formats.integer(found.units),
            delta=growth(found.units, units_before, formats, say.texts),
            against=against,
            note=words.units_note,
        ),
        tile(
            say,
            name="products_sold",
            label=words.products_sold,
            metric="produtos_mais_vendidos",
            value=formats.integer(found.count),
            delta=growth(found.count, count_before, formats, say.texts),
            against=against,
            note=words.products_sold_note,
        ),
        tile(
            say,
            name="concentration",
            label=words.concentration,
            metric="produtos_mais_vendidos",
            value=formats.percent(top / found.revenue if found.revenue > 0 else None),
            delta=NO_DELTA,
            note=words.concentration_note.format(revenue=formats.money(top)),
        ),
        tile(
            say,
            name="best_seller",
            label=words.best_seller,
            metric="produtos_mais_vendidos",
            value=_name(best, say) if best else NONE,
            delta=NO_DELTA,
            note=words.best_seller_note.format(units=formats.integer(best.units), revenue=formats.money(best.revenue))
            if best
            else "",
        ),
    ]


def _best_sellers(products: Sequence[Product], revenue: int, say: Say) -> Block:
    texts, words, common = say.texts, say.words.products, say.words.common
    has_before = any(it.units_before is not None for it in products)
    fields = [
        Field("nome_produto", texts.product, "text"),
        Field("categoria", common.category, "text"),
        Field("posicao", texts.rank, "integer"),
        *([Field("posicao_antes", words.rank_before, "integer")] if has_before else []),
        Field("unidades", texts.units, "integer"),
        *([Field("variacao_unidades", words.units_change, "change")] if has_before else []),
        Field("receita", texts.revenue, "money"),
        Field("parte", texts.share, "ratio"),
    ]
    rows: list[tuple[tables.Value, ...]] = [
        (
            _name(it, say),
            it.category or common.unknown,
            it.rank,
            *([it.rank_before] if has_before else []),
            it.units,
            *([relative(it.units, it.units_before)] if has_before else []),
            it.revenue,
            it.revenue / revenue if revenue > 0 else None,
        )
        for it in products
    ]
    return Block(
        id="mais-vendidos",
        title=texts.products_title,
        note=words.best_sellers_note.format(count=say.formats.integer(len(products))),
        table=Table(fields=fields, rows=rows, bars=tables.bars([it.units for it in products])),
        empty="" if products else common.nothing,
    )


def _ranks(ranks: Sequence[Rank], products: Sequence[Product], request: Request, say: Say) -> Block:
    """The first products' ranks in the last periods: a table whose better ranks are darker."""
    words, common = say.words.products, say.words.common
    by_place = {(it.id, it.start): it for it in ranks}
    last = period_start(request.days.last, request.granularity)
    first = period_start(request.days.first, request.granularity)
    starts = [
        start
        for ago in range(_RANK_PERIODS - 1, -1, -1)
        if (start := earlier_start(last, request.granularity, "anterior", ago)) >= first
    ]
    listed = [it for it in products if any(place[0] == it.id for place in by_place)]
    rows = []
    for product in listed:
        cells = []
        for start in starts:
            rank = by_place.get((product.id, start))
            cells.append(
                Cell(text=NONE)
                if rank is None
                else Cell(
                    text=str(rank.rank),
                    level=next((level for most, level in _RANK_LEVELS if rank.rank <= most), 0),
                    title=words.rank_title.format(
                        product=_name(product, say),
                        period=naming.name(start, request.granularity, say),
                        rank=rank.rank,
                        units=say.formats.integer(rank.units),
                    ),
                    is_open=not rank.is_complete,
                )
            )
        rows.append(HeatRow(_name(product, say), cells))
    called = {it.id: _name(it, say) for it in listed}
    return Block(
        id="posicoes",
        title=words.ranks_title,
        note=words.ranks_note,
        heat=Heat(
            corner=say.texts.product,
            columns=[naming.short_name(it, request.granularity, say) for it in starts],
            rows=rows,
            note=common.open_cells if any(not it.is_complete for it in ranks) else "",
        ),
        table=Table(
            fields=[
                Field("nome_produto", say.texts.product, "text"),
                Field("inicio", common.period, "period"),
                Field("posicao", say.texts.rank, "integer"),
                Field("unidades", say.texts.units, "integer"),
                Field("completo", common.complete, "flag"),
            ],
            rows=[(called[it.id], it.start, it.rank, it.units, it.is_complete) for it in ranks],
        ),
        empty="" if rows else common.nothing,
    )


def _categories_over_time(found: Sequence[CategoryPeriod], request: Request, say: Say) -> Block:
    """The largest categories stacked over time, and the rest as one."""
    formats, words, common = say.formats, say.words.products, say.words.common
    periods = naming.of(request, say)
    totals: dict[str, int] = {}
    for it in found:
        totals[it.category] = totals.get(it.category, 0) + it.net
    largest = sorted(totals, key=lambda key: (-totals[key], key))
    shown = largest[: len(_TONES)]
    place = {start: at for at, start in enumerate(periods.starts)}
    values: dict[str, list[float | None]] = {key: [0.0] * len(periods.starts) for key in shown}
    rest: list[float | None] = [0.0] * len(periods.starts)
    for it in found:
        into = values.get(it.category, rest)
        at = place.get(it.start)
        if at is not None:
            into[at] = (into[at] or 0.0) + it.net
    series = [
        naming.line(names.category(key, say.texts), values[key], formats.money, periods, kind="bar", tone=tone)
        for key, tone in zip(shown, _TONES, strict=False)
    ]
    if len(largest) > len(shown):
        series.append(naming.line(say.texts.categories_other, rest, formats.money, periods, kind="bar", tone="muted"))
    highest = max((sum(it.values[at] or 0.0 for it in series) for at in range(len(periods.starts))), default=0.0)
    chart = naming.chart(
        words.categories_over_time,
        series,
        y_ticks(highest, formats.money_short, least_step=100),
        periods,
        say,
    )
    return Block(
        id="categorias-no-tempo",
        span=7,
        title=chart.title,
        chart=chart,
        table=Table(
            fields=[
                Field("inicio", common.period, "period"),
                Field("categoria", common.category, "text"),
                Field("receita", say.texts.revenue, "money"),
            ],
            rows=[(it.start, names.category(it.category, say.texts), it.net) for it in found],
        ),
        empty="" if found else common.nothing,
    )


def _categories(parts: Sequence[Part], say: Say) -> Block:
    total = sum(it.net for it in parts)
    common = say.words.common
    return Block(
        id="categorias",
        span=5,
        title=say.texts.categories_title,
        table=Table(
            fields=[
                Field("categoria", common.category, "text"),
                Field("receita", say.texts.revenue, "money"),
                Field("parte", say.texts.share, "ratio"),
                Field("variacao", common.change, "change"),
                Field("unidades", say.texts.units, "integer"),
            ],
            rows=[
                (
                    names.category(it.key, say.texts),
                    it.net,
                    it.net / total if total > 0 else None,
                    relative(it.net, it.net_before),
                    it.units,
                )
                for it in parts
            ],
            bars=tables.bars([it.net for it in parts]),
        ),
        empty="" if parts else common.nothing,
    )
