"""What the dashboard keeps to itself, and what it refuses."""

import os
import urllib.error
import urllib.request
from contextlib import nullcontext

import pytest
from playwright.sync_api import expect

from dashboard.questions import QUESTIONS
from tests.integration.dashboard.conftest import Dashboard
from tests.integration.dashboard.content import write_history


@pytest.fixture
def broken_dashboard(servers, migrated):
    """A server in whose pages something raises that nobody expects."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    code = (
        "from contracts import settings\n"
        "from dashboard import context, server\n"
        "from dashboard.screens import history\n"
        "def broken(*_):\n"
        "    raise RuntimeError('password=hunter2')\n"
        "history.render = context.health = context.rejected = broken\n"
        "server.run(settings.load())\n"
    )
    server = Dashboard(inherited | servers.environment, "-c", code)
    server.start()
    yield server
    assert server.stop() == 0


def test_what_raises_unexpectedly_shows_no_trace_and_none_of_its_words(broken_dashboard, browser):
    page = browser.new_page(locale="pt-BR")
    for path in (QUESTIONS[0].path, "saude"):
        page.goto(f"{broken_dashboard.address}/{path}")
        expect(page.get_by_text("Algo inesperado aconteceu ao montar esta página.").first).to_be_visible()
        for told in ("hunter2", "Traceback", "RuntimeError", ".py"):
            assert told not in page.locator("body").inner_text()
    page.close()


def test_what_changes_anything_needs_the_token_that_only_a_page_of_ours_has(dashboard):
    upload = urllib.request.Request(
        f"{dashboard.address}/_stcore/upload_file/session/file",
        method="PUT",
        data=b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\nx\r\n--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(upload, timeout=5)
    assert refused.value.code == 403


@pytest.mark.parametrize("query", ["window=2min&language=pt", "window=15min&language=fr", ""])
def test_the_stream_refuses_what_it_does_not_know(dashboard, query):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{dashboard.address}/vitrine/stream?{query}", timeout=5)
    assert refused.value.code == 400
    assert b"window: one of 5min, 15min, 60min, today, 24h" in refused.value.read()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("vendas/periodos.csv?intervalo=99d", 200),
        ("vendas/periodos.exe", 404),
        ("vendas/nada.csv", 404),
        ("tudo/periodos.csv", 404),
        ("vendas/periodos.csv?intervalo=livre&de=2001-01-01&ate=2001-02-01", 404),
    ],
)
def test_a_table_is_had_by_its_name_only(configuration, dashboard, path, status):
    write_history(configuration)
    refused = pytest.raises(urllib.error.HTTPError, match=str(status)) if status != 200 else nullcontext()
    with refused, urllib.request.urlopen(f"{dashboard.address}/vitrine/tabela/{path}", timeout=10) as answer:
        assert answer.status == status
