import sqlite3
from pathlib import Path

import numpy as np
import pytest

from contracts import ledger
from contracts.closing import Closing
from contracts.errors import TerminalError
from contracts.panes import Dimension, Measures
from jobs.reconcile import books
from jobs.reconcile.books import Books
from jobs.reconcile.hours import closed_hours

# Minute 29,671,920 is the first of an hour.
HOUR, MINUTE = 29_671_920 * 60, 29_671_920


def write(folder: Path, process: int, *figures: tuple[int, str, int]) -> None:
    with sqlite3.connect(ledger.live_path(folder, process)) as connection:
        connection.executescript(ledger.LIVE_TABLE)
        connection.executemany("insert into totais values (?, ?, ?)", figures)
    connection.close()


def write_past(folder: Path, name: str, minutes: list[int], amounts: list[int]) -> None:
    packed = [np.array(it, ledger.PACKED).tobytes() for it in (minutes, amounts)]
    with sqlite3.connect(ledger.past_path(folder)) as connection:
        connection.execute(ledger.PAST_TABLE)
        connection.execute("insert into passado values (?, ?, ?)", (name, *packed))
    connection.close()


def test_all_files_together_make_an_hour_s_figures(tmp_path: Path) -> None:
    write_past(tmp_path, "pedidos", [MINUTE - 1, MINUTE, MINUTE + 59, MINUTE + 60], [100, 1, 2, 100])
    write(tmp_path, 0, (MINUTE, "pedidos", 4), (MINUTE + 60, "pedidos", 100), (MINUTE, "receita_por_uf:SP", 250))
    write(tmp_path, 1, (MINUTE + 59, "pedidos", 8), (MINUTE, "pedidos_por_uf:SP", 1), (MINUTE, "eventos:login", 3))
    write(tmp_path, 2, (MINUTE, "eventos:pesquisa", 5), (MINUTE, "duplicados", 7), (MINUTE, "status:enviado", 7))
    assert Books(tmp_path, first=HOUR, end=HOUR + 3600).hour(HOUR) == {
        Dimension.TOTAL: {"": Measures(pedidos=15, eventos=8)},
        Dimension.UF: {"SP": Measures(bruta=250, pedidos=1)},
        Dimension.EVENT_TYPE: {"login": Measures(eventos=3), "pesquisa": Measures(eventos=5)},
    }


def test_what_is_written_meanwhile_is_read_the_next_time(tmp_path: Path) -> None:
    write(tmp_path, 0, (MINUTE, "pedidos", 1))
    read = Books(tmp_path, first=HOUR, end=HOUR + 3600)
    assert read.hour(HOUR)[Dimension.TOTAL][""].pedidos == 1
    write(tmp_path, 0, (MINUTE + 1, "pedidos", 2))
    assert read.hour(HOUR)[Dimension.TOTAL][""].pedidos == 3


def test_the_ledger_knows_some_measures_of_some_dimensions() -> None:
    assert books.counts(Dimension.TOTAL, "canceladas")
    assert books.counts(Dimension.TOTAL, "eventos")
    assert books.counts(Dimension.UF, "bruta")
    assert not books.counts(Dimension.UF, "canceladas")
    assert not books.counts(Dimension.TOTAL, "pedidos_com_carrinho")
    assert not books.counts(Dimension.PRODUCT, "bruta")


def test_a_file_that_is_no_ledger_is_said_by_name(tmp_path: Path) -> None:
    ledger.live_path(tmp_path, 0).write_bytes(b"something else entirely, and long enough to be looked at" * 40)
    with pytest.raises(TerminalError, match=r"ledger .*livro-00\.sqlite: file is not a database"):
        Books(tmp_path, first=HOUR, end=HOUR + 3600).hour(HOUR)


def test_hours_are_compared_once_they_are_closed() -> None:
    closing = Closing(watermark=HOUR + 4 * 3600 + 1199, persisted_until=HOUR + 9 * 3600, delay_seconds=600)
    now = HOUR + 5 * 3600 + 1
    # The fourth hour ends twice the delay behind the watermark but for a second.
    assert closed_hours(closing, oldest=HOUR - 1, until=now, most=None) == [HOUR + 7200, HOUR + 3600, HOUR]
    assert closed_hours(closing, oldest=HOUR + 1, until=now, most=None) == [HOUR + 7200, HOUR + 3600]
    assert closed_hours(closing, oldest=HOUR - 1, until=HOUR + 7200, most=1) == [HOUR + 3600]
    unknown = Closing(watermark=None, persisted_until=None, delay_seconds=600)
    assert closed_hours(unknown, oldest=HOUR, until=now, most=None) == []
