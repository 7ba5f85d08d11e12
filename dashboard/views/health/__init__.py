"""The health page as plain values: a verdict with its reasons, the stages of the flow, and tables."""

import datetime as dt

from msgspec import Struct

from dashboard.data.health import Health
from dashboard.formats import Formats
from dashboard.texts import HealthTexts
from dashboard.views.health import batches, flow, parts, rejected, sizes, stages, verdict
from dashboard.views.health.grid import Grid
from dashboard.views.health.stages import Stage
from dashboard.views.health.verdict import Verdict


class HealthView(Struct, frozen=True, kw_only=True):
    """The page. ``grids`` come in the order in which a reader looks for them."""

    verdict: Verdict
    stages: list[Stage]
    grids: list[Grid]


def view(health: Health, now: dt.datetime, formats: Formats, texts: HealthTexts) -> HealthView:
    """The page at ``now`` (the wall's)."""
    measured = flow.measure(health, now)
    return HealthView(
        verdict=verdict.verdict(health, measured, now, formats, texts),
        stages=stages.stages(health, measured, now, formats, texts),
        grids=[
            parts.queues(health, measured, formats, texts),
            parts.latency(health, measured, now, formats, texts),
            parts.stages(health, formats, texts),
            parts.processes(health, measured, formats, texts),
            sizes.versions(health, formats, texts),
            batches.runs(health, formats, texts),
            batches.reconciled(health, formats, texts),
            batches.differences(health, formats, texts),
            batches.healings(health, formats, texts),
            rejected.reasons(health, formats, texts),
            sizes.live_state(health, formats, texts),
            sizes.database(health, formats, texts),
        ],
    )
