"""The history's part of the ledger: the same figures per minute as a live process keeps, in a file of their own.

Two years have millions of figures, so those of a day are kept together: a row per day and key with the
minutes and the amounts as packed numbers.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contracts.errors import TerminalError
from contracts.events import StatusPedido
from contracts.ledger import PACKED, PAST_TABLE
from simulators.behaviour import PAYMENTS
from simulators.customers import SEGMENTS, STATE_CODES
from simulators.moments import MINUTE
from simulators.past import Day, Orders
from simulators.sessions import WEB_TYPES, Step
from simulators.world import World

Integers = NDArray[np.int64]


class Amounts(NamedTuple):
    """One figure's amounts, in ascending minutes since 1970."""

    minutes: Integers
    values: Integers


Figures = dict[str, Amounts]
_Count = Callable[[str, Integers, Integers | int], None]


def figures_of_day(world: World, day: Day) -> Figures:
    """What the ledger says of a day's visitors, but for the segments."""
    found: Figures = {}
    count = _counter(found)
    web, orders = day.web_events, day.orders
    for step, kind in enumerate(WEB_TYPES[: Step.BOT_VIEW]):
        count(f"eventos:{kind}", web.time[web.step == step], 1)
    count("carrinhos", web.time[web.step == Step.CREATE_CART], 1)
    count("cadastros", day.registered, 1)
    count("pedidos", orders.bought, 1)
    count("receita_centavos", orders.bought, orders.total)
    item_bought = np.repeat(orders.bought, orders.items)
    count("unidades", item_bought, orders.pieces)
    _count_by(count, "pagamento", PAYMENTS, orders.payment, orders.bought, orders.total)
    _count_by(count, "uf", STATE_CODES, world.customers.states(orders.customer), orders.bought, orders.total)
    category = world.catalogue.category[orders.product]
    for number in np.unique(category).tolist():
        mine = category == number
        name = world.catalogue.category_names[number]
        count(f"receita_por_categoria:{name}", item_bought[mine], orders.value[mine])
        count(f"unidades_por_categoria:{name}", item_bought[mine], orders.pieces[mine])
    _count_statuses(count, orders)
    return found


def figures_of_segments(segments: Integers, bought: Integers, totals: Integers) -> Figures:
    """What the ledger says of all orders by the segments in which they were placed."""
    found: Figures = {}
    _count_by(_counter(found), "segmento", SEGMENTS, segments, bought, totals)
    return found


def _counter(found: Figures) -> _Count:
    def count(key: str, times: Integers, values: Integers | int) -> None:
        if len(times):
            minutes, places = np.unique(times // MINUTE, return_inverse=True)
            amounts = np.zeros(len(minutes), np.int64)
            np.add.at(amounts, places, values)
            found[key] = Amounts(minutes, amounts)

    return count


def _count_by(
    count: _Count, group: str, names: tuple[str, ...], index: Integers, bought: Integers, totals: Integers
) -> None:
    for number, name in enumerate(names):
        mine = index == number
        count(f"pedidos_por_{group}:{name}", bought[mine], 1)
        count(f"receita_por_{group}:{name}", bought[mine], totals[mine])


def _count_statuses(count: _Count, orders: Orders) -> None:
    """Every status that was reached, those that another followed included."""
    for status, since in orders.reached():
        here = since >= 0
        count(f"status:{status}", since[here], 1)
        if status == StatusPedido.CANCELADO:
            count("cancelamentos", since[here], 1)
            count("receita_cancelada_centavos", since[here], orders.total[here])


class PastBooks:
    """The file while it is written: under another name until ``keep`` is called."""

    def __init__(self, path: Path) -> None:
        """Begin it anew; what an interrupted load left is gone."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._draft = path.with_suffix(".new")
        self._draft.unlink(missing_ok=True)
        try:
            self._connection = sqlite3.connect(self._draft, isolation_level=None)
            # A draft that a crash damages is written again.
            self._connection.execute("pragma journal_mode = off")
            self._connection.execute("pragma synchronous = off")
            self._connection.execute(PAST_TABLE)
            self._connection.execute("begin")
        except sqlite3.Error as error:
            raise TerminalError(f"ledger {path}: {error}") from error

    def add(self, figures: Figures) -> None:
        """Write figures down. Raises ``TerminalError`` where the disk does not take them."""
        rows = [
            (key, it.minutes.astype(PACKED).tobytes(), it.values.astype(PACKED).tobytes())
            for key, it in figures.items()
        ]
        try:
            self._connection.executemany("insert into passado values (?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise TerminalError(f"ledger {self._path}: {error}") from error

    def keep(self) -> None:
        """Make it the history's ledger, safely on the disk."""
        try:
            self._connection.execute("commit")
            self._connection.close()
        except sqlite3.Error as error:
            raise TerminalError(f"ledger {self._path}: {error}") from error
        with self._draft.open("rb+") as file:
            os.fsync(file.fileno())
        self._draft.replace(self._path)

    def discard(self) -> None:
        """Forget it."""
        self._connection.close()
        self._draft.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)
