"""The streaming job dies at dangerous points, and every pane is right in the end. At length: ``make recovery``."""

import os

import pytest

from tests.integration.conftest import Shop
from tests.recovery.armed import Point
from tests.recovery.trial import Plan, Trial

DANGEROUS = (Point.PULLED, Point.SEALED, Point.ACKNOWLEDGED, Point.PLANNED, Point.STATE, Point.WRITTEN)


@pytest.mark.timeout(550)
def test_every_pane_is_right_after_a_death_at_every_dangerous_point_and_in_the_middle_of_a_rebuild(shop: Shop) -> None:
    plan = Plan(int(os.environ.get("SEED", "20261124")), DANGEROUS, by_hand=False)
    trial = Trial(shop, plan)
    trial.run()
    assert set(trial.survived) == {*DANGEROUS, plan.rebuild}
