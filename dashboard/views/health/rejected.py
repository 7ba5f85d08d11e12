"""Rejected events as rows that can be opened: the reason in words, the payload, how to send it again."""

import datetime as dt
import shlex

from msgspec import Struct

from dashboard.data.health import Health
from dashboard.data.health.rejected import RejectedEvent, RejectedPage
from dashboard.formats import NONE, Formats
from dashboard.texts import HealthTexts
from dashboard.views.health import payload
from dashboard.views.health.grid import Cell, Grid, columns, size, trouble

# In the checkout that runs the local stack, and anywhere else.
_LOCAL, _PLAIN = ".venv/bin/python -m local run jobs.ingest", "python -m jobs.ingest"


class RejectedRow(Struct, frozen=True, kw_only=True):
    """One event. ``facts`` are names and values of what is known; ``steps`` are what to do, each with its command."""

    id: str
    when: str
    topic: str
    reason: str
    value: str
    detail: str
    rule: str
    replayed: str
    facts: list[tuple[str, str]]
    payload: str
    payload_note: str
    steps: list[tuple[str, str]]


class RejectedView(Struct, frozen=True, kw_only=True):
    """A page of them; ``query`` names what was asked for, ``empty`` stands where there are none."""

    query: str
    empty: str
    rows: list[RejectedRow]


def reasons(health: Health, formats: Formats, texts: HealthTexts) -> Grid:
    """How many were rejected in the last hour, by reason and topic, the most first."""
    counts = health.reasons.value.counts if health.reasons.value is not None else {}
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Grid(
        id="reasons",
        title=texts.reasons_title,
        trouble=trouble(health.reasons, formats, texts),
        empty=texts.reasons_none,
        columns=columns(texts.rejected_reason, texts.rejected_topic, texts.count, figures=(texts.count,)),
        rows=[
            [
                Cell(texts.code_names.get(code, code)),
                Cell(texts.topic_names.get(topic, topic)),
                Cell(formats.integer(count)),
            ]
            for (topic, code), count in ordered
        ],
    )


def view(
    page: RejectedPage, query: str, formats: Formats, texts: HealthTexts, *, personal: bool, is_local: bool
) -> RejectedView:
    """A page; ``personal`` shows what may say who somebody is, ``is_local`` names the commands of a checkout."""
    rows = [_row(it, formats, texts, personal=personal, is_local=is_local) for it in page.events]
    return RejectedView(query=query, empty="" if rows else texts.rejected_none, rows=rows)


def _row(it: RejectedEvent, formats: Formats, texts: HealthTexts, *, personal: bool, is_local: bool) -> RejectedRow:
    text = payload.text_of(it.payload)
    value = it.value if personal else payload.masked_value(it.field, it.value)
    attributes = it.attributes if personal else payload.masked_attributes(it.attributes)
    detail = texts.code_details.get(it.code, it.code).format(field=it.field or NONE)
    notes = []
    if it.size > len(it.payload):
        notes.append(texts.payload_cut.format(shown=size(len(it.payload), formats), size=size(it.size, formats)))
    if not personal:
        notes.append(texts.payload_masked)
    return RejectedRow(
        id=f"{it.topic} {it.message} {it.published.isoformat()}",
        when=f"{formats.day_and_minute(it.rejected.timestamp())[:-5]}{formats.time(it.rejected)}",
        topic=texts.topic_names.get(it.topic, it.topic),
        reason=texts.code_names.get(it.code, it.code),
        value=f"{it.field} = {value}" if it.field else "",
        detail=detail,
        rule=it.rule if personal else payload.masked_rule(it.rule),
        replayed="" if it.replayed is None else texts.replayed_at.format(at=formats.moment(it.replayed)),
        facts=[
            (texts.message_id, it.message),
            (texts.published_at, formats.moment(it.published)),
            (texts.attributes, ", ".join(f"{name}={value}" for name, value in attributes.items()) or NONE),
        ],
        payload=(text if personal else payload.masked(text)) or texts.payload_empty,
        payload_note=" · ".join(notes),
        steps=commands(it, texts, is_local=is_local),
    )


def commands(it: RejectedEvent, texts: HealthTexts, *, is_local: bool) -> list[tuple[str, str]]:
    """What publishes it again, as it came or mended. What data says is quoted for the shell.

    The emulator's message ids begin again when it starts: the second of the rejection leaves out older ones.
    """
    program = _LOCAL if is_local else _PLAIN
    since = it.rejected.astimezone(dt.UTC).replace(microsecond=0, tzinfo=None).isoformat()
    which = f"--topic {shlex.quote(it.topic)} --message-id {shlex.quote(it.message)} --since {since}"
    again = "" if it.replayed is None else " --again"
    command = f"{program} replay {which}{again}"
    return [(texts.replay_as_it_came, command), (texts.replay_mended, f"{command} --mended mended.json")]
