"""One address in front of several servers: asks each whether it is ready, and takes a 503 to the next one, as proxies
in front of web servers do."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType

from tests.blackbox.processes import Server

HEAD = b"\r\n\r\n"


class Balancer:
    def __init__(self, *servers: Server) -> None:
        self.servers = list(servers)
        self.refused = 0
        self._turn = 0

    @property
    def port(self) -> int:
        return int(self._listener.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Balancer:
        self._listener = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(HEAD)
            for _ in range(4 * len(self.servers)):
                self._turn += 1
                server = self.servers[self._turn % len(self.servers)]
                if await self._is_ready(server) and await self._serve(server, head, reader, writer):
                    break
            else:
                self.refused += 1
        writer.close()

    async def _is_ready(self, server: Server) -> bool:
        try:
            far, near = await asyncio.open_connection("127.0.0.1", server.port)
        except OSError:
            return False
        with contextlib.suppress(OSError):
            near.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            answer = await far.read(12)
            near.close()
            return answer.endswith(b" 200")
        return False

    async def _serve(
        self, server: Server, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """False if somebody else has to: nobody there, or 503."""
        try:
            far, near = await asyncio.open_connection("127.0.0.1", server.port)
            near.write(head)
            answer = await far.readuntil(HEAD)
        except (OSError, asyncio.IncompleteReadError):
            return False
        if answer.split(b" ", 2)[1] == b"503":
            near.close()
            return False
        writer.write(answer)
        await asyncio.gather(_pass_on(reader, near), _pass_on(far, writer))
        return True


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(65536):
            sink.write(chunk)
            await sink.drain()
    sink.close()
