"""Carrinhos: which become orders, which are left, and where visits end."""

from collections.abc import Callable, Sequence

from dashboard.data.history.carts import CartDay, Carts, Step
from dashboard.selection import Request
from dashboard.views.history import periods as naming
from dashboard.views.history import tables
from dashboard.views.history.page import Block, Cell, Heat, HeatRow, Page, Say, heat_level, less_is_better, tile
from dashboard.views.history.periods import Periods, before_line, gathered, inside, line
from dashboard.views.history.tables import Field, Table, relative
from dashboard.views.parts import SeriesTone, Tile, growth, points, y_ticks

METRICS = ("conversao_carrinho", "abandono_carrinho", "funil")
_MOST_COHORTS = 16


def page(found: Carts, request: Request, say: Say) -> Page:
    """The page of carts."""
    periods = naming.of(request, say)
    now = gathered(found.days, lambda it: it.day, periods, request)
    before = gathered(found.before, lambda it: request.moved(it.day), periods, request) if found.before else None
    return Page(
        tiles=_tiles(found, request, say),
        blocks=[
            _funnel(found.funnel, say),
            _conversion(now, before, periods, say),
            _cohorts(now, periods, say),
            _outcomes(now, periods, say),
            _table(now, periods, say),
        ],
        metrics=METRICS,
    )


def _total(days: Sequence[CartDay], value: Callable[[CartDay], int]) -> int:
    return sum(value(it) for it in days)


def _rate(over: int, under: int) -> float | None:
    return over / under if under else None


def _conversion_of(days: Sequence[CartDay]) -> float | None:
    return _rate(_total(days, lambda it: it.converted), _total(days, lambda it: it.carts))


def _abandonment_of(days: Sequence[CartDay]) -> float | None:
    abandoned, converted = _total(days, lambda it: it.abandoned), _total(days, lambda it: it.converted)
    return _rate(abandoned, abandoned + converted)


def _recovery_of(days: Sequence[CartDay]) -> float | None:
    recovered, abandoned = _total(days, lambda it: it.recovered), _total(days, lambda it: it.abandoned)
    return _rate(recovered, recovered + abandoned)


def _tiles(found: Carts, request: Request, say: Say) -> list[Tile]:
    """Carts of complete days; rates of conversion only of days whose carts have been watched long enough."""
    formats, texts, words = say.formats, say.texts, say.words.carts
    days = inside(found.days, lambda it: it.day, request.counted)
    before = inside(found.before, lambda it: it.day, request.before_complete)
    mature = [it for it in days if it.is_mature]
    places = {it.day for it in mature}
    mature_before = [it for it in before if request.moved(it.day) in places]
    against = naming.against(request, say)
    carts, carts_before = _total(days, lambda it: it.carts), _total(before, lambda it: it.carts)
    note_mature = words.mature_until.format(day=formats.date(mature[-1].day)) if mature else words.none_mature
    return [
        tile(
            say,
            name="carts",
            label=words.carts,
            metric="conversao_carrinho",
            value=formats.integer(carts),
            delta=growth(carts, carts_before if before else None, formats, texts),
            against=against,
            note=words.carts_note.format(still_open=formats.integer(_total(days, lambda it: it.open))),
        ),
        tile(
            say,
            name="conversion",
            label=texts.conversion,
            metric="conversao_carrinho",
            value=formats.percent(_conversion_of(mature)),
            delta=points(_conversion_of(mature), _conversion_of(mature_before), formats, texts),
            against=against,
            note=note_mature,
        ),
        tile(
            say,
            name="abandonment",
            label=words.abandonment,
            metric="abandono_carrinho",
            value=formats.percent(_abandonment_of(mature)),
            delta=less_is_better(points(_abandonment_of(mature), _abandonment_of(mature_before), formats, texts)),
            against=against,
            note=note_mature,
        ),
        tile(
            say,
            name="recovery",
            label=words.recovery,
            metric="abandono_carrinho",
            value=formats.percent(_recovery_of(mature)),
            delta=points(_recovery_of(mature), _recovery_of(mature_before), formats, texts),
            against=against,
            note=note_mature,
        ),
    ]


def _funnel(steps: Sequence[Step], say: Say) -> Block:
    words, texts = say.words.carts, say.texts
    first = steps[0].visits if steps else 0
    has_before = any(it.visits_before is not None for it in steps)
    rows: list[tuple[tables.Value, ...]] = []
    for at, it in enumerate(steps):
        previous = steps[at - 1].visits if at else 0
        rows.append(
            (
                words.visit if it.name == "visita" else texts.funnel_names.get(it.name, it.name),
                it.visits,
                _rate(it.visits, first),
                _rate(it.visits, previous) if at else None,
                *([relative(it.visits, it.visits_before)] if has_before else []),
            )
        )
    return Block(
        id="funil",
        span=6,
        title=words.funnel_title,
        note=words.funnel_note,
        table=Table(
            fields=[
                Field("passo", words.step, "text"),
                Field("sessoes", words.visits, "integer"),
                Field("parte", words.of_visits, "ratio"),
                Field("do_passo_anterior", words.of_previous, "ratio"),
                *([Field("variacao", say.words.common.change, "change")] if has_before else []),
            ],
            rows=rows,
            bars=tables.bars([it.visits for it in steps]),
        ),
        empty="" if first else say.words.common.nothing,
    )


def _cohorts(now: list[list[CartDay]], periods: Periods, say: Say) -> Block:
    """How soon carts become orders, by when they were begun: the last cohorts, the newest first."""
    formats, words, common = say.formats, say.words.carts, say.words.common
    columns: tuple[tuple[str, str, Callable[[CartDay], int]], ...] = (
        ("taxa_1h", words.within_1h, lambda it: it.converted_1h),
        ("taxa_1d", words.within_1d, lambda it: it.converted_1d),
        ("taxa_7d", words.within_7d, lambda it: it.converted_7d),
        ("taxa", words.until_now, lambda it: it.converted),
    )
    cohorts = [
        (periods.starts[at], periods.names[at], days, all(it.is_mature for it in days))
        for at, days in enumerate(now)
        if days
    ]
    rates = [
        [_rate(_total(days, value), _total(days, lambda it: it.carts)) for *_, value in columns]
        for _, _, days, _ in cohorts
    ]
    highest = max((it for row in rates for it in row if it is not None), default=0.0)
    rows = [
        HeatRow(
            name,
            [
                Cell(text=formats.integer(_total(days, lambda it: it.carts))),
                *(
                    Cell(
                        text=formats.percent(it),
                        level=heat_level(it or 0.0, highest),
                        is_open=not is_mature,
                        title="" if is_mature else words.immature,
                    )
                    for it in row
                ),
            ],
        )
        for (_, name, days, is_mature), row in zip(cohorts, rates, strict=True)
    ][::-1][:_MOST_COHORTS]
    return Block(
        id="coortes",
        span=6,
        title=words.cohorts_title,
        note=words.cohorts_note,
        heat=Heat(
            corner=common.period,
            columns=[words.carts, *(name for _, name, _ in columns)],
            rows=rows,
            note=words.immature_cells if not all(it for *_, it in cohorts) else "",
        ),
        table=Table(
            fields=[
                Field("inicio", common.period, "period"),
                Field("carrinhos", words.carts, "integer"),
                *(Field(name, label, "ratio") for name, label, _ in columns),
                Field("maduro", words.mature, "flag"),
            ],
            rows=[
                (start, _total(days, lambda it: it.carts), *row, is_mature)
                for (start, _, days, is_mature), row in zip(cohorts, rates, strict=True)
            ][::-1],
        ),
        empty="" if cohorts else common.nothing,
    )


def _conversion(now: list[list[CartDay]], before: list[list[CartDay]] | None, periods: Periods, say: Say) -> Block:
    """Conversion and abandonment over time; from the first immature period on they may still change."""
    formats, texts, words, common = say.formats, say.texts, say.words.carts, say.words.common
    settled = Periods(
        starts=periods.starts,
        names=periods.names,
        shorts=periods.shorts,
        is_whole=[
            whole and bool(days) and all(it.is_mature for it in days)
            for whole, days in zip(periods.is_whole, now, strict=True)
        ],
    )
    converted = [_conversion_of(it) for it in now]
    abandoned = [_abandonment_of(it) for it in now]
    series = [
        line(texts.conversion, converted, formats.percent, settled),
        line(words.abandonment, abandoned, formats.percent, settled, tone="second"),
    ]
    values = [*converted, *abandoned]
    ids = ["conversao", "abandono"]
    if before is not None:
        old = [_conversion_of(it) for it in before]
        series.append(before_line(common.before_series.format(name=texts.conversion), old, formats.percent))
        values += old
        ids.append("conversao_antes")
    highest = max((it for it in values if it is not None), default=0.0)
    chart = naming.chart(
        words.conversion_title,
        series,
        y_ticks(highest, lambda it: formats.percent(it, 0), least_step=0.01),
        settled,
        say,
    )
    return Block(
        id="conversao",
        span=6,
        title=chart.title,
        chart=chart,
        table=naming.table_of(chart, ids, settled, say, "ratio"),
    )


def _outcomes(now: list[list[CartDay]], periods: Periods, say: Say) -> Block:
    """What became of the carts of each period: parts of all of them."""
    formats, words = say.formats, say.words.carts
    kinds: tuple[tuple[str, str, SeriesTone, Callable[[CartDay], int]], ...] = (
        ("convertidos_direto", words.converted_directly, "main", lambda it: it.converted - it.recovered),
        ("recuperados", words.recovered, "third", lambda it: it.recovered),
        ("abandonados", words.abandoned, "second", lambda it: it.abandoned),
        ("abertos", words.still_open, "fourth", lambda it: it.open),
        ("vazios", words.empty, "muted", lambda it: it.empty),
    )
    series = [
        line(label, [_total(days, value) for days in now], formats.integer, periods, kind="bar", tone=tone)
        for _, label, tone, value in kinds
    ]
    highest = max((sum(it.values[at] or 0 for it in series) for at in range(len(now))), default=0)
    chart = naming.chart(words.outcomes_title, series, y_ticks(highest, formats.short), periods, say)
    return Block(
        id="destinos",
        span=6,
        title=chart.title,
        chart=chart,
        table=naming.table_of(chart, [name for name, *_ in kinds], periods, say, "integer"),
    )


def _table(now: list[list[CartDay]], periods: Periods, say: Say) -> Block:
    words, common = say.words.carts, say.words.common
    fields = [
        Field("inicio", common.period, "period"),
        Field("carrinhos", words.carts, "integer"),
        Field("convertidos", words.converted, "integer"),
        Field("recuperados", words.recovered, "integer"),
        Field("abandonados", words.abandoned, "integer"),
        Field("abertos", words.still_open, "integer"),
        Field("vazios", words.empty, "integer"),
        Field("conversao", say.texts.conversion, "ratio"),
        Field("abandono", words.abandonment, "ratio"),
        Field("recuperacao", words.recovery, "ratio"),
        Field("maduro", words.mature, "flag"),
    ]
    rows: list[tuple[tables.Value, ...]] = [
        (
            periods.starts[at],
            _total(now[at], lambda it: it.carts),
            _total(now[at], lambda it: it.converted),
            _total(now[at], lambda it: it.recovered),
            _total(now[at], lambda it: it.abandoned),
            _total(now[at], lambda it: it.open),
            _total(now[at], lambda it: it.empty),
            _conversion_of(now[at]),
            _abandonment_of(now[at]),
            _recovery_of(now[at]),
            bool(now[at]) and all(it.is_mature for it in now[at]),
        )
        for at in reversed(range(len(now)))
    ]
    return Block(
        id="periodos",
        title=words.table_title,
        is_folded=True,
        table=Table(fields=fields, rows=rows, labels=periods.names[::-1]),
    )
