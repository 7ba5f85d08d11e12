"""What runs now and then: the batch, the reconciliation, the recomputation of live panes."""

import re
from collections.abc import Mapping, Sequence

from dashboard.data.health import Health
from dashboard.data.health.postgres import Difference, Healing, Run
from dashboard.formats import NONE, Formats
from dashboard.texts import HealthTexts
from dashboard.views.health.grid import Cell, Grid, Tone, columns, trouble

_TONES: dict[str, Tone] = {
    "concluida": "good",
    "confere": "good",
    "falhou": "bad",
    "diverge": "bad",
    "inexplicada": "bad",
    "ausente": "bad",
    "em_curso": "quiet",
    "em_andamento": "quiet",
}
# Measures of money, in centavos.
_MONEY = ("bruta", "canceladas", "liquida")
_SHORT_ID = 8


def runs(health: Health, formats: Formats, texts: HealthTexts) -> Grid:
    """The latest runs of the batch."""
    figures = (texts.run_instant, texts.run_duration, texts.run_findings)
    return Grid(
        id="runs",
        title=texts.runs_title,
        trouble=trouble(health.runs, formats, texts),
        empty=texts.runs_none,
        columns=columns(texts.run, texts.state, *figures, texts.code, texts.run_reason, figures=figures),
        rows=[_run(it, formats, texts) for it in health.runs.value or ()],
    )


def _run(it: Run, formats: Formats, texts: HealthTexts) -> list[Cell]:
    state = texts.run_states.get(it.state, it.state)
    return [
        Cell(str(it.id)),
        Cell(f"{state} · {texts.run_shown}" if it.is_shown else state, _TONES.get(it.state, "")),
        Cell(formats.moment(it.instant)),
        Cell(NONE if it.ended is None else formats.age((it.ended - it.started).total_seconds())),
        Cell(formats.integer(it.findings)),
        Cell(it.code, "quiet"),
        Cell(it.reason or NONE, "", it.reason or ""),
    ]


def reconciled(health: Health, formats: Formats, texts: HealthTexts) -> Grid:
    """The latest reconciliation by hours."""
    known = health.reconciled.value
    finished = known.finished if known is not None else None
    figures = (texts.orders, texts.gross, texts.compared, texts.explained, texts.unexplained, texts.missing)
    latest = known.latest if known is not None else None
    # An attempt that did not come to its end stands beside what is shown.
    told = [finished] if latest is None or latest == finished else [finished, latest]
    note = " · ".join(
        texts.reconciled_note.format(
            number=it.number,
            at=formats.moment(it.ended or it.started),
            state=texts.reconciled_states.get(it.state, it.state),
        )
        for it in told
        if it is not None
    )
    return Grid(
        id="reconciled",
        title=texts.reconciled_title,
        note=note,
        trouble=trouble(health.reconciled, formats, texts),
        empty=texts.reconciled_none,
        columns=columns(texts.hour, *figures, figures=figures),
        rows=[
            [
                Cell(formats.day_and_minute(it.start)),
                Cell(formats.integer(it.orders)),
                Cell(formats.money(it.gross)),
                Cell(formats.integer(it.compared)),
                Cell(formats.integer(it.explained)),
                Cell(formats.integer(it.unexplained), "bad" if it.unexplained else ""),
                Cell(formats.integer(it.missing), "bad" if it.missing else ""),
            ]
            for it in (known.hours if known is not None else ())
        ],
    )


def differences(health: Health, formats: Formats, texts: HealthTexts) -> Grid:
    """What differed, the unexplained first."""
    known = health.reconciled.value
    figures = (texts.difference_expected, texts.difference_found)
    return Grid(
        id="differences",
        title=texts.differences_title,
        trouble=trouble(health.reconciled, formats, texts),
        empty=texts.differences_none if known is not None and known.finished is not None else texts.reconciled_none,
        columns=columns(texts.difference_where, texts.difference_what, *figures, texts.difference_why, figures=figures),
        rows=[_difference(it, formats, texts) for it in (known.differences if known is not None else ())],
    )


def _difference(it: Difference, formats: Formats, texts: HealthTexts) -> list[Cell]:
    where = " · ".join(
        (
            texts.sources.get(it.source, it.source),
            formats.day_and_minute(it.hour),
            texts.pane_seconds.get(str(it.seconds), str(it.seconds)),
        )
    )
    changed = [name for name in {**it.expected, **it.found} if it.expected.get(name) != it.found.get(name)]
    state = texts.finding_states.get(it.state, it.state)
    why = ", ".join(texts.reasons.get(reason, reason) for reason in it.reasons) or state
    ids = ", ".join(it.ids)
    short = ", ".join(number[:_SHORT_ID] for number in it.ids)
    key = f"{it.dimension}: {it.key}" if it.key else it.dimension
    return [
        Cell(where),
        Cell(key, "", key),
        Cell(_figures(changed, it.expected, formats)),
        Cell(_figures(changed, it.found, formats)),
        Cell(f"{why} ({short})" if short else why, _TONES.get(it.state, ""), ids),
    ]


def _figures(names: Sequence[str], of: Mapping[str, float], formats: Formats) -> str:
    shown = [
        f"{name} {formats.money(of.get(name, 0)) if name in _MONEY else formats.integer(of.get(name, 0))}"
        for name in names
    ]
    return ", ".join(shown) or NONE


def healings(health: Health, formats: Formats, texts: HealthTexts) -> Grid:
    """The latest recomputations."""
    figures = (texts.heal_hours, texts.heal_replaced, texts.heal_filled, texts.run_duration)
    return Grid(
        id="healings",
        title=texts.healings_title,
        trouble=trouble(health.healings, formats, texts),
        empty=texts.healings_none,
        columns=columns(
            texts.heal_started, texts.run_reason, texts.state, *figures, texts.heal_failure, figures=figures
        ),
        rows=[_healing(it, formats, texts) for it in health.healings.value or ()],
    )


def _healing(it: Healing, formats: Formats, texts: HealthTexts) -> list[Cell]:
    reasons = [texts.heal_reasons.get(reason, reason) for reason in re.split(r",\s*", it.reason)]
    return [
        Cell(formats.day_and_minute(it.started.timestamp())),
        Cell(", ".join(reasons)),
        Cell(texts.heal_states.get(it.state, it.state), _TONES.get(it.state, "")),
        Cell(formats.integer(it.hours)),
        Cell(formats.integer(it.replaced)),
        Cell(formats.integer(it.filled)),
        Cell(NONE if it.ended is None else formats.age((it.ended - it.started).total_seconds())),
        Cell(it.failure or NONE, "", it.failure or ""),
    ]
