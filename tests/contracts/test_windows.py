"""Which panes each window reads, every moment written out. São Paulo is three hours behind UTC."""

import datetime as dt
import itertools
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from contracts import panes
from contracts.events import TipoEvento
from contracts.panes import Dimension, Measures
from contracts.windows import Cover, Plan, Span, Totals, Window, WindowName, minutes_between, plan, trend_steps

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text + "+00:00").timestamp())


def planned(name: WindowName, now: str, zone: str = "America/Sao_Paulo") -> Plan:
    return plan(name, dt.datetime.fromisoformat(now + "+00:00"), ZoneInfo(zone))


def said(cover: Cover) -> list[tuple[str, str, int]]:
    def text(moment: int) -> str:
        return dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%d %H:%M")

    return [(text(it.start), text(it.end), it.pane_seconds) for it in cover.parts]


def test_the_last_day_is_made_of_minutes_around_whole_hours() -> None:
    it = planned("24h", "2026-06-02T17:47:05")
    # Until 40 minutes after it ended an hour is read by its minutes.
    assert said(it.totals) == [
        ("01 17:48", "01 18:00", 60),
        ("01 18:00", "02 17:00", 3600),
        ("02 17:00", "02 17:48", 60),
    ]
    assert it.totals.span == Span(at("2026-06-01T17:48"), at("2026-06-02T17:48"), 60)
    assert said(it.previous_totals) == [
        ("31 17:48", "31 18:00", 60),
        ("31 18:00", "01 17:00", 3600),
        ("01 17:00", "01 17:48", 60),
    ]


def test_an_hour_that_has_just_ended_is_read_by_its_minutes() -> None:
    assert said(planned("24h", "2026-06-02T17:39:59").totals)[1:] == [
        ("01 18:00", "02 16:00", 3600),
        ("02 16:00", "02 17:40", 60),
    ]


def test_the_dimensions_of_the_last_day_begin_at_a_whole_hour_and_say_so() -> None:
    it = planned("24h", "2026-06-02T17:47:05")
    assert said(it.dimensions) == [("01 18:00", "02 17:00", 3600), ("02 17:00", "02 17:48", 60)]
    assert it.dimensions.span == Span(at("2026-06-01T18:00"), at("2026-06-02T17:48"), 3600)
    assert said(it.previous_dimensions) == [("31 18:00", "01 18:00", 3600)]


def test_today_begins_at_midnight_in_the_shop_and_is_compared_with_yesterday_up_to_the_same_minute() -> None:
    it = planned("today", "2026-06-02T17:47:05")
    assert it.totals.span == Span(at("2026-06-02T03:00"), at("2026-06-02T17:48"), 3600)
    assert it.previous_totals.span == Span(at("2026-06-01T03:00"), at("2026-06-01T17:48"), 3600)
    assert said(it.dimensions) == [("02 03:00", "02 17:00", 3600), ("02 17:00", "02 17:48", 60)]
    # Yesterday's minutes are gone in the dimensions.
    assert said(it.previous_dimensions) == [("01 03:00", "01 18:00", 3600)]


def test_today_just_after_midnight_has_minutes_only() -> None:
    it = planned("today", "2026-06-02T03:00:00")
    assert said(it.totals) == said(it.dimensions) == [("02 03:00", "02 03:01", 60)]
    assert said(it.previous_totals) == [("01 03:00", "01 03:01", 60)]
    assert said(it.previous_dimensions) == [("01 03:00", "01 04:00", 3600)]


def test_where_midnight_is_no_whole_hour_the_dimensions_begin_with_the_next_one_once_minutes_are_gone() -> None:
    # Midnight in Kolkata is 18:30 UTC.
    early = planned("today", "2026-06-01T19:40:00", "Asia/Kolkata")
    assert early.dimensions.span.start == early.totals.span.start == at("2026-06-01T18:30")
    late = planned("today", "2026-06-02T10:00:00", "Asia/Kolkata")
    assert late.totals.span.start == at("2026-06-01T18:30")
    assert said(late.totals)[0] == ("01 18:30", "01 19:00", 60)
    assert late.dimensions.span.start == at("2026-06-01T19:00")


@pytest.mark.parametrize("name", ["today", "24h"])
def test_the_parts_follow_one_another_and_the_previous_window_is_as_long(name: WindowName) -> None:
    for minute in range(0, 24 * 60, 7):
        now = dt.datetime(2026, 6, 1, 3, tzinfo=dt.UTC) + dt.timedelta(minutes=minute, seconds=3)
        it = plan(name, now, SAO_PAULO)
        for cover in (it.totals, it.previous_totals, it.dimensions, it.previous_dimensions):
            assert all(a.end == b.start for a, b in zip(cover.parts, cover.parts[1:], strict=False))
            assert all(part.start % part.pane_seconds == part.end % part.pane_seconds == 0 for part in cover.parts)
        first, second = it.totals.span, it.previous_totals.span
        assert first.end - first.start == second.end - second.start
        assert first.end == int(now.timestamp()) // 60 * 60 + 60


def test_a_day_that_is_longer_than_the_one_before_is_compared_with_all_of_that_one() -> None:
    # In Lisbon the 25th had 25 hours; its last one is compared with nothing more.
    it = planned("today", "2026-10-25T23:30:00", "Europe/Lisbon")
    assert it.previous_totals.span.end == it.totals.span.start == at("2026-10-24T23:00")


def window(current: dict[str, Measures], previous: dict[str, Measures], **events: int) -> Window:
    empty: dict[Dimension, dict[str, Measures]] = {it: {} for it in Dimension if it is not Dimension.TOTAL}
    seen = {kind: Measures(eventos=count) for kind, count in events.items()}
    span = Span(0, 60, 60)

    def totals(products: dict[str, Measures]) -> Totals:
        return Totals(span=span, measures=products.get("all", Measures()), compradores=0.0, visitantes=0.0)

    return Window(
        name="60min",
        totals=totals(current),
        previous_totals=totals(previous),
        dimensions_span=span,
        previous_dimensions_span=span.previous(),
        dimensions={**empty, Dimension.PRODUCT: current, Dimension.EVENT_TYPE: seen},
        previous_dimensions={**empty, Dimension.PRODUCT: previous},
        visitantes_agora=0.0,
        visitantes_antes=0.0,
        low_stock=(),
    )


class TestReading:
    def test_best_sellers_are_by_units_then_revenue_then_id_and_know_their_place_before(self) -> None:
        current = {
            "a": Measures(unidades=3, bruta=10),
            "b": Measures(unidades=3, bruta=20),
            "c": Measures(unidades=9, bruta=1),
            "d": Measures(unidades=3, bruta=10),
        }
        it = window(current, {"b": Measures(unidades=5), "c": Measures(unidades=4)})
        assert [(s.rank, s.product, s.previous_rank) for s in it.best_sellers(3)] == [
            (1, "c", 2),
            (2, "b", 1),
            (3, "a", None),
        ]

    def test_the_funnel_has_every_step_in_order(self) -> None:
        it = window({}, {}, visualizacao_produto=9, checkout_iniciado=2, login=7)
        assert it.funil == [
            (TipoEvento.VISUALIZACAO_PRODUTO, 9),
            (TipoEvento.ADICIONAR_CARRINHO, 0),
            (TipoEvento.CHECKOUT_INICIADO, 2),
            (TipoEvento.CHECKOUT_CONCLUIDO, 0),
        ]


@pytest.mark.parametrize("name", get_args(WindowName))
@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Kolkata"])
def test_every_pane_that_a_window_reads_is_kept_until_then(name: WindowName, zone: str) -> None:
    """At every seventh minute of a day, and at the last second before a pane would go."""
    for minute in range(0, 24 * 60, 7):
        now = dt.datetime(2026, 6, 2, tzinfo=dt.UTC) + dt.timedelta(minutes=minute, seconds=59)
        it = plan(name, now, ZoneInfo(zone))
        for covers, dimension in (
            ((it.totals, it.previous_totals, *trend_steps(name, now)), Dimension.TOTAL),
            ((it.dimensions, it.previous_dimensions), Dimension.PRODUCT),
        ):
            for cover in covers:
                for seconds, start in cover.panes():
                    assert seconds in panes.lengths(dimension)
                    assert start + panes.life(seconds, dimension) > now.timestamp(), (now, dimension, seconds, start)


@pytest.mark.parametrize(
    ("name", "first", "last", "count"),
    [
        ("5min", [("02 17:42", "02 17:42", 10)], [("02 17:46", "02 17:47", 10)], 30),
        ("15min", [("02 17:32", "02 17:32", 10)], [("02 17:46", "02 17:47", 10)], 30),
        ("60min", [("02 16:46", "02 16:48", 60)], [("02 17:44", "02 17:46", 60)], 30),
        # The hour that ended lately by its minutes, the one under way not at all.
        ("24h", [("01 17:00", "01 18:00", 3600)], [("02 16:00", "02 17:00", 3600)], 24),
    ],
)
def test_a_trend_is_made_of_finished_steps_up_to_now(
    name: WindowName, first: list[tuple[str, str, int]], last: list[tuple[str, str, int]], count: int
) -> None:
    steps = trend_steps(name, dt.datetime.fromisoformat("2026-06-02T17:47:05+00:00"))
    assert (said(steps[0]), said(steps[-1]), len(steps)) == (first, last, count)
    assert all(one.span.end == other.span.start for one, other in itertools.pairwise(steps))


def test_a_trend_reads_the_hour_that_has_just_ended_by_its_minutes() -> None:
    steps = trend_steps("today", dt.datetime.fromisoformat("2026-06-02T17:39:59+00:00"))
    assert [said(it)[0][2] for it in steps[-2:]] == [3600, 60]


def test_minutes_between_two_moments_hold_the_first() -> None:
    found = minutes_between(at("2026-06-02T17:47:05"), at("2026-06-02T17:49"))
    assert [said(it) for it in found] == [[("02 17:47", "02 17:48", 60)], [("02 17:48", "02 17:49", 60)]]
