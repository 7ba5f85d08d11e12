"""The books: what is written down before it is published, and what a crash leaves."""

import datetime as dt
from pathlib import Path

import pytest

from contracts.errors import UsageError
from contracts.ledger import live_path
from simulators import ledger, sample
from simulators.agenda import Entry, Journal, Outgoing, ProductVersion
from simulators.ledger import Ledger
from simulators.world import World


def step(*payloads: bytes, amounts: dict[tuple[int, str], int] | None = None) -> Journal:
    journal = Journal()
    journal.messages = [Outgoing(1, it, "2026-11-23T12:00:00.000000Z") for it in payloads]
    journal.amounts = amounts or {}
    return journal


def test_what_was_not_published_before_a_crash_is_pending_again(tmp_path: Path) -> None:
    books = Ledger(tmp_path / "livro-00.sqlite")
    first = books.append(step(b"a", b"b"), published=0)
    second = books.append(step(b"c"), published=0)
    third = books.append(step(b"d"), published=first)
    books.close()  # as a crash would: the third step never said that the second was published

    again = Ledger(tmp_path / "livro-00.sqlite")
    assert [(number, [it.payload for it in batch]) for number, batch in again.pending()] == [
        (second, [b"c"]),
        (third, [b"d"]),
    ]
    again.strike_off(third)
    assert list(again.pending()) == []
    assert again.append(step(b"e"), published=third) >= 1


def test_amounts_add_up_over_steps_and_processes(tmp_path: Path) -> None:
    for process, revenue in ((0, 100), (1, 250)):
        books = Ledger(live_path(tmp_path, process))
        books.append(step(b"a", amounts={(29_000_000, "receita_centavos"): revenue}), published=0)
        books.append(step(b"b", amounts={(29_000_000, "receita_centavos"): 1, (29_000_001, "pedidos"): 2}), published=1)
        books.close()

    assert ledger.totals(tmp_path) == {
        "totais": {"pedidos": 4, "receita_centavos": 352},
        "pendentes": {"mensagens": 2},
        "minutos": {29_000_000: {"receita_centavos": 352}, 29_000_001: {"pedidos": 4}},
    }


def test_plans_survive_until_they_are_kept(tmp_path: Path) -> None:
    books = Ledger(tmp_path / "livro-00.sqlite")
    journal = Journal()
    for number, due in ((0, 10), (1, 20), (2, 30)):
        journal.scheduled[5, number] = Entry(due, 5, number, True, ProductVersion(number))
    books.append(journal, published=0)
    kept = Journal()
    kept.done = [(5, 0)]
    books.append(kept, published=0)
    books.close()

    again = Ledger(tmp_path / "livro-00.sqlite")
    assert again.entries(after=-1, until=20) == [Entry(20, 5, 1, True, ProductVersion(1))]
    assert again.entries(after=20, until=99) == [Entry(30, 5, 2, True, ProductVersion(2))]
    assert again.next_entries() == {5: 3}


def test_every_plan_of_a_shop_can_be_stored(tmp_path: Path, world: World, start: dt.datetime) -> None:
    shop = sample.open_shop(world, range(64), rate=2_000, start=start)
    journal = sample.play(shop, start, 60)
    books = Ledger(tmp_path / "livro-00.sqlite")
    books.append(journal, published=0)

    stored = books.entries(after=-1, until=1 << 60)
    assert sorted(stored, key=lambda it: (it.shard, it.number)) == [
        journal.scheduled[key] for key in sorted(journal.scheduled)
    ]
    assert {type(it.plan).__name__ for it in stored} >= {"StatusChange", "PageEvent", "Purchase"}


def test_a_new_run_never_has_the_epoch_of_an_earlier_one(tmp_path: Path) -> None:
    books = Ledger(tmp_path / "livro-00.sqlite")

    assert ledger.fresh_epoch(books, 1_000) == 1_000
    assert ledger.fresh_epoch(books, 1_000) == 1_001
    assert ledger.fresh_epoch(books, 5_000) == 5_000
    assert ledger.fresh_epoch(books, 4_000) == 5_001


def test_two_processes_cannot_keep_the_same_books(tmp_path: Path) -> None:
    books = Ledger(tmp_path / "livro-00.sqlite")
    with pytest.raises(UsageError, match="another simulator process keeps this ledger"):
        Ledger(tmp_path / "livro-00.sqlite")
    books.close()
    Ledger(tmp_path / "livro-00.sqlite").close()


def test_the_books_of_processes_no_longer_run_are_taken_over(tmp_path: Path) -> None:
    for process in range(4):
        books = Ledger(live_path(tmp_path, process))
        journal = step(b"of process %d" % process, amounts={(1, "pedidos"): process})
        journal.scheduled[process, 0] = Entry(10 + process, process, 0, True, ProductVersion(process))
        books.append(journal, published=0)
        books.close()

    assert ledger.left_behind(tmp_path, 1, 2) == [tmp_path / "livro-03.sqlite"]
    books = Ledger(live_path(tmp_path, 1))
    books.absorb(tmp_path / "livro-03.sqlite")

    assert [it.payload for _number, batch in books.pending() for it in batch] == [b"of process 1", b"of process 3"]
    assert [(it.due, it.plan) for it in books.entries(after=0, until=99)] == [
        (11, ProductVersion(1)),
        (13, ProductVersion(3)),
    ]
    assert not (tmp_path / "livro-03.sqlite").exists()
    assert ledger.totals(tmp_path)["totais"] == {"pedidos": 0 + 1 + 2 + 3}


def test_a_folder_without_books_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="VITRINE_SIMULATORS_FOLDER"):
        ledger.totals(tmp_path)
