"""A TCP proxy between a client and a server, which can be slow or away."""

import asyncio
import threading
from types import TracebackType
from typing import Self

_CHUNK = 1 << 14


class Proxy:
    """Listens on ``address`` and passes bytes on to ``target`` (both ``host:port``). Use as a context manager.

    Its methods take effect on connections that are open, too.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._delay, self._quick = 0.0, 0
        self._is_away = False
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self.address = ""

    def __enter__(self) -> Self:
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self.address = f"127.0.0.1:{server.result(10).sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.away()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def slow(self, seconds: float, *, after: int = 0) -> None:
        """Hold every 16 kB of both directions back for so long, once a direction has passed ``after`` bytes."""
        self._delay, self._quick = seconds, after

    def away(self) -> None:
        """Cut every connection, and every one that is tried."""
        self._is_away = True
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(10)

    def back(self) -> None:
        """Let connections through again."""
        self._is_away = False

    async def _cut(self) -> None:
        for it in self._open:
            it.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_away:
            writer.transport.abort()
            return
        self._open.add(writer)
        try:
            begin = await self._begin(reader, writer)
            if begin is not None:
                await self._join(begin, reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
        """What the server gets before all that is still to be read; None where it gets nothing at all."""
        return b""

    async def _join(self, begin: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._open.add(far_writer)
        try:
            far_writer.write(begin)
            await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))
        finally:
            self._open.discard(far_writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        try:
            while content := await reader.read(_CHUNK):
                if self._delay and passed >= self._quick:
                    await asyncio.sleep(self._delay)
                passed += len(content)
                writer.write(content)
                await writer.drain()
        except ConnectionError:
            pass  # cut, by us or by one of the two: the other side is cut below
        finally:
            writer.close()
