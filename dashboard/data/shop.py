"""The shop's clock, and since when it is live, looked up now and then: the live path never waits for Postgres."""

import threading

from contracts import clock, database, log
from contracts.clock import ShopClock
from contracts.database import Connection
from contracts.errors import VitrineError
from contracts.settings import Settings
from dashboard.data.reading import read_only

_INTERVAL_SECONDS = 15.0
_TIMEOUT_SECONDS = 5.0
_STATEMENT_MILLISECONDS = 3_000
# A few, because one order alone may be dated long before it was written.
_OLDEST_ORDERS = 100

# All of a past that is loaded at once is written in one transaction, before anything comes live. Both by the index
# on data_compra.
_LIVE_SINCE = """
    select coalesce((select min(data_compra) from transacoes_vendas where data_compra > written), written)
    from (
        select min(persistido_em) as written
        from (select persistido_em from transacoes_vendas order by data_compra limit %s) oldest
    ) beginning
"""


def read_live_since(connection: Connection) -> float | None:
    """When the first order came that was not loaded with the shop's past, epoch seconds; None without any order.

    While there is none, when the past was loaded. In a shop without a past its second order.
    """
    found = database.rows(connection, _LIVE_SINCE, (_OLDEST_ORDERS,))[0][0]
    connection.rollback()
    return None if found is None else float(found.timestamp())


class ShopWatch:
    """Keeps both current from a thread of its own: until Postgres was asked, the wall's clock and None."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shop-watch", daemon=True)
        self._problem = ""
        self.clock: ShopClock = clock.WALL
        self.live_since: float | None = None

    def start(self) -> None:
        """Begin watching."""
        self._thread.start()

    def stop(self) -> None:
        """End watching; returns at once."""
        self._stop.set()

    def _run(self) -> None:
        while True:
            self._look()
            if self._stop.wait(_INTERVAL_SECONDS):
                return

    def _look(self) -> None:
        """What cannot be read is what was last known: it hardly ever changes."""
        try:
            connection = read_only(
                self._settings,
                application="dashboard-shop",
                timeout_seconds=_TIMEOUT_SECONDS,
                statement_milliseconds=_STATEMENT_MILLISECONDS,
            )
            try:
                with database.translated("reading the shop's clock"):
                    self.clock = clock.read(connection)
                    self.live_since = read_live_since(connection)
            finally:
                database.close(connection)
            problem = ""
        except VitrineError as error:
            problem = str(error)
        if problem != self._problem:
            self._problem = problem
            log.get(__name__).warning("shop's clock not read", problem=problem) if problem else log.get(__name__).info(
                "shop's clock read again"
            )
