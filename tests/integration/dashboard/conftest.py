"""The dashboard as a process over a real Redis and a real Postgres, and a real browser to look at it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from contracts import database, live_store, migrate, settings
from local.servers import start_all
from tests.dashboard.browser import Watch, chromium

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "dashboard"

expect.set_options(timeout=15_000)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Dashboard:
    """The server as a process of its own."""

    def __init__(self, environment, *program):
        """``program`` is what Python runs, where it is not the dashboard as it is."""
        port = free_port()
        self._program = program or ("-m", "dashboard")
        self.address = f"http://127.0.0.1:{port}"
        self._environment = environment | {"VITRINE_DASHBOARD_PORT": str(port), "VITRINE_LOG_FORMAT": "json"}
        self.process = None

    def start(self):
        self.process = subprocess.Popen([sys.executable, *self._program], env=self._environment)
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=2) as answer:
                    assert answer.read() == b"ok"
                    return
            except OSError:
                assert self.process.poll() is None, "the dashboard ended while starting"
                assert time.monotonic() < deadline, "the dashboard did not answer within 60 s"
                time.sleep(0.1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@contextmanager
def stopped(server):
    """Without a server, which is there again for the tests to come whatever this one finds."""
    server.stop(30)
    try:
        yield
    finally:
        server.start()
        server.ready(60)


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    with start_all(tmp_path_factory.mktemp("servers"), only={"postgres", "redis"}) as started:
        yield started


@pytest.fixture(scope="session")
def configuration(servers):
    return settings.load(servers.environment)


@pytest.fixture(scope="session")
def migrated(configuration):
    """The schema, once."""
    opened = database.connect(configuration, application="test")
    migrate.migrate(opened)
    opened.close()


@pytest.fixture
def connection(configuration, migrated):
    """A connection of the test's own: its server is stopped and started by some of the tests."""
    opened = database.connect(configuration, application="test")
    yield opened
    database.close(opened)


@pytest.fixture
def redis_client(configuration):
    client = live_store.connect(configuration)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="session")
def dashboard(servers, migrated):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    server = Dashboard(inherited | servers.environment)
    server.start()
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def browser():
    """For one file: while Playwright runs no other test of the process could run an event loop."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def open_page(browser, dashboard, request):
    """Opens pages and holds them to what no page may do; keeps a picture of each at the end."""
    opened = []

    def open_it(path="/", *, watched=True, **options):
        context = browser.new_context(
            **{"viewport": {"width": 1440, "height": 1000}, "locale": "pt-BR", "reduced_motion": "reduce"} | options
        )
        page = context.new_page()
        opened.append((page, Watch(page, dashboard.address) if watched else None))
        page.goto(dashboard.address + path)
        return page

    yield open_it
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for at, (page, watch) in enumerate(opened):
        name = re.sub(r"\W+", "-", request.node.name).strip("-")
        page.screenshot(path=ARTIFACTS / f"{name}-{at}.png")
        page.context.close()
        assert watch is None or watch.complaints == []


@pytest.fixture
def order(configuration, dashboard):
    """Writes orders of the test's own; afterwards neither Postgres nor the server knows of them."""

    def execute(statement, parameters=()):
        # Postgres may have been stopped since the last one.
        opened = database.connect(configuration, application="test")
        opened.cursor().execute(statement, parameters)
        opened.commit()
        opened.close()

    def write(bought, *, written=None, total="129.90", buyer=None):
        """One order, written as it was bought where nothing else is said."""
        execute(
            "insert into transacoes_vendas values (%s, %s, %s, array[%s::uuid], array[1], %s, %s, 'pix', "
            "'processando', now(), null, %s)",
            (uuid.uuid4(), uuid.uuid4(), buyer or uuid.uuid4(), uuid.uuid4(), total, bought, written or bought),
        )

    yield write
    execute("delete from transacoes_vendas")
    assert dashboard.stop() == 0
    dashboard.start()


@pytest.fixture
def shop_connection(configuration, connection):
    """A connection of the test's own, to tables that are as after a migration."""
    opened = database.connect(configuration, application="test")
    opened.cursor().execute(
        "truncate operacao.batimentos, eventos_rejeitados, operacao.recomposicoes, operacao.reconciliacoes, "
        "metricas.execucoes, metricas.execucao_atual cascade"
    )
    opened.commit()
    yield opened
    database.close(opened)
