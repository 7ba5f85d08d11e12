"""Which checkpoint may write panes: the newest one drawn, and only panes that it saw from the start."""

from pathlib import Path

import msgspec
import redis

from contracts import database, live_layout, log
from contracts.clock import ShopClock
from contracts.live_store import translated
from contracts.settings import Settings
from jobs.streaming.spool import Spool

_NOTE = "generation.json"


class Generation(msgspec.Struct, frozen=True):
    """``number`` grows with every new checkpoint; ``owns_from`` is epoch seconds.

    Panes that start before ``owns_from`` hold events that an earlier generation counted and this one
    never saw: they are left to be recomputed from Postgres.
    """

    number: int
    owns_from: float


def has_checkpoint(folder: Path) -> bool:
    """Whether a query ever began in the checkpoint's folder."""
    return (folder / "offsets").is_dir() and any((folder / "offsets").iterdir())


def current(settings: Settings, client: redis.Redis, spool: Spool, checkpoint: Path, clock: ShopClock) -> Generation:
    """The generation of this checkpoint, drawn from Postgres when the checkpoint is new.

    Raises the errors of ``database`` and ``live_store``.
    """
    note = checkpoint.parent / _NOTE
    if has_checkpoint(checkpoint) and note.exists():
        return msgspec.json.decode(note.read_bytes(), type=Generation)
    connection = database.connect(settings, application="streaming-generation")
    with database.translated("drawing a generation"):
        number = database.rows(connection, "select nextval('operacao.geracao_tempo_real')")[0][0]
        connection.commit()
    connection.close()
    with translated("looking for earlier panes"):
        is_first = not client.exists(live_layout.FENCE)
    generation = Generation(int(number), 0.0 if is_first else _watermark(settings, spool, clock))
    note.parent.mkdir(parents=True, exist_ok=True)
    aside = note.with_suffix(".tmp")
    aside.write_bytes(msgspec.json.encode(generation))
    aside.rename(note)
    log.get(__name__).info("new generation of panes", generation=generation.number, owns_from=generation.owns_from)
    return generation


def _watermark(settings: Settings, spool: Spool, clock: ShopClock) -> float:
    """What the kept segments are complete from; now, where there are none."""
    newest = next(spool.footers(spool.numbers()[-1:]), None)
    if newest is None:
        return clock.now().timestamp()
    return newest.watermark / 1e6
