"""What drivers built on libpq are told, with a password and with Cloud SQL's IAM login."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from contracts import database, settings

ADDRESS = {"VITRINE_POSTGRES_HOST": "banco.interno", "VITRINE_POSTGRES_USER": "vitrine-batch@loja-1.iam"}


class Metadata(ThreadingHTTPServer):
    """What a machine of Google's asks for its account's tokens; each is another."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Metadata

    def do_GET(self) -> None:
        answer: dict[str, object] = {
            "email": "vitrine-batch@loja-1.iam.gserviceaccount.com",
            "aliases": [],
            "scopes": [],
        }
        if "/token" in self.path:
            self.server.asked.append(self.path)
            answer = {"access_token": f"ya29/{len(self.server.asked)}", "expires_in": 3600, "token_type": "Bearer"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Quiet."""


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Metadata]:
    server = Metadata()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    host = f"127.0.0.1:{server.server_address[1]}"
    for name in ("GCE_METADATA_HOST", "GCE_METADATA_ROOT", "GCE_METADATA_IP"):
        monkeypatch.setenv(name, host)
    # No credentials of whoever runs the tests.
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_a_password_is_part_of_the_uri_and_quoted() -> None:
    loaded = settings.load({**ADDRESS, "VITRINE_POSTGRES_PASSWORD": "a/b"})
    assert database.libpq_uri(loaded) == "postgresql://vitrine-batch%40loja-1.iam:a%2Fb@banco.interno:5432/vitrine"


def test_a_certificate_s_authority_is_checked() -> None:
    loaded = settings.load({**ADDRESS, "VITRINE_POSTGRES_ROOT_CERTIFICATE": "/secrets/ca/value"})
    assert database.libpq_uri(loaded).endswith("/vitrine?sslmode=verify-ca&sslrootcert=%2Fsecrets%2Fca%2Fvalue")


def test_an_iam_user_s_password_is_a_fresh_token_each_time(metadata: Metadata) -> None:
    import google.auth.compute_engine._metadata as module

    # The library reads the address once, when it is imported; other tests may have done so.
    root = f"http://127.0.0.1:{metadata.server_address[1]}"
    patched = pytest.MonkeyPatch()
    patched.setattr(module, "_GCE_METADATA_HOST", root.removeprefix("http://"), raising=False)
    try:
        loaded = settings.load({**ADDRESS, "VITRINE_POSTGRES_INSTANCE": "loja-1:us-central1:vitrine-1"})
        first, second = database.libpq_uri(loaded), database.libpq_uri(loaded)
    finally:
        patched.undo()
    assert first == "postgresql://vitrine-batch%40loja-1.iam:ya29%2F1@banco.interno:5432/vitrine"
    assert second == first.replace("ya29%2F1", "ya29%2F2")
    assert "sqlservice.login" in metadata.asked[0]
