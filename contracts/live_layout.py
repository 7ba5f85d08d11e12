"""How the live store is laid out: the keys, what is in them, and the streaming job's status.

All keys begin with ``vitrine:1:``. A pane is one hash per dimension, ``pane:{seconds}:{start}:{dimension}``
with the key as field and the measures as comma-separated integers; the totals' sketches are in
``pane:{seconds}:{start}:sketch``. Every pane expires.
"""

from collections.abc import Iterable
from typing import cast

import msgspec
import redis

from contracts.live_store import PREFIX, translated
from contracts.panes import Dimension, Measures

STATUS = PREFIX + "status"
# "generation:batch" of the newest write: nothing older may write.
FENCE = PREFIX + "fence"
# Which panes the streaming job may write (``jobs.streaming.claim``): nobody else writes those.
CLAIM = PREFIX + "posse"
# Grows whenever panes were put right from Postgres, or written again: readers then forget what they keep.
EDITION = PREFIX + "edicao"
# The number of the newest recomputation from Postgres: an older one writes nothing any more.
RECOMPUTATION = PREFIX + "recomposicao"
# Grows with every batch; and which panes the newest batches changed, "seconds:start" by that number.
VERSION = PREFIX + "versao"
CHANGES = PREFIX + "alteracoes"
# Changes are remembered for this many batches: a reader that was away longer reads everything anew.
CHANGES_KEPT = 2_000


def pane_key(seconds: int, start: int, dimension: Dimension) -> str:
    """Where a pane is kept; ``start`` in epoch seconds."""
    return f"{PREFIX}pane:{seconds}:{start}:{dimension}"


def sketch_key(seconds: int, start: int) -> str:
    """Where the sketches of a total pane are kept, by name."""
    return f"{PREFIX}pane:{seconds}:{start}:sketch"


def pane_of(key: bytes) -> tuple[int, int]:
    """Length in seconds and start of the pane that has this key, by ``pane_key`` or ``sketch_key``."""
    seconds, start = key.split(b":")[-3:-1]
    return int(seconds), int(start)


def encode_measures(values: Iterable[int]) -> bytes:
    """Measures in the order of ``panes.MEASURES``."""
    return b",".join(b"%d" % it for it in values)


def decode_measures(value: bytes) -> Measures:
    """What ``encode_measures`` made."""
    return Measures(*map(int, value.split(b",")))


class Stages(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of a typical event of a batch went, seconds: medians, so that a few late ones say nothing.

    ``publish``: from its production to the broker's stamp. ``broker``: to its pull. ``seal``: to its segment
    being durable. ``wait``: to the batch being planned. ``batch``: to the panes being computed. ``write``: to
    all of it being in the live store.
    """

    publish: float
    broker: float
    seal: float
    wait: float
    batch: float
    write: float


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What the streaming job says with every batch. Times are epoch seconds, latencies seconds.

    ``rows``, ``late``, ``late_versions`` (status versions of orders whose sale was long counted),
    ``duplicates`` and ``rejected`` count since the spool was made. Latencies are from an event's time
    to its being visible, over the last batch. No later batch holds an event before ``watermark``.
    ``waiting`` is how far the batch lags behind: rows sealed after it, and not in Redis yet. ``stages`` is None
    where the segments do not say how they came about.
    """

    written_at: float
    generation: int
    batch: int
    newest_event: float | None
    watermark: float | None
    latency_p50: float | None
    latency_p95: float | None
    latency_p99: float | None
    batch_rows: int
    rows: int
    late: int
    late_versions: int
    duplicates: int
    rejected: int
    waiting: int = 0
    stages: Stages | None = None


def read_status(client: redis.Redis) -> Status | None:
    """The newest status, None where no batch was ever written. Raises the errors of ``live_store``."""
    with translated("reading the live status"):
        text = cast("bytes | None", client.get(STATUS))
    return None if text is None else msgspec.json.decode(text, type=Status)
