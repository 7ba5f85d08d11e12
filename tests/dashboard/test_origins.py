"""Who may open a socket: nobody else's page, and without a question to anybody."""

import asyncio

import pytest

from dashboard.origins import OwnOrigin


def reached(kind, **headers):
    """Whether a request reaches the application, and what was answered where it does not."""
    sent, seen = [], []

    async def application(scope, receive, send):
        seen.append(scope)

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    asyncio.run(OwnOrigin(application)(scope, None, send))
    return bool(seen), sent


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://vitrine.example", "host": "vitrine.example"},
        {"origin": "http://vitrine.example:8501", "host": "vitrine.example:8501"},
        {"origin": "http://127.0.0.1:8080", "host": "vitrine-dashboard.run.example"},
        {"origin": "http://localhost:8080", "host": "vitrine-dashboard.run.example"},
        {"host": "vitrine.example"},
    ],
)
def test_a_page_of_this_server_and_one_behind_the_viewers_own_proxy_may_open_a_socket(headers):
    assert reached("websocket", **headers) == (True, [])


@pytest.mark.parametrize(
    "origin",
    [
        "https://stranger.example",
        "https://vitrine.example.stranger.example",
        "https://vitrine.example:444",
        "http://localhost.stranger.example",
        "https://vitrine.example@stranger.example",
        "null",
    ],
)
def test_a_page_of_any_other_origin_may_not(origin):
    answer = [{"type": "websocket.close", "code": 1008}]
    assert reached("websocket", origin=origin, host="vitrine.example") == (False, answer)


def test_requests_that_are_no_sockets_are_not_looked_at():
    assert reached("http", origin="https://stranger.example", host="vitrine.example") == (True, [])
