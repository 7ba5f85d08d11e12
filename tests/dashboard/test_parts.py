from zoneinfo import ZoneInfo

import pytest

from dashboard.formats import Formats
from dashboard.texts import CATALOGUES
from dashboard.views.parts import Delta, Tick, growth, points, share_text, x_ticks, y_ticks

PT, TEXTS = Formats("pt", ZoneInfo("America/Sao_Paulo")), CATALOGUES["pt"]
NB = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("current", "previous", "expected"),
    [
        (112, 100, Delta(f"▲ 12,0{NB}%", "up")),
        (75, 100, Delta(f"▼ 25,0{NB}%", "down")),
        (100, 100, Delta(f"= 0,0{NB}%", "flat")),
        (100.04, 100, Delta(f"= 0,0{NB}%", "flat")),
        (100, 0, Delta("sem base de comparação", "none")),
        (100, -5, Delta("sem base de comparação", "none")),
        (100, None, Delta("sem base de comparação", "none")),
        (None, 100, Delta("sem base de comparação", "none")),
        (0, 100, Delta(f"▼ 100,0{NB}%", "down")),
        (9_662, 10, Delta("▲ 966×", "up")),
    ],
)
def test_growth_is_relative_and_needs_a_base(current, previous, expected):
    assert growth(current, previous, PT, TEXTS) == expected


def test_ratios_change_by_points():
    assert points(0.25, 0.2, PT, TEXTS) == Delta("▲ 5,0 p.p.", "up")
    assert points(None, 0.2, PT, TEXTS) == Delta("sem base de comparação", "none")


@pytest.mark.parametrize(
    ("highest", "options", "expected"),
    [
        (0, {}, [0, 1, 2, 3, 4]),
        (3, {}, [0, 1, 2, 3]),
        (9, {}, [0, 5, 10]),
        (97, {}, [0, 25, 50, 75, 100]),
        (100, {"lowest": -30}, [-50, 0, 50, 100]),
        (250, {"least_step": 100}, [0, 100, 200, 300]),
        (0, {"least_step": 100}, [0, 100, 200, 300, 400]),
    ],
)
def test_y_marks_are_round_and_hold_all_values(highest, options, expected):
    assert [it.at for it in y_ticks(highest, str, **options)] == expected


def test_x_marks_are_counted_from_the_newest():
    assert x_ticks(["a", "b", "c", "d", "e"], 3) == [Tick(0, "a"), Tick(2, "c"), Tick(4, "e")]
    assert x_ticks(["a", "b", "c", "d"], 2) == [Tick(1, "b"), Tick(3, "d")]
    assert x_ticks([], 3) == []


def test_a_share_of_nothing_is_no_value():
    assert share_text(1, 4, PT) == f"25{NB}%"
    assert share_text(0, 0, PT) == "–"
