"""Which checkpoint may write panes: the newest one drawn, and only panes that it saw from the start."""

from collections.abc import Mapping

import msgspec
import redis

from contracts import database, live_layout, log
from contracts.clock import ShopClock
from contracts.live_store import translated
from contracts.settings import Settings
from jobs.streaming.checkpoint import Checkpoint
from jobs.streaming.spool import Spool

_NOTE = "generation.json"


class Generation(msgspec.Struct, frozen=True):
    """``number`` grows with every new checkpoint; ``owns_from`` is epoch seconds.

    Panes that start before ``owns_from`` hold events that an earlier generation counted and this one
    never saw: they are left to be recomputed from Postgres. ``layout`` is that of ``layout.layout``, empty
    if a release before it made the checkpoint. ``delay_seconds`` is the longest watermark delay that the
    checkpoint was run with: what waits in the spool was judged by it, and Spark must not call it late.
    """

    number: int
    owns_from: float
    layout: dict[str, str] = {}
    delay_seconds: int = 0


def noted(checkpoint: Checkpoint) -> Generation | None:
    """The generation as it is noted beside the checkpoint, None where it is not."""
    note = checkpoint.read_note(_NOTE)
    return None if note is None else msgspec.json.decode(note, type=Generation)


def current(
    settings: Settings,
    client: redis.Redis,
    spool: Spool,
    checkpoint: Checkpoint,
    clock: ShopClock,
    layout: Mapping[str, str],
) -> Generation:
    """The generation of this checkpoint, drawn from Postgres when the checkpoint is new.

    Raises the errors of ``database``, ``live_store`` and the checkpoint.
    """
    delay = settings.watermark_delay_seconds
    found = noted(checkpoint) if checkpoint.exists() else None
    if found is None:
        found = Generation(*_drawn(settings, client, spool, clock))
        log.get(__name__).info("new generation of panes", generation=found.number, owns_from=found.owns_from)
    now = msgspec.structs.replace(found, layout=dict(layout), delay_seconds=max(delay, found.delay_seconds))
    checkpoint.write_note(_NOTE, msgspec.json.encode(now))
    return now


def _drawn(settings: Settings, client: redis.Redis, spool: Spool, clock: ShopClock) -> tuple[int, float]:
    """A new number, and from when on it owns panes."""
    connection = database.connect(settings, application="streaming-generation")
    with database.translated("drawing a generation"):
        number = database.rows(connection, "select nextval('operacao.geracao_tempo_real')")[0][0]
        connection.commit()
    connection.close()
    with translated("looking for earlier panes"):
        is_first = not client.exists(live_layout.FENCE)
    return int(number), 0.0 if is_first else _watermark(spool, clock)


def _watermark(spool: Spool, clock: ShopClock) -> float:
    """What the kept segments are complete from; now, where there are none."""
    newest = next(spool.footers(spool.numbers()[-1:]), None)
    if newest is None:
        return clock.now().timestamp()
    return newest.watermark / 1e6
