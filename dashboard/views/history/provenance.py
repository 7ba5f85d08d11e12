"""What stands over every page of history: which run it is, over what, and what is odd about the data."""

from msgspec import Struct

from dashboard.data.history import Run
from dashboard.selection import FILTERS, Filters, Request
from dashboard.views.history import periods as naming
from dashboard.views.history.names import filter_value
from dashboard.views.history.page import Say


class Provenance(Struct, frozen=True, kw_only=True):
    """``line`` at once, ``findings`` when asked for: one sentence each."""

    line: str
    summary: str
    findings: list[str]


def provenance(run: Run, request: Request, say: Say, *, counts_days: bool = True) -> Provenance:
    """The words of one run, and of what is shown of it; ``counts_days`` where totals are those of its days."""
    common, formats = say.words.common, say.formats
    parts = [common.snapshot.format(instant=formats.moment(run.instant))]
    if counts_days:
        parts.append(common.counted.format(span=naming.total_note(request, say)))
    if request.is_coarser:
        parts.append(common.too_fine)
    if request.filters:
        parts.append(common.filtered_by.format(filters=_filters(request.filters, say)))
    found = run.findings
    if found is None:
        summary = common.findings_unknown
    elif len(found) > 1:
        summary = common.findings_many.format(count=formats.integer(len(found)))
    else:
        summary = common.findings_one if found else common.findings_none
    sentences = [
        common.finding_names[kind].format(count=formats.integer(count))
        if kind in common.finding_names
        else common.finding_other.format(kind=kind, count=formats.integer(count))
        for kind, count in sorted((found or {}).items())
    ]
    sentences.append(common.run.format(run=run.id, finished=formats.moment(run.finished)).capitalize())
    if run.read:
        tables = ", ".join(f"{table} {formats.integer(rows)}" for table, rows in sorted(run.read.items()))
        sentences.append(common.rows_read.format(tables=tables))
    return Provenance(line=" · ".join(parts), summary=summary, findings=sentences)


def _filters(filters: Filters, say: Say) -> str:
    """All that is chosen, in words."""
    named = say.words.common.filter_names
    return "; ".join(
        f"{named[name]} {', '.join(filter_value(name, it, say.texts, say.words) for it in values)}"
        for name in FILTERS
        if (values := getattr(filters, name))
    )
