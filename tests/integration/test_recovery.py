"""The streaming job dies at dangerous points, and every pane is right in the end. At length: ``make recovery``."""

import os

import pytest

from tests.integration.conftest import Shop
from tests.recovery.armed import End, Point
from tests.recovery.plan import INGEST, Death, Plan, Rebuild
from tests.recovery.trial import Trial

DEATHS = (
    Death(Point.PULLED, End.ABORT),
    Death(Point.SEALED, End.ABORT),
    Death(Point.ACKNOWLEDGED, End.ABORT),
    Death(Point.PLANNED, End.ABORT),
    Death(Point.STATE, End.ABORT),
    Death(Point.WRITTEN, End.KILL),
    Death(None, End.KILL),
)


@pytest.mark.timeout(550)
def test_every_pane_is_right_after_a_death_at_every_dangerous_point_and_in_the_middle_of_a_rebuild(shop: Shop) -> None:
    plan = Plan(int(os.environ.get("SEED", "20261124")), DEATHS, rebuild=Rebuild.OF_THE_JOB)
    trial = Trial(shop, plan)
    try:
        trial.run()
    finally:
        trial.close()
    assert trial.survived.keys() == {*(it.name for it in DEATHS), INGEST, Death(plan.rebuild_point, End.KILL).name}
