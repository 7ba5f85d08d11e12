"""Who may do what in Postgres: the components' IAM users begin with nothing, and the release gives each its part.

The release's user has made every table and so owns them. Granted again with every release: a new migration's tables
are covered, and a component's reads of tables that are made later by default privileges.
"""

import re
from collections.abc import Mapping

from contracts import database
from contracts.database import Connection
from contracts.errors import UsageError

_READERS = ("batch", "dashboard", "ingest", "simulators", "streaming")
_SCHEMAS = ("public", "operacao", "metricas")

# Component -> what it writes: a table, or "schema.*" for all of them.
WRITES: Mapping[str, tuple[str, ...]] = {
    "batch": ("metricas.*", "operacao.batimentos"),
    "dashboard": (),
    "ingest": ("public.*", "operacao.batimentos"),
    "simulators": ("operacao.batimentos", "operacao.relogio", "operacao.cenarios", "operacao.controle"),
    "streaming": (
        "operacao.batimentos",
        "operacao.recomposicoes",
        "operacao.recomposicoes_diferencas",
        "operacao.recomposicoes_horas",
    ),
}
_SEQUENCES = {"batch": "metricas", "ingest": "public", "simulators": "operacao", "streaming": "operacao"}
# Makes a month's partition. It runs as its owner, so that ingest need not own the table.
_PARTITIONS = "public.garantir_particao_eventos(date)"
_USER = re.compile(r"[A-Za-z0-9@._-]{1,63}")


def statements(users: Mapping[str, str]) -> list[str]:
    """Every grant, for the users by component. Raises ``UsageError`` for a missing component or an odd name."""
    made = [
        f"alter function {_PARTITIONS} security definer set search_path = pg_catalog, public, pg_temp",
        f"revoke execute on function {_PARTITIONS} from public",
    ]
    for component in _READERS:
        user = _quoted(users, component)
        for schema in _SCHEMAS:
            made += [
                f"grant usage on schema {schema} to {user}",
                f"grant select on all tables in schema {schema} to {user}",
                f"alter default privileges in schema {schema} grant select on tables to {user}",
            ]
        for target in WRITES[component]:
            schema, _, table = target.partition(".")
            on = f"all tables in schema {schema}" if table == "*" else f"table {target}"
            made.append(f"grant insert, update, delete on {on} to {user}")
            if table == "*":
                made.append(
                    f"alter default privileges in schema {schema} grant insert, update, delete on tables to {user}"
                )
        if component in _SEQUENCES:
            schema = _SEQUENCES[component]
            made.append(f"grant usage, select on all sequences in schema {schema} to {user}")
            made.append(f"alter default privileges in schema {schema} grant usage, select on sequences to {user}")
    made.append(f"grant execute on function {_PARTITIONS} to {_quoted(users, 'ingest')}")
    return made


def apply(connection: Connection, users: Mapping[str, str]) -> int:
    """Give every user its part, in one transaction; gives the number of statements."""
    todo = statements(users)
    with database.translated("granting"):
        cursor = connection.cursor()
        for statement in todo:
            cursor.execute(statement)
        connection.commit()
    return len(todo)


def _quoted(users: Mapping[str, str], component: str) -> str:
    try:
        user = users[component]
    except KeyError:
        raise UsageError(f"no user of {component} is named; there are: {', '.join(users)}") from None
    if not _USER.fullmatch(user):
        raise UsageError(f"{user!r} is no name of an IAM user")
    return f'"{user}"'
