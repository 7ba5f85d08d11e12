"""What stands in front of the page stands in front of all it is made of, and no other origin gets any of it."""

import functools
import http.client
import re
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from dashboard import static
from tests.dashboard.browser import Watch
from tests.integration.dashboard.content import fill, write_history
from tests.integration.dashboard.gate import COOKIE, Gate
from tests.integration.dashboard.locators import NB, state, tile

STREAM = "/vitrine/stream?window=15min&language=pt"
FRAME = "/vitrine/frame?window=15min&language=pt"
TABLE = "/vitrine/tabela/vendas/periodos.csv?intervalo=7d"
SOCKET = "/_stcore/stream"
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture
def gate(dashboard):
    """A login in front of the dashboard, and the address by which browsers know it."""
    with Gate(urlsplit(dashboard.address).netloc) as opened:
        # A name that Streamlit knows nothing of, as in real life.
        yield opened, f"http://vitrine.localhost:{opened.address.rpartition(':')[2]}"


def answered(address, path, headers=None):
    """Status and headers; what follows them may have no end."""
    connection = http.client.HTTPConnection(address, timeout=15)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers
    finally:
        connection.close()


def test_with_a_login_all_comes_through_it_and_without_one_none_of_it(configuration, redis_client, browser, gate):
    opened, address = gate
    minute = fill(redis_client)
    write_history(configuration)
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="pt-BR", reduced_motion="reduce")
    context.add_cookies([COOKIE | {"url": address}])
    page = context.new_page()
    watch = Watch(page, address)
    page.goto(address)
    net_sales = tile(page, "net_sales").locator(".value")
    expect(net_sales).to_have_text(f"R${NB}1.200,00")
    expect(state(page)).to_have_text("Ao vivo")
    expect(page.locator(".states canvas")).to_be_visible()
    fill(redis_client, gross=200_000, now=minute)
    expect(net_sales).to_have_text(f"R${NB}1.965,44")
    page.get_by_role("link", name="Vendas").click()
    expect(net_sales).to_have_text(re.compile(r"R\$"))
    page.get_by_role("radio", name="Semana").click()
    expect(page).to_have_url(re.compile("periodo=semana"))
    with page.expect_download() as download:
        page.locator("[data-block=periodos]").get_by_role("link", name="CSV").click()
    assert "Líquida" in download.value.path().read_text("utf-8-sig")
    page.get_by_role("link", name="Saúde").click()
    expect(page.locator(".verdict strong")).not_to_have_text("")
    context.close()

    assert watch.complaints == []
    assert opened.refused == set()
    paths = {urlsplit(it).path for it in opened.passed}
    assert {"/", "/vitrine/stream", SOCKET, static.address("echarts.js"), static.address("brasil_uf.geojson")} <= paths
    assert any(it.startswith("/vitrine/tabela/vendas/periodos.csv") for it in paths)
    # The figures came by the stream, not one by one.
    assert "/vitrine/frame" not in paths
    for path in opened.passed | {FRAME, "/vendas", "/saude", "/_stcore/health", "/_stcore/metrics"}:
        headers = WEBSOCKET if path.startswith(SOCKET) else {}
        assert answered(opened.address, path, headers)[0] == 401, path


def test_without_a_login_a_browser_gets_no_page_and_nothing_else(browser, gate):
    opened, address = gate
    context = browser.new_context()
    answer = context.new_page().goto(address)
    assert answer.status == 401
    assert answer.body() == b"log in now"
    context.close()
    assert opened.passed == set()


@pytest.mark.parametrize("path", [STREAM, FRAME, TABLE, SOCKET, "/", "/saude", "/_stcore/health"])
def test_each_address_is_answered_with_a_login_and_refused_without(configuration, redis_client, gate, path):
    opened, _ = gate
    fill(redis_client)
    write_history(configuration)
    headers = WEBSOCKET if path == SOCKET else {}
    logged_in = {"Cookie": f"other=1; {COOKIE['name']}={COOKIE['value']}"}
    assert answered(opened.address, path, headers | logged_in)[0] == (101 if path == SOCKET else 200)
    assert answered(opened.address, path, headers)[0] == 401
    assert answered(opened.address, path, headers | {"Cookie": f"{COOKIE['name']}=eve"})[0] == 401


# What a page's script gets of the dashboard at `address`.
TAKEN = """async ([address, paths, socket]) => {
  const fetched = async (path) => {
    const ending = new AbortController();
    try { return (await fetch(address + path, { signal: ending.signal })).ok ? "read" : "an error"; }
    catch { return "refused"; }
    finally { ending.abort(); }
  };
  const opened = (source, started) => new Promise((done) => {
    source[started] = () => { done("read"); source.close(); };
    source.onerror = () => { done("refused"); source.close(); };
  });
  const taken = {};
  for (const path of paths) taken[path] = await fetched(path);
  taken.events = await opened(new EventSource(address + paths[0]), "onmessage");
  taken.socket = await opened(new WebSocket(address.replace("http", "ws") + socket), "onopen");
  return taken;
}"""


@pytest.fixture
def stranger(tmp_path):
    """The address of somebody else's page."""
    (tmp_path / "index.html").write_text("<!doctype html><title>Stranger</title>")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://stranger.localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_page_of_another_origin_can_read_nothing_of_it(configuration, dashboard, redis_client, browser, stranger):
    fill(redis_client)
    write_history(configuration)
    paths = [STREAM, FRAME, TABLE, static.address("echarts.js"), "/", "/_stcore/health"]
    page = browser.new_page()

    def taken_by(origin):
        page.goto(origin)
        return page.evaluate(TAKEN, [dashboard.address, paths, SOCKET])

    everything = [*paths, "events", "socket"]
    # The same script on the dashboard's own page: it is the origin that makes the difference.
    assert taken_by(dashboard.address) == dict.fromkeys(everything, "read")
    assert taken_by(stranger) == dict.fromkeys(everything, "refused")
    page.close()


@pytest.mark.parametrize("path", [STREAM, FRAME, TABLE, static.address("echarts.js"), "/", "/_stcore/health"])
def test_no_answer_invites_another_origin(configuration, dashboard, redis_client, path):
    fill(redis_client)
    write_history(configuration)
    status, headers = answered(urlsplit(dashboard.address).netloc, path, {"Origin": "http://stranger.localhost"})
    assert status == 200
    assert [it for it in headers if it.lower().startswith("access-control")] == []
