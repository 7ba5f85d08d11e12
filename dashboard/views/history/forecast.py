"""Previsão: what the next days may bring, and how far such forecasts were off."""

from dashboard.data.history.forecast import Error, Forecast
from dashboard.selection import Days, Request
from dashboard.views.history import periods as naming
from dashboard.views.history import tables
from dashboard.views.history.page import NO_DELTA, Block, Page, Say, less_is_better, tile
from dashboard.views.history.periods import MOST_X_TICKS
from dashboard.views.history.tables import Field, Table
from dashboard.views.parts import Chart, Series, Tile, growth, points, x_ticks, y_ticks

METRICS = ("previsao_receita", "erro_previsao")
MODEL, NAIVE = "ets", "semana_anterior"


def page(found: Forecast, _request: Request, say: Say) -> Page:
    """The page of the forecast."""
    return Page(tiles=_tiles(found, say), blocks=[_chart(found, say), _errors(found, say)], metrics=METRICS)


def _tiles(found: Forecast, say: Say) -> list[Tile]:
    formats, texts, words = say.formats, say.texts, say.words.forecast
    expected = sum(it.expected for it in found.days) if found.days else None
    past = found.past[-len(found.days) :] if found.days else []
    net = sum(it.net for it in past) if past and len(past) == len(found.days) else None
    errors = {it.model: it for it in found.errors}
    model, naive = errors.get(MODEL), errors.get(NAIVE)
    error = model.error if model else None
    naive_error = naive.error if naive else None
    return [
        tile(
            say,
            name="expected",
            label=words.expected,
            metric="previsao_receita",
            value=formats.money(expected),
            delta=growth(expected, net, formats, texts),
            against=say.words.common.against.format(span=naming.span(Days(past[0].day, past[-1].day), say))
            if past
            else "",
            note=naming.span(Days(found.days[0].day, found.days[-1].day), say) if found.days else words.too_short,
        ),
        tile(
            say,
            name="error",
            label=words.error,
            metric="erro_previsao",
            value=formats.percent(error),
            delta=less_is_better(points(error, naive_error, formats, texts)),
            against=words.against_naive.format(error=formats.percent(naive_error)),
            note=words.error_note,
        ),
        tile(
            say,
            name="coverage",
            label=words.coverage,
            metric="erro_previsao",
            value=formats.percent(model.coverage if model else None),
            delta=NO_DELTA,
            note=words.coverage_note,
        ),
    ]


def _chart(found: Forecast, say: Say) -> Block:
    """The last days as they were, then the days foreseen with their interval."""
    formats, words, common = say.formats, say.words.forecast, say.words.common
    days = [*(it.day for it in found.past), *(it.day for it in found.days)]
    past, ahead = len(found.past), len(found.days)
    gap: list[float | None] = [None] * past
    gap_texts = [formats.money(None)] * past
    series = [
        Series(
            name=words.interval,
            kind="interval",
            tone="main",
            values=[*gap, *(it.lower for it in found.days)],
            upper=[*gap, *(it.upper for it in found.days)],
            texts=[
                *gap_texts,
                *(common.span.format(first=formats.money(it.lower), last=formats.money(it.upper)) for it in found.days),
            ],
        ),
        Series(
            name=words.actual,
            kind="line",
            tone="muted",
            values=[*(it.net for it in found.past), *([None] * ahead)],
            texts=[*(formats.money(it.net) for it in found.past), *([formats.money(None)] * ahead)],
        ),
        Series(
            name=words.expected_day,
            kind="line",
            tone="main",
            values=[*gap, *(it.expected for it in found.days)],
            texts=[*gap_texts, *(formats.money(it.expected) for it in found.days)],
            open_from=past if ahead else None,
        ),
    ]
    highest = max([*(it.net for it in found.past), *(it.upper for it in found.days)], default=0)
    lowest = min([*(it.net for it in found.past), *(it.lower for it in found.days)], default=0)
    chart = Chart(
        title=words.chart_title,
        note=words.chart_note,
        summary=common.chart_summary.format(title=words.chart_title),
        x_name=common.day,
        x=[formats.date(it) for it in days],
        x_ticks=x_ticks([formats.day_short(it) for it in days], MOST_X_TICKS),
        y_ticks=y_ticks(highest, formats.money_short, lowest=lowest, least_step=100),
        series=series,
    )
    rows: list[tuple[tables.Value, ...]] = [(it.day, it.expected, it.lower, it.upper) for it in found.days]
    return Block(
        id="previsao",
        title=chart.title,
        chart=chart,
        table=Table(
            fields=[
                Field("dia", common.day, "period"),
                Field("prevista", words.expected_day, "money"),
                Field("inferior", words.lower, "money"),
                Field("superior", words.upper, "money"),
            ],
            rows=rows,
        ),
        empty="" if found.days else words.too_short,
    )


def _errors(found: Forecast, say: Say) -> Block:
    words = say.words.forecast
    models: list[Error] = sorted(found.errors, key=lambda it: it.model != MODEL)
    return Block(
        id="erros",
        title=words.errors_title,
        note=words.errors_note,
        table=Table(
            fields=[
                Field("modelo", words.model, "text"),
                Field("erro", words.error, "ratio"),
                Field("erro_medio_por_dia", words.error_per_day, "money"),
                Field("cobertura", words.coverage, "ratio"),
                Field("origens", words.origins, "integer"),
                Field("dias", words.days, "integer"),
            ],
            rows=[
                (
                    words.model_names.get(it.model, it.model),
                    it.error,
                    it.error_per_day,
                    it.coverage,
                    it.origins,
                    it.days,
                )
                for it in models
            ],
        ),
        empty="" if models else words.too_short,
    )
