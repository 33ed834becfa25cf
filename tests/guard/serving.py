"""A real server with our protocols on a real socket, and a few lines of ASGI in place of the product."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import connect

from controlplane.management.commands.serve import configuration
from guard import draining
from guard.lifespan import Lifespan
from guard.lifetime import GuardedServer
from tests.fakes import until

UPGRADE = (
    b"GET /x?token=ek_in_query HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dhwUTdZzT9ew+IbKkwB7hg==\r\nSec-WebSocket-Version: 13\r\n"
)


class Application:
    """Accepts, then does what the test says; notes what it was told, how far it got, and that it was closed."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.sent = 0
        self.behave: Callable[[Any, Any], Any] = self.listen

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await Lifespan(self.close)(scope, receive, send)
            return
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        await self.behave(receive, send)

    async def close(self) -> None:
        self.messages.append("closed")

    async def listen(self, receive: Any, send: Any) -> None:
        while True:
            self.messages.append(message := await receive())
            if message["type"] == "websocket.disconnect":
                return

    async def shout(self, receive: Any, send: Any) -> None:
        try:
            for self.sent in range(4000):
                await send({"type": "websocket.send", "text": "x" * 65536})
        except OSError:
            self.messages.append("gone")

    async def close_at_once(self, receive: Any, send: Any) -> None:
        await send({"type": "websocket.close", "code": 4411, "reason": "session_expired"})
        await self.listen(receive, send)


class Running:
    def __init__(self, drain_seconds: float = 0.0) -> None:
        self.application = Application()
        config = configuration("127.0.0.1", 0, 1)
        config.app, config.loop = self.application, "none"
        self.server = GuardedServer(config, drain_seconds)

    @property
    def port(self) -> int:
        return int(self.server.servers[0].sockets[0].getsockname()[1])

    def connect(self, **options: Any) -> Any:
        return connect(f"ws://127.0.0.1:{self.port}/x", proxy=None, **options)

    async def raw(self, head: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(head)
        return reader, writer


@contextlib.asynccontextmanager
async def serving(drain_seconds: float = 0.0) -> AsyncIterator[Running]:
    running = Running(drain_seconds)
    running.server.config.timeout_graceful_shutdown = 1
    running.server.config.load()
    task = asyncio.get_running_loop().create_task(running.server._serve())
    await until(lambda: running.server.started)
    yield running
    running.server.should_exit = True
    await asyncio.wait_for(task, 10)
    draining.stopping.clear()  # this process goes on
