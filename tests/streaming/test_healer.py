from jobs.streaming.healer import next_due
from jobs.streaming.healing import hours

NOON = 1_780_315_200


def test_a_heal_is_due_once_an_hour_when_the_hour_before_has_closed() -> None:
    # A delay of 600 s: 31 minutes past the hour.
    assert next_due(NOON, 1_860) == NOON + 1_860
    assert next_due(NOON + 1_859.5, 1_860) == NOON + 1_860
    assert next_due(NOON + 1_860, 1_860) == NOON + 3_600 + 1_860


def test_a_delay_of_more_than_an_hour_is_due_once_an_hour_too() -> None:
    assert next_due(NOON, 3 * 3_600 + 60) == NOON + 60


def test_the_hours_of_all_kept_panes_are_worked_on_newest_first() -> None:
    found = hours(NOON + 1_800.0, 60)
    assert (found[0], found[-1], len(found)) == (NOON, NOON - 50 * 3_600, 51)
    # Events may lie a minute ahead of now.
    assert hours(NOON - 30.0, 60)[0] == NOON
