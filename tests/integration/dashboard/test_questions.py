"""What the pages ask of Postgres: it changes nothing, takes no long time, and reads no table from end to end."""

import datetime as dt
import re

import pytest

from contracts import database
from contracts.errors import DatabaseRefused, DatabaseUnavailable
from dashboard.data import last_week, orders, shop
from dashboard.data.history import HistoryStore
from dashboard.data.reading import read_only
from dashboard.questions import BY_PATH
from dashboard.selection import Filters, Selection
from tests.integration.dashboard.content import write_history

NOW = dt.datetime.now(dt.UTC)
LIVE = {
    "orders": (orders._LATEST, (NOW, orders.LATEST_ORDERS)),
    "last week": (last_week._MINUTES, (0, 60)),
    "live since": (shop._LIVE_SINCE, (100,)),
}
CHOICES = {
    "usual": Selection(),
    "a year by month": Selection(preset="12m", granularity="mes"),
    "filtered": Selection(preset="12m", filters=Filters(uf=("SP",), categoria=("Casa",))),
}


@pytest.fixture
def reader(configuration, migrated):
    opened = read_only(configuration, application="test", timeout_seconds=10, statement_milliseconds=200)
    yield opened
    database.close(opened)


def test_a_reader_can_change_nothing(reader):
    with pytest.raises(DatabaseRefused, match="read-only"), database.translated("writing"):
        reader.cursor().execute("delete from transacoes_vendas")


def test_no_question_takes_long(reader):
    with pytest.raises(DatabaseUnavailable, match="statement timeout"), database.translated("sleeping"):
        reader.cursor().execute("select pg_sleep(30)")


class Asked:
    """A connection that remembers what it was asked."""

    def __init__(self, connection):
        self.connection = connection
        self.statements = []

    def cursor(self):
        return self

    def execute(self, statement, arguments=()):
        self.statements.append((statement, arguments))
        self.found = self.connection.cursor()
        self.found.execute(statement, arguments)

    def fetchall(self):
        return self.found.fetchall()

    def fetchone(self):
        return self.found.fetchone()


def read_whole(connection, statement, arguments):
    """The tables that a statement has to read from end to end, whatever they hold."""
    cursor = connection.cursor()
    cursor.execute("set local enable_seqscan = off")
    cursor.execute(f"explain {statement}", arguments)
    plan = "\n".join(row[0] for row in cursor.fetchall())
    connection.rollback()
    return set(re.findall(r"Seq Scan on (\w+)", plan))


@pytest.mark.parametrize("name", LIVE)
def test_what_the_live_page_asks_is_found_by_an_index(connection, name):
    assert read_whole(connection, *LIVE[name]) == set()


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("path", BY_PATH)
def test_what_a_page_of_history_asks_is_found_by_an_index(configuration, connection, path, choice):
    write_history(configuration)
    question = BY_PATH[path]
    asked = []

    def ask(opened, request):
        recorder = Asked(opened)
        found = question.ask(recorder, request)
        asked.extend(recorder.statements)
        return found

    assert HistoryStore(configuration).read(ask, question.of(CHOICES[choice])) is not None
    assert asked
    assert set().union(*(read_whole(connection, *it) for it in asked)) == set()
