"""A provider whose every frame the test chooses: it keeps the lock's half of the protocol and says nothing by itself.

The sandbox behaves like a real provider, so there are carriers that it never uses and orders that it never sends
events in. This one is a websocket server inside the test: what the test pushes is what the guard receives.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.guard.core.provider import event, session

Event = dict[str, Any]


class Line:
    """One guarded session, seen from the provider. ``heard`` is every event that came up, in order."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        self._shape: Event = {}
        self._news = asyncio.Condition()
        self.heard: list[Event] = []

    async def push(self, events: Iterable[Event | str]) -> None:
        for each in events:
            await self._socket.send(json.dumps(each) if isinstance(each, dict) else each)

    async def hang_up(self) -> None:
        """Gone without a word."""
        self._socket.transport.abort()

    def of(self, event_type: str) -> list[Event]:
        return [each for each in self.heard if each["type"] == event_type]

    async def wait(self, event_type: str, count: int = 1, seconds: float = 8.0) -> list[Event]:
        """The events of this type that came up, once there are ``count``."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(self.of(event_type)) >= count)
        return self.of(event_type)

    async def listen(self) -> None:
        await self.push([session("session.created")])
        try:
            async for frame in self._socket:
                await self._hear(json.loads(frame))
        except ConnectionClosed:
            pass

    async def _hear(self, said: Event) -> None:
        async with self._news:
            self.heard.append(said)
            self._news.notify_all()
        if said["type"] == "session.update":
            self._shape = _merged(self._shape, said["session"])
            await self.push([session("session.updated", **self._shape)])


class ScriptedProvider:
    def __init__(self) -> None:
        self.lines: list[Line] = []

    async def answer(self, socket: ServerConnection) -> None:
        line = Line(socket)
        self.lines.append(line)
        await line.listen()


@asynccontextmanager
async def scripted_provider(port: int) -> AsyncIterator[ScriptedProvider]:
    provider = ScriptedProvider()
    async with serve(provider.answer, "127.0.0.1", port, compression=None, max_size=None, close_timeout=1):
        yield provider


def marker(name: str) -> Event:
    """An event that means nothing and passes: whoever sees it has seen all that was sent before."""
    return event("test.marker", name=name)


def _merged(old: Event, new: Event) -> Event:
    """What the provider echoes: keys that a ``session.update`` leaves out stay as they were."""
    return old | {
        key: _merged(old.get(key) or {}, value) if isinstance(value, dict) else value
        for key, value in new.items()
    }
