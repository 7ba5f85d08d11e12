"""What the dashboard keeps to itself, and what it refuses."""

import os
import urllib.error
import urllib.request
from contextlib import nullcontext

import pytest
from playwright.sync_api import expect

from tests.integration.dashboard.conftest import Dashboard
from tests.integration.dashboard.content import write_history
from tests.integration.dashboard.locators import NB, tile

# The page of sales, the panels of health, and the answers of history while a file is there: all of it raises.
BROKEN = """
import sys
from pathlib import Path
from contracts import settings
from dashboard import context, questions, server
from dashboard.screens import history

def broken(*_):
    raise RuntimeError("password=hunter2")

render, answer = history.render, questions.answer
history.render = lambda question, *given: (broken if question.path == "vendas" else render)(question, *given)
questions.answer = lambda *given: (broken if Path(sys.argv[1]).exists() else answer)(*given)
context.health = context.rejected = broken
server.run(settings.load())
"""
UNEXPECTED = "Algo inesperado aconteceu ao montar esta página."


@pytest.fixture(scope="module")
def broken_dashboard(servers, migrated, tmp_path_factory):
    """A server in whose pages something raises that nobody expects, and the file that breaks history's answers."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    trouble = tmp_path_factory.mktemp("broken") / "trouble"
    server = Dashboard(inherited | servers.environment, "-c", BROKEN, str(trouble))
    server.start()
    yield server, trouble
    assert server.stop() == 0


def assert_no_trace(page):
    shown = page.locator("body").inner_text()
    assert [it for it in ("hunter2", "Traceback", "RuntimeError", ".py") if it in shown] == []


def test_what_raises_unexpectedly_shows_no_trace_and_none_of_its_words(broken_dashboard, browser):
    server, _ = broken_dashboard
    page = browser.new_page(locale="pt-BR")
    for path in ("vendas", "saude"):
        page.goto(f"{server.address}/{path}")
        expect(page.get_by_text(UNEXPECTED).first).to_be_visible()
        assert_no_trace(page)
    page.close()


def test_what_raises_when_a_part_of_a_page_looks_again_shows_no_trace_either(broken_dashboard, configuration, browser):
    server, trouble = broken_dashboard
    write_history(configuration)
    page = browser.new_page(locale="pt-BR")
    page.goto(f"{server.address}/geografia?intervalo=7d")
    net_sales = tile(page, "net_sales").locator(".value")
    expect(net_sales).to_have_text(f"R${NB}1.234,56")
    # Every few seconds the page's body is drawn alone, outside of all that is around it.
    trouble.touch()
    expect(page.get_by_text(UNEXPECTED)).to_be_visible()
    assert_no_trace(page)
    trouble.unlink()
    page.get_by_role("button", name="Filtros").click()
    page.get_by_role("combobox", name="UF").click()
    page.get_by_role("option", name="RJ · Rio de Janeiro").click()
    expect(net_sales).to_have_text(f"R${NB}234,56")
    expect(page.get_by_text(UNEXPECTED)).to_have_count(0)
    # The same where it is drawn anew because another filter was chosen; the filters stay.
    trouble.touch()
    page.get_by_role("option", name="SP · São Paulo").click()
    expect(page.get_by_text(UNEXPECTED)).to_be_visible()
    expect(page.get_by_role("dialog", name="Filtros · 1")).to_be_visible()
    assert_no_trace(page)
    page.close()
    trouble.unlink()


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
