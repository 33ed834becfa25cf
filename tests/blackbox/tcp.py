"""A TCP line that a test can spoil: what a server believes to be Redis, Postgres or the provider is this."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from urllib.parse import urlsplit


class Switchboard:
    """Listens on a loopback port and passes on to the host and port of ``url``, from a thread of its own.

    ``cut`` resets and refuses, ``freeze`` keeps every connection and passes nothing on (a black hole), ``slow`` makes
    each piece wait, ``cut_after`` resets a connection once so many bytes have come from the far side. ``mend`` ends
    all of it.
    """

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open = True
        self._delay = 0.0
        self._most: int | None = None
        self._flowing = asyncio.Event()

    @property
    def url(self) -> str:
        """``url`` with this line's address in it."""
        port = self._server.sockets[0].getsockname()[1]
        secret, at, _ = self._target.netloc.rpartition("@")
        return self._target._replace(netloc=f"{secret}{at}127.0.0.1:{port}").geturl()

    def cut(self) -> None:
        """Reset every connection, refuse new ones."""
        self._open = False
        self._loop.call_soon_threadsafe(self._reset)

    def freeze(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def slow(self, seconds: float) -> None:
        """Every piece, in both directions, waits this long."""
        self._delay = seconds

    def cut_after(self, most: int) -> None:
        """Reset each new connection once ``most`` bytes have come from the far side."""
        self._most = most

    def mend(self) -> None:
        self._open, self._delay, self._most = True, 0.0, None
        self._loop.call_soon_threadsafe(self._flowing.set)

    def __enter__(self) -> Switchboard:
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(self._start(), self._loop)
        self._server = started.result(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _start(self) -> asyncio.Server:
        self._flowing.set()
        return await asyncio.start_server(self._connected, "127.0.0.1", 0)

    def _reset(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        except OSError:  # nobody is there: the near side sees what it would see without us
            writer.transport.abort()
            return
        pair = {writer, far_writer}
        self._writers |= pair
        await asyncio.gather(
            self._pass_on(reader, far_writer, None), self._pass_on(far_reader, writer, self._most)
        )
        self._writers -= pair

    async def _pass_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, most: int | None
    ) -> None:
        passed = 0
        try:
            while chunk := await source.read(65536):
                await self._flowing.wait()
                await asyncio.sleep(self._delay)
                passed += len(chunk)
                if most is not None and passed >= most:
                    sink.write(chunk[: len(chunk) - (passed - most)])
                    await asyncio.sleep(0.05)  # or the reset would overtake what was just written
                    sink.transport.abort()
                    return
                sink.write(chunk)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()
