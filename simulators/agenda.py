"""What the shop has planned: entries that become messages when their time has come."""

import heapq
from collections.abc import Mapping

import msgspec

from contracts.events import SegmentoCliente
from contracts.topology import Source
from simulators.orders import NEVER, Purchase, StatusChange

SOURCES: tuple[Source, ...] = tuple(Source)
Counts = list[tuple[str, int]]


class Held(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A finished message held back by a fault, and what the ledger counts when it goes out."""

    source: int
    payload: bytes
    produced: int
    happened: int
    counts: Counts


class PageEvent(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A web event that follows another message; ``head`` is its JSON up to the time."""

    head: str
    step: int


class ProductVersion(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A product is told anew, with its price and stock of the moment."""

    product: int


class CustomerVersion(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A customer, given by the id's 16 bytes, has got another segment."""

    customer: bytes
    registered: int
    segment: SegmentoCliente


class Garbage(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A malformed message is due."""

    word: int


Plan = Held | PageEvent | ProductVersion | CustomerVersion | Garbage | Purchase | StatusChange


class Entry(msgspec.Struct, frozen=True):
    """``plan`` is due at ``due``. ``number`` is unique in its shard; ``durable`` ones survive the process."""

    due: int
    shard: int
    number: int
    durable: bool
    plan: Plan


class Agenda:
    """The entries of one shard that are due soon, by time."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Entry]] = []

    def push(self, entry: Entry) -> None:
        """Add an entry."""
        heapq.heappush(self._heap, (entry.due, entry.number, entry))

    @property
    def next_due(self) -> int:
        """When the earliest entry is due; ``NEVER`` where there is none."""
        return self._heap[0][0] if self._heap else NEVER

    def pop_due(self, time: int) -> Entry | None:
        """The earliest entry if it is due by ``time``, removed; else None."""
        if not self._heap or self._heap[0][0] > time:
            return None
        return heapq.heappop(self._heap)[2]


class Journal:
    """What one step of the shop did, until the ledger has it. Amounts are by (minute, key)."""

    def __init__(self) -> None:
        self.messages: list[Outgoing] = []
        self.amounts: dict[tuple[int, str], int] = {}
        self.scheduled: dict[tuple[int, int], Entry] = {}
        self.done: list[tuple[int, int]] = []

    def count(self, minute: int, key: str, amount: int = 1) -> None:
        """Add to one of the ledger's figures."""
        at = (minute, key)
        self.amounts[at] = self.amounts.get(at, 0) + amount

    def count_all(self, minute: int, counts: Counts) -> None:
        """Add to several figures."""
        for key, amount in counts:
            self.count(minute, key, amount)

    def finish(self, entry: Entry) -> None:
        """Note that a durable entry has become a message."""
        if entry.durable:
            at = (entry.shard, entry.number)
            if self.scheduled.pop(at, None) is None:
                self.done.append(at)


class Outgoing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A message to publish: index into ``SOURCES``, payload, and when it was produced (ISO 8601)."""

    source: int
    payload: bytes
    produced: str


def as_mapping(amounts: Mapping[tuple[int, str], int]) -> dict[str, int]:
    """Amounts of all minutes together, by key."""
    together: dict[str, int] = {}
    for (_minute, key), amount in amounts.items():
        together[key] = together.get(key, 0) + amount
    return together
