"""The log of scenarios in Postgres, where all processes of a shop read it."""

import msgspec

from contracts.clock import ShopClock
from contracts.database import Connection, rows, translated
from simulators.moments import SECOND, to_datetime, to_microseconds
from simulators.scenarios import Kind, Scenario, ScenarioLog, of_parameters, parameters
from simulators.stream import BLOCK_SECONDS

# Seconds of the wall's clock from asking for a scenario to its begin: every process hears of it within
# a second, and what they have written by then ends before it.
LEAD_SECONDS = BLOCK_SECONDS + 2.0
# Any number, the same for everybody: two requests at once wait for each other.
_LOCK = 0x63656E61


def read(connection: Connection) -> ScenarioLog:
    """All scenarios there were and will be; ends the transaction."""
    with translated("reading the log of scenarios"):
        found = rows(
            connection, "select cenario, inicio, fim, parametros from operacao.cenarios order by inicio, numero"
        )
    connection.rollback()
    return ScenarioLog(of_parameters(*row) for row in found)


def begin(connection: Connection, clock: ShopClock, scenario: Kind, *, seconds: float, **how: object) -> Scenario:
    """Let a scenario begin in a moment and last for ``seconds`` of the shop's time; ends the one before. Commits.

    ``how`` are the scenario's strength and product. Kind ``NORMAL`` only ends the one before.
    """
    with translated("writing the log of scenarios"):
        cursor = connection.cursor()
        cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        since = to_microseconds(clock.now()) + int(LEAD_SECONDS * clock.speed * SECOND)
        asked = Scenario(kind=scenario, begin=since, end=since + int(seconds * SECOND), **how)  # type: ignore[arg-type]
        # What has not begun yet never does.
        cursor.execute("delete from operacao.cenarios where inicio >= %s", (to_datetime(since),))
        cursor.execute("update operacao.cenarios set fim = %s where fim > %s", (to_datetime(since), to_datetime(since)))
        if scenario is not Kind.NORMAL:
            cursor.execute(
                "insert into operacao.cenarios (cenario, parametros, inicio, fim) values (%s, %s::jsonb, %s, %s)",
                (
                    asked.kind,
                    msgspec.json.encode(parameters(asked)).decode(),
                    to_datetime(asked.begin),
                    to_datetime(asked.end),
                ),
            )
        connection.commit()
    return asked
