"""The simulators' ledger as others read it: which files there are, how figures are kept, what they count.

The simulators write it, the reconciliation reads it while they do. A folder holds one SQLite file for each
process, with a row for each minute and figure, and one for the history, whose figures are packed.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from contracts.errors import TerminalError
from contracts.panes import Dimension

# A process's figures: minutes since 1970, the figure's name, its amount.
LIVE_TABLE = """
create table if not exists totais (
    minuto integer not null, chave text not null, valor integer not null, primary key (minuto, chave)
) without rowid;
"""
# The history's: a row for each of its days and names, minutes and amounts as packed numbers.
PAST_TABLE = "create table passado (chave text not null, minutos blob not null, valores blob not null)"
PACKED = "<i8"

# (minute since 1970, name, amount). One minute and name may come several times: they add up.
Figure = tuple[int, str, int]

# What a name, up to its colon, adds to: the dimension, whose key follows the colon, and the measure.
MEASURED: dict[str, tuple[Dimension, str]] = {
    "pedidos": (Dimension.TOTAL, "pedidos"),
    "receita_centavos": (Dimension.TOTAL, "bruta"),
    "unidades": (Dimension.TOTAL, "unidades"),
    "cancelamentos": (Dimension.TOTAL, "pedidos_cancelados"),
    "receita_cancelada_centavos": (Dimension.TOTAL, "canceladas"),
    "carrinhos": (Dimension.TOTAL, "carrinhos_criados"),
    "eventos": (Dimension.EVENT_TYPE, "eventos"),
    "pedidos_por_pagamento": (Dimension.PAYMENT, "pedidos"),
    "receita_por_pagamento": (Dimension.PAYMENT, "bruta"),
    "pedidos_por_uf": (Dimension.UF, "pedidos"),
    "receita_por_uf": (Dimension.UF, "bruta"),
    "pedidos_por_segmento": (Dimension.SEGMENT, "pedidos"),
    "receita_por_segmento": (Dimension.SEGMENT, "bruta"),
    "receita_por_categoria": (Dimension.CATEGORY, "bruta"),
    "unidades_por_categoria": (Dimension.CATEGORY, "unidades"),
}


def live_path(folder: Path, process: int) -> Path:
    """The file of one process."""
    return folder / f"livro-{process:02d}.sqlite"


def live_paths(folder: Path) -> list[Path]:
    """The files of all processes."""
    return sorted(folder.glob("livro-*.sqlite"))


def past_path(folder: Path) -> Path:
    """The file of the history."""
    return folder / "historia.sqlite"


def is_there(folder: Path) -> bool:
    """Whether the folder holds a ledger."""
    return bool(live_paths(folder)) or past_path(folder).exists()


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """One state of a file, also while it is written. Raises ``TerminalError`` where it cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.execute("begin")
            yield connection
    except (sqlite3.Error, OSError) as error:
        raise TerminalError(f"ledger {path}: {error}") from error


def live_figures(connection: sqlite3.Connection, *, first: int = 0, end: int = 1 << 62) -> Iterator[Figure]:
    """The figures of a process's open file, of the minutes from ``first`` up to, but without, ``end``."""
    yield from connection.execute(
        "select minuto, chave, valor from totais where minuto >= ? and minuto < ?", (first, end)
    )


def past_figures(path: Path, *, first: int = 0, end: int = 1 << 62) -> Iterator[Figure]:
    """The same of the history's file; none where there is no such file."""
    if not path.exists():
        return
    with reading(path) as connection:
        for key, packed_minutes, packed_values in connection.execute("select chave, minutos, valores from passado"):
            minutes = np.frombuffer(packed_minutes, PACKED)
            wanted = (minutes >= first) & (minutes < end)
            values = np.frombuffer(packed_values, PACKED)[wanted].tolist()
            yield from ((minute, key, value) for minute, value in zip(minutes[wanted].tolist(), values, strict=True))
