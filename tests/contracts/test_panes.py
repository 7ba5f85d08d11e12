"""Panes cover what the windows read, and contributions name what there is."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from contracts import live, panes, windows
from contracts.panes import CONTRIBUTIONS, Dimension, Measures, RowKind
from jobs.streaming.rows import COLUMNS


def test_measures_add_up_one_by_one() -> None:
    first = Measures(
        bruta=1, pedidos=2, unidades=3, canceladas=4, pedidos_cancelados=5, pedidos_com_carrinho=6, eventos=7
    )
    second = Measures(
        bruta=10, pedidos=20, unidades=30, canceladas=40, pedidos_cancelados=50, pedidos_com_carrinho=60, eventos=70
    )
    assert first + second == Measures(
        bruta=11, pedidos=22, unidades=33, canceladas=44, pedidos_cancelados=55, pedidos_com_carrinho=66, eventos=77
    )


def test_totals_have_panes_of_ten_seconds_and_everything_minutes_and_hours() -> None:
    assert panes.lengths(Dimension.TOTAL) == (10, 60, 3600)
    for dimension in set(Dimension) - {Dimension.TOTAL}:
        assert panes.lengths(dimension) == (60, 3600)


@pytest.mark.parametrize("name", live.WINDOWS)
@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Kolkata", "Europe/Lisbon"])
def test_panes_live_as_long_as_a_window_and_the_one_before_need_them(name: live.WindowName, zone: str) -> None:
    """Every pane that a window reads is still there, and for a minute longer, at any minute of a long day."""
    # In Lisbon this day had 25 hours.
    midnight = dt.datetime(2026, 10, 25, tzinfo=ZoneInfo(zone))
    for minute in range(0, 25 * 60, 7):
        now = dt.datetime.fromtimestamp(midnight.timestamp() + 60 * minute + 59, dt.UTC)
        plan = windows.plan(name, now, ZoneInfo(zone))
        for dimension, covers in (
            (Dimension.TOTAL, (plan.totals, plan.previous_totals)),
            (Dimension.PRODUCT, (plan.dimensions, plan.previous_dimensions)),
        ):
            for seconds, start in [it for cover in covers for it in cover.panes()]:
                assert start + panes.life(seconds, dimension) >= now.timestamp() + 60, (now, seconds, start)


def test_hours_live_for_two_days_and_the_hour_under_way() -> None:
    for dimension in Dimension:
        assert panes.life(panes.HOUR, dimension) >= 49 * 3600
    assert panes.life(panes.MINUTE, Dimension.TOTAL) >= 49 * 3600


def test_the_longest_series_of_the_live_page_lives() -> None:
    assert panes.life(panes.TEN_SECONDS, Dimension.TOTAL) >= 1_800 + 60


@pytest.mark.parametrize(
    ("seconds", "start"),
    [(10, "10:59:50"), (60, "10:59:00"), (3600, "10:00:00")],
)
def test_a_pane_begins_at_a_whole_multiple_of_its_length(seconds: int, start: str) -> None:
    moment = dt.datetime(2026, 6, 1, 10, 59, 59, 999_999, tzinfo=dt.UTC)
    expected = dt.datetime.fromisoformat(f"2026-06-01T{start}+00:00").timestamp()
    assert panes.start_of(moment, seconds) == int(expected)
    assert panes.start_of(dt.datetime.fromisoformat(f"2026-06-01T{start}+00:00"), seconds) == int(expected)


def test_contributions_reference_only_columns_that_rows_have_and_measures_that_panes_have() -> None:
    row_columns = set(COLUMNS.names)
    item_columns = {it.name for it in COLUMNS.field("itens").type.value_type}
    for it in CONTRIBUTIONS:
        columns = item_columns if it.per_item else row_columns
        assert it.key == "" or it.key in columns
        assert set(it.measures) <= set(panes.MEASURES)
        assert set(it.measures.values()) <= columns | {"1"}
        assert (it.key == "") == (it.dimension is Dimension.TOTAL)


def test_sketches_are_of_totals_only_and_each_has_one_source() -> None:
    sketched = {it.sketch: it for it in CONTRIBUTIONS if it.sketch}
    assert set(sketched) == set(panes.SKETCHES)
    assert all(it.dimension is Dimension.TOTAL for it in sketched.values())
    assert "pessoa" in COLUMNS.names


def test_every_kind_of_row_counts_once_in_the_totals_and_never_twice_in_a_dimension() -> None:
    pairs = [(it.kind, it.dimension) for it in CONTRIBUTIONS]
    assert len(pairs) == len(set(pairs))
    assert {kind for kind, dimension in pairs if dimension is Dimension.TOTAL} == set(RowKind)


def test_every_measure_of_the_totals_is_fed_by_one_kind_of_row() -> None:
    fed = [name for it in CONTRIBUTIONS if it.dimension is Dimension.TOTAL for name in it.measures]
    assert sorted(fed) == sorted(panes.MEASURES)
