"""A stretch of the simulated shop's past, played as fast as it is asked for, with the simulators' own books.

The events are those of ``simulators``: their visits, orders, statuses and versions of products and customers,
with duplicates, disorder, lateness and garbage. Only the pace is another: a stretch of an hour that is over, so
that its panes can be closed and put right while the trial lasts.
"""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from contracts import settings
from contracts.broker import Message
from contracts.ledger import live_path
from contracts.panes import HOUR
from simulators import ledger, sample
from simulators import run as simulators
from simulators.agenda import SOURCES, Held, Journal, Outgoing
from simulators.customers import SHARDS
from simulators.faults import Faults
from simulators.ledger import Ledger
from simulators.moments import SECOND, to_microseconds, to_text
from simulators.orders import NEVER

Published = tuple[str, Message]

_MINUTES, _RATE = 40, 1.2
# A part of the shop, as if it were one of several processes: so few messages cost much less in few shards.
_SHARDS = range(4)
# Half of the late events come later than the watermark delay of ten minutes.
_FAULTS = Faults(duplicate=0.04, late=0.05, out_of_order=0.10, malformed=0.01)
# Of which one in sixteen is looked after by these shards.
CUSTOMERS = 1_600
# Much is bought, and much of it cancelled soon, by few customers and of few products.
_SHOP = {
    "VITRINE_SIMULATORS_RATE": str(_RATE), "VITRINE_SIMULATORS_PRODUCTS": "40",
    "VITRINE_SIMULATORS_CUSTOMERS": str(CUSTOMERS),
    "VITRINE_SIMULATORS_CART_SHARE": "0.6", "VITRINE_SIMULATORS_CHECKOUT_SHARE": "0.9",
    "VITRINE_SIMULATORS_PAID_SHARE": "0.9", "VITRINE_SIMULATORS_SEASONS": "0",
    "VITRINE_SIMULATORS_CANCELLED_PIX_SHARE": "0.3", "VITRINE_SIMULATORS_CANCELLED_CARD_SHARE": "0.3",
    "VITRINE_SIMULATORS_CANCELLED_BOLETO_SHARE": "0.3",
}  # fmt: skip
# A pane is closed 30 minutes behind the newest event (``contracts.closing``), which may be six minutes old.
_CLOSED_AFTER_SECONDS = 36 * 60


class PlayedShop:
    """The shop of ``seed`` in the last ``_MINUTES`` of the newest hour that a stream which is up to now has closed."""

    def __init__(self, seed: int, folder: Path, now: dt.datetime) -> None:
        self.ends = (int(now.timestamp()) - _CLOSED_AFTER_SECONDS) // HOUR * HOUR
        self.begins = self.ends - _MINUTES * 60
        start = dt.datetime.fromtimestamp(self.begins, dt.UTC)
        world = simulators.world(settings.load(_SHOP), seed)
        self._catalogue = world.catalogue
        self._folder = folder
        whole = _RATE * SHARDS / len(_SHARDS)
        self._shop = sample.open_shop(world, _SHARDS, rate=whole, start=start, faults=_FAULTS)
        # Which shard tells of a product says nothing of who buys it.
        self._whole = sample.open_shop(world, range(SHARDS), rate=whole, start=start, faults=_FAULTS)
        self._customers = range(world.customers.size)
        self._start = to_microseconds(start)
        self._played_until = self.begins
        self._books = Ledger(live_path(folder, 0))

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to play."""
        return self._played_until >= self.ends

    def opening(self) -> list[Published]:
        """What is told first: all products and customers."""
        first = [*self._whole.products(self._start), *self._whole.customers(self._customers, self._start)]
        return list(_published(first))

    def play(self, seconds: int) -> list[Published]:
        """What happens next, written down before it is handed out; at the end all that faults still hold back.

        The ledger counts a sale once its first message goes out, consumers count it by whichever version comes first:
        they agree when nothing is held back any more.
        """
        after = self._played_until * SECOND - 1
        self._played_until = min(self._played_until + seconds, self.ends)
        # What happens at the end belongs to the minute after it.
        until = self._played_until * SECOND - 1
        told = list(self._catalogues(after, until))
        self._shop.foresee(until)
        journal: Journal = self._shop.advance(until)
        if self.is_over:
            journal.messages += self._held_back(journal, until)
        self._books.append(journal, published=0)
        return list(_published([*told, *journal.messages]))

    def _catalogues(self, after: int, until: int) -> Iterable[Outgoing]:
        """All products whenever the price of one changes: most are told of by shards that are not played."""
        for time in self._catalogue.price_changes(after, until)[1].tolist():
            yield from self._whole.products(time)

    def _held_back(self, journal: Journal, time: int) -> list[Outgoing]:
        told: list[Outgoing] = []
        for _, shard in self._shop._order:
            shard._out = told
            while entry := shard.agenda.pop_due(NEVER):
                if isinstance(entry.plan, Held):
                    shard._keep(entry, time, to_text(time), journal)
        return told

    def totals(self) -> dict[str, Any]:
        """The books: by minute since 1970 and key."""
        return ledger.totals(self._folder)

    def close(self) -> None:
        """Close the books."""
        self._books.close()


def _published(outgoing: Iterable[Outgoing]) -> Iterable[Published]:
    for it in outgoing:
        yield SOURCES[it.source], Message(it.payload, {"schema_version": "1", "produced_at": it.produced})
