"""Questions to one server: each fails alone, a server that is away is asked once, nobody looks for nobody."""

import time

import pytest

from contracts.errors import DatabaseRefused, DatabaseUnavailable
from dashboard.data.health import probing
from dashboard.data.health.probing import Probe, Watch


class Server:
    """Answers with its number of connections; is away, or raises at a question, when told so."""

    def __init__(self):
        self.is_away = False
        self.fails = None
        self.connected = self.closed = 0

    def connect(self):
        self.connected += 1
        if self.is_away:
            raise DatabaseUnavailable("Postgres at secret:5432")
        return self

    def close(self, connection):
        self.closed += connection is not None

    def answer(self, _connection):
        return "answered"

    def trouble(self, _connection):
        if self.fails is not None:
            raise self.fails
        return self.connected

    def watch(self):
        return Watch(
            "test",
            connect=self.connect,
            close=self.close,
            probes=(Probe("fails", self.trouble, 0), Probe("fine", self.answer, 0)),
        )


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(probing, "_AGAIN_SECONDS", 0)
    return Server()


def said(watch, name):
    known = watch.known()[name]
    return known.value, known.trouble.kind if known.trouble else None


def test_a_question_that_fails_keeps_its_last_answer_and_leaves_the_others_alone(server):
    watch = server.watch()
    watch.look()
    assert (said(watch, "fails"), said(watch, "fine")) == ((1, None), ("answered", None))
    server.fails = DatabaseUnavailable("canceling statement due to statement timeout (SQLSTATE 57014)")
    watch.look()
    since = watch.known()["fails"].trouble.since
    watch.look()
    assert (said(watch, "fails"), said(watch, "fine")) == ((1, "away"), ("answered", None))
    assert watch.known()["fails"].trouble.since == since
    server.fails = None
    watch.look()
    assert said(watch, "fails") == (3, None)


@pytest.mark.parametrize("error", [DatabaseRefused("permission denied"), KeyError("publicados")])
def test_what_trying_again_does_not_mend_is_said_to_have_failed(server, error):
    watch = server.watch()
    server.fails = error
    watch.look()
    assert (said(watch, "fails"), said(watch, "fine")) == ((None, "failed"), ("answered", None))


def test_a_server_that_is_away_is_asked_once_for_all_questions(server):
    watch = server.watch()
    server.is_away = True
    watch.look()
    assert (said(watch, "fails"), said(watch, "fine"), server.connected) == ((None, "away"), (None, "away"), 1)
    server.is_away = False
    watch.look()
    assert (said(watch, "fails"), said(watch, "fine"), server.connected) == ((2, None), ("answered", None), 2)


def test_once_nobody_asks_the_connection_is_given_back_and_the_next_one_has_answers_again(server, monkeypatch):
    monkeypatch.setattr(probing, "_IDLE_SECONDS", 0)
    monkeypatch.setattr(probing, "_LOOK_EVERY_SECONDS", 0.01)
    watch = server.watch()
    for times in (1, 2):
        watch.ask()
        watch.wait_for_first(10)
        deadline = time.monotonic() + 10
        while server.closed < times:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert said(watch, "fine") == ("answered", None)
