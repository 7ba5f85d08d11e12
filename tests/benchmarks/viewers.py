"""Viewers of a dashboard, many of them in one process: of the stream, and of Streamlit pages."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


async def watch_streams(address: str, topics: Sequence[tuple[str, str]], count: int, seconds: float) -> float:
    """``count`` viewers of the live stream, spread over (window, language); frames per viewer and second."""
    frames = [0] * count
    began = asyncio.Event()

    async def view(at: int) -> None:
        parts = urlsplit(address)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 20)
        window, language = topics[at % len(topics)]
        query = f"/vitrine/stream?window={window}&language={language}"
        writer.write(f"GET {query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        await writer.drain()
        try:
            while line := await reader.readline():
                if line.startswith(b"data: ") and began.is_set():
                    frames[at] += 1
        finally:
            writer.close()

    tasks = [asyncio.create_task(view(it)) for it in range(count)]
    # The first frames of all.
    await asyncio.sleep(2)
    began.set()
    await asyncio.sleep(seconds)
    for it in tasks:
        it.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(it, asyncio.CancelledError) for it in ended), f"a viewer was lost: {ended}"
    return sum(frames) / count / seconds


class StreamlitViewer:
    """One session of a Streamlit page, as its browser would hold it."""

    def __init__(self, address: str) -> None:
        self._address = f"ws://{urlsplit(address).netloc}/_stcore/stream"
        self.runs: list[float] = []
        self.fragment_id = ""

    async def __aenter__(self) -> "StreamlitViewer":
        self._socket = await websockets.connect(
            self._address, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def run(self, query: str = "", page: str = "", *, fragment_id: str = "") -> None:
        """One run of the page, or of a fragment of it, to its end; notes how long it took."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        if fragment_id:
            message.rerun_script.fragment_id = fragment_id
            message.rerun_script.is_auto_rerun = True
        began = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await self._socket.recv())
            kind = answer.WhichOneof("type")
            if kind == "auto_rerun":
                self.fragment_id = answer.auto_rerun.fragment_id
            elif kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                element = answer.delta.new_element
                assert element.WhichOneof("type") != "exception", element.exception.message
            elif kind == "script_finished":
                break
        self.runs.append(time.perf_counter() - began)


async def _steadily(
    viewer: StreamlitViewer, wait: float, until: float, every: float, run: Sequence[str], page: str
) -> None:
    number = 0
    await asyncio.sleep(wait)
    while time.monotonic() < until:
        began = time.monotonic()
        number += 1
        await viewer.run(run[number % len(run)], page, fragment_id=viewer.fragment_id if page == "" else "")
        await asyncio.sleep(max(0.0, began + every - time.monotonic()))


async def run_pages(
    address: str, count: int, seconds: float, *, every: float, queries: Sequence[str] = ("",), page: str = ""
) -> list[float]:
    """Sessions that run a page once in ``every`` seconds; seconds of each run but the first of each session.

    With an empty ``page`` it is the fragment that asked to be run again.
    """
    viewers = [StreamlitViewer(address) for _ in range(count)]
    try:
        for it in viewers:
            await it.__aenter__()
            await it.run(queries[0], page)
            it.runs.clear()
        until = time.monotonic() + seconds
        # Viewers do not act at the same instant.
        waits = [every * at / count for at in range(count)]
        await asyncio.gather(
            *(_steadily(it, wait, until, every, queries, page) for it, wait in zip(viewers, waits, strict=True))
        )
    finally:
        for it in viewers:
            with suppress(AttributeError):
                await it.__aexit__()
    return [seconds for it in viewers for seconds in it.runs]
