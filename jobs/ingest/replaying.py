"""Rejected events published again: those that are accepted by now, or one that a person has mended."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import msgspec

from contracts import clock, database, migrate
from contracts.broker import Message, Publisher
from contracts.database import Connection
from contracts.errors import UsageError
from contracts.events import PRODUCED_AT_ATTRIBUTE, Rejection
from contracts.settings import Settings
from contracts.topology import Source
from jobs.ingest.decoding import decode

# A batch is published, then noted: after a crash between the two it is published again, which consumers recognise.
_BATCH = 500


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which rejected events: all that were not replayed yet, or fewer."""

    source: Source | None = None
    reason: str | None = None
    message_id: str | None = None
    since: dt.datetime | None = None
    again: bool = False


class Kept(msgspec.Struct, frozen=True):
    """A rejected event as the table holds it."""

    source: Source
    message_id: str
    published: dt.datetime
    payload: bytes
    attributes: dict[str, str]


class Outcome(msgspec.Struct):
    """How many were published again, and how many would only be rejected again, by their reason today."""

    replayed: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)


def run(settings: Settings, choice: Choice, mended: bytes | None, *, dry_run: bool) -> Outcome:
    """Replay on the settings' database and broker, by the shop's clock. Raises what the functions below raise."""
    connection = database.connect(settings, application="replay")
    try:
        migrate.require_current(connection)
        now, skew = clock.read(connection).now(), settings.future_skew
        connection.rollback()
        with nullcontext() if dry_run else Publisher(settings) as publisher:
            if mended is None:
                return replay(connection, publisher, choice, now=now, skew=skew)
            return replay_mended(connection, publisher, choice, mended, now=now, skew=skew)
    finally:
        connection.close()


def replay(
    connection: Connection, publisher: Publisher | None, choice: Choice, *, now: dt.datetime, skew: dt.timedelta
) -> Outcome:
    """Publish again whatever of the choice the contract accepts at ``now`` (the shop's), and note it in the table.

    Without a publisher nothing is published or noted. Raises the broker's errors and the database's.
    """
    outcome = Outcome()
    for batch in _batches(connection, choice):
        accepted: list[Kept] = []
        for it in batch:
            try:
                decode(it.source, it.payload, it.attributes, now=now, future_skew=skew)
            except Rejection as rejection:
                outcome.refused[rejection.code] += 1
            else:
                accepted.append(it)
        if publisher is not None:
            for source in {it.source for it in accepted}:
                publisher.publish(source.value, [_message(it) for it in accepted if it.source is source])
            _note(connection, accepted)
        outcome.replayed += len(accepted)
    return outcome


def replay_mended(
    connection: Connection,
    publisher: Publisher | None,
    choice: Choice,
    payload: bytes,
    *,
    now: dt.datetime,
    skew: dt.timedelta,
) -> Outcome:
    """Publish ``payload`` in place of the one event of the choice.

    Raises ``UsageError`` where the choice is not one event, or its payload fails the contract still.
    """
    found = [it for batch in _batches(connection, choice) for it in batch]
    if len(found) != 1:
        raise UsageError(f"a mended payload is for one rejected event, and {len(found)} are chosen: name it by its id")
    kept = found[0]
    try:
        decode(kept.source, payload, kept.attributes, now=now, future_skew=skew)
    except Rejection as rejection:
        raise UsageError(f"the mended payload would be rejected again: {rejection}") from rejection
    if publisher is not None:
        publisher.publish(kept.source.value, [_message(msgspec.structs.replace(kept, payload=payload))])
        _note(connection, [kept])
    return Outcome(replayed=1)


def _message(kept: Kept) -> Message:
    """With its own time: as a version of a product or customer it must not pass for the newest."""
    return Message(kept.payload, {PRODUCED_AT_ATTRIBUTE: kept.published.isoformat(), **kept.attributes})


def _batches(connection: Connection, choice: Choice) -> Iterator[list[Kept]]:
    """The choice in the order of publishing, as it was at the start."""
    conditions = ["true"] if choice.again else ["reenviado_em is null"]
    arguments: list[Any] = []
    for condition, value in (
        ("topico = %s", choice.source.value if choice.source else None),
        ("codigo = %s", choice.reason),
        ("id_mensagem = %s", choice.message_id),
        ("rejeitado_em >= %s", choice.since),
    ):
        if value is not None:
            conditions.append(condition)
            arguments.append(value)
    after: tuple[Any, ...] = (dt.datetime.min.replace(tzinfo=dt.UTC), "", "")
    while True:
        rows = database.rows(
            connection,
            "select topico, id_mensagem, publicado_em, conteudo, atributos from eventos_rejeitados "
            f"where {' and '.join(conditions)} and (publicado_em, topico, id_mensagem) > (%s, %s, %s) "
            "order by publicado_em, topico, id_mensagem limit %s",
            (*arguments, *after, _BATCH),
        )
        if not rows:
            return
        yield [
            Kept(Source(topic), identity, published, bytes(payload), attributes)
            for topic, identity, published, payload, attributes in rows
        ]
        after = (rows[-1][2], rows[-1][0], rows[-1][1])


def _note(connection: Connection, replayed: list[Kept]) -> None:
    cursor = connection.cursor()
    for it in replayed:
        cursor.execute(
            "update eventos_rejeitados set reenviado_em = clock_timestamp() "
            "where topico = %s and id_mensagem = %s and publicado_em = %s",
            (it.source.value, it.message_id, it.published),
        )
    connection.commit()
