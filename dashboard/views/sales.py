"""The sales line of the live page, over the same time of the day before and of the week before."""

from collections.abc import Mapping, Sequence

from contracts.live import Point
from contracts.panes import MINUTE, TEN_SECONDS
from dashboard.data.last_week import WEEK
from dashboard.data.live import SMOOTHED_SECONDS
from dashboard.formats import Formats
from dashboard.texts import Texts
from dashboard.views.parts import Chart, Series, Tick, y_ticks

_DAY = 86_400


def chart(
    series: Sequence[Point],
    yesterday: Mapping[int, int] | None,
    last_week: Mapping[int, int] | None,
    formats: Formats,
    texts: Texts,
) -> Chart:
    """Gross sales per ten seconds; the past ones are those of minutes, by start, None where none are known.

    The browser shows one of the two bands.
    """
    bands = [
        _band(name, label, [smoothed(minutes, it.start - back) for it in series], formats)
        for name, label, minutes, back in (
            ("yesterday", texts.sales_before, yesterday, _DAY),
            ("last_week", texts.sales_week_before, last_week, WEEK),
        )
        if minutes is not None
    ]
    sold = [it.measures.bruta for it in series]
    line = Series(
        name=texts.sales_series,
        kind="area",
        tone="main",
        values=list(sold),
        texts=[formats.money(it) for it in sold],
        open_from=next((at for at, it in enumerate(series) if it.is_open), None),
    )
    highest = max((it for one in (line, *bands) for it in one.values if it is not None), default=0)
    return Chart(
        title=texts.sales_title,
        note=texts.sales_note if bands or not series else texts.sales_note_no_before,
        summary=texts.sales_summary.format(total=formats.money(sum(sold)), highest=formats.money(max(sold, default=0))),
        x_name=texts.chart_time,
        x=[formats.time(it.start) for it in series],
        # Every third whole minute: the marks move with the line and keep their distance.
        x_ticks=[Tick(at, formats.minute(it.start)) for at, it in enumerate(series) if it.start % 180 == 0],
        y_ticks=y_ticks(highest, formats.money_short, least_step=100),
        series=[line, *bands],
    )


def _band(name: str, label: str, values: list[int], formats: Formats) -> Series:
    return Series(
        id=name,
        name=label,
        kind="band",
        tone="muted",
        values=list(values),
        texts=[formats.money(it) for it in values],
    )


def smoothed(minutes: Mapping[int, int], start: int) -> int:
    """Centavos per ten seconds around the pane that starts at ``start``, over five minutes.

    Minutes that reach only partly into the five count by that part, so the line has no steps.
    """
    middle = start + TEN_SECONDS // 2
    first, last = middle - SMOOTHED_SECONDS, middle + SMOOTHED_SECONDS
    total = 0.0
    for minute in range(first // MINUTE * MINUTE, last, MINUTE):
        inside = min(minute + MINUTE, last) - max(minute, first)
        total += minutes.get(minute, 0) * inside / MINUTE
    return round(total * TEN_SECONDS / (last - first))
