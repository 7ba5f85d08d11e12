"""Whether an order that was published has gone the whole way: into Postgres, and past the live page's newest moment."""

import time
import uuid
from collections.abc import Callable
from contextlib import closing

from contracts import database, live_store
from contracts.errors import TransientError
from contracts.live_layout import read_status
from contracts.settings import Settings


class NotArrived(TransientError):
    """The order is not everywhere yet."""


def await_order(
    settings: Settings,
    order: uuid.UUID,
    *,
    seconds: float,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Wait for the order at most so long; says how long each way took.

    Raises ``NotArrived`` naming where it is not, and the errors of ``database`` and ``live_store``.
    """
    begun = time.monotonic()
    took: dict[str, float] = {}
    while True:
        bought = _bought(settings, order)
        if bought is not None:
            took.setdefault("postgres", time.monotonic() - begun)
            if _newest_live(settings) >= bought:
                took["live"] = time.monotonic() - begun
                return ", ".join(f"{where} after {it:.1f} s" for where, it in took.items())
        if time.monotonic() - begun >= seconds:
            missing = "the live panes" if took else "Postgres"
            raise NotArrived(f"the order {order} is not in {missing} after {seconds:g} s")
        sleep(1)


def _bought(settings: Settings, order: uuid.UUID) -> float | None:
    """When the order was placed, in epoch seconds; None while Postgres does not know it."""
    with (
        closing(database.connect(settings, application="smoke")) as connection,
        database.translated("looking for the order"),
    ):
        found = database.rows(
            connection,
            "select extract(epoch from data_compra)::float8 from transacoes_vendas where id_transacao = %s::uuid",
            (str(order),),
        )
    return float(found[0][0]) if found else None


def _newest_live(settings: Settings) -> float:
    with closing(live_store.connect(settings)) as client:
        status = read_status(client)
    return -1.0 if status is None or status.newest_event is None else status.newest_event
