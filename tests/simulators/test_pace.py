"""The timetable: literal times at literal rates, whatever the order of asking."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators.moments import SECOND, to_microseconds
from simulators.pace import Pace
from simulators.scenarios import Kind, Scenario, ScenarioLog
from simulators.seasons import Seasons

START = to_microseconds(dt.datetime(2026, 3, 11, 12, tzinfo=dt.UTC))


def after(seconds: float) -> int:
    return START + round(seconds * SECOND)


def doubled(begin: float, end: float) -> ScenarioLog:
    return ScenarioLog([Scenario(kind=Kind.BLACK_FRIDAY, begin=after(begin), end=after(end), strength=2)])


def even(scenarios: ScenarioLog | None = None) -> Pace:
    return Pace(2.0, START, seasons=None, scenarios=scenarios or ScenarioLog())


def test_at_an_even_rate_messages_are_evenly_due() -> None:
    pace = even()

    assert pace.times(np.arange(5)).tolist() == [after(it) for it in (0, 0.5, 1, 1.5, 2)]
    assert pace.count(after(3_600)) == pytest.approx(7_200)
    assert pace.time(7_200) == after(3_600)


def test_a_scenario_is_faster_between_its_begin_and_its_end() -> None:
    pace = even(doubled(1, 2))

    # Two in the first second, four in the second, two in the third.
    assert pace.times(np.arange(9)).tolist() == [after(it) for it in (0, 0.5, 1, 1.25, 1.5, 1.75, 2, 2.5, 3)]


def test_news_of_a_scenario_before_it_begins_give_the_timetable_of_having_known_it_always() -> None:
    known, told = even(doubled(400, 1_000)), even()
    told.times(np.arange(3_000))  # it had planned far beyond
    told.follow(doubled(400, 1_000), after(399.7))

    assert told.times(np.arange(5_000)).tolist() == known.times(np.arange(5_000)).tolist()


def test_news_of_a_scenario_that_has_begun_count_from_now_on() -> None:
    pace = even()
    pace.follow(doubled(1, 1_000), after(10))

    assert pace.count(after(10)) == pytest.approx(20)
    assert pace.count(after(11)) == pytest.approx(24)


def test_a_scenario_that_is_ended_early_is_over() -> None:
    pace = even(doubled(1, 1_000))
    pace.follow(doubled(1, 5), after(4))

    assert pace.count(after(5)) == pytest.approx(18)
    assert pace.count(after(6)) == pytest.approx(20)


def test_after_a_standstill_it_goes_on_with_the_same_message() -> None:
    pace = even()
    pace.skip(4, after(60))

    assert pace.times(np.arange(4, 7)).tolist() == [after(it) for it in (60, 60.5, 61)]


def test_what_is_forgotten_changes_nothing_of_what_comes() -> None:
    pace = Pace(50.0, START, seasons=Seasons(ZoneInfo("America/Sao_Paulo")), scenarios=doubled(1_000, 2_000))
    later = pace.times(np.arange(200_000, 200_100)).tolist()
    pace.forget(200_000)

    assert pace.times(np.arange(200_000, 200_100)).tolist() == later


def test_seasons_shape_the_rate() -> None:
    seasons = Seasons(ZoneInfo("America/Sao_Paulo"))
    pace = Pace(100.0, START, seasons=seasons, scenarios=ScenarioLog())
    # Whole cells of five minutes.
    messages = pace.count(after(900)) - pace.count(after(600))

    assert messages / 300 == pytest.approx(100 * seasons.at(after(750)), rel=1e-9)
