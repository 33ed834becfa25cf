"""A client's socket, in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

Event = dict[str, Any]


class FakeSocket:
    """The server's side of a client's connection: ``scope``, ``receive``, ``send`` of ASGI."""

    def __init__(
        self, *, headers: Sequence[tuple[str, str]] = (), subprotocols: Sequence[str] = (), query: str = ""
    ) -> None:
        self.scope: dict[str, Any] = {
            "type": "websocket",
            "path": "/v1/realtime",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
            "subprotocols": list(subprotocols),
            "client": ("192.0.2.7", 50000),
            "extensions": {"websocket.http.response": {}},
        }
        self.messages: list[dict[str, Any]] = []
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.gone = False
        self.stuck = False
        self.changed = asyncio.Event()

    async def send(self, message: Any) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        if self.gone:
            raise OSError("the peer is gone")
        self.messages.append(dict(message))
        self.changed.set()

    async def receive(self) -> Any:
        return await self.incoming.get()

    def connect(self) -> None:
        self.incoming.put_nowait({"type": "websocket.connect"})

    def text(self, event: Event | str) -> None:
        text = event if isinstance(event, str) else json.dumps(event)
        self.incoming.put_nowait({"type": "websocket.receive", "text": text})

    def leave(self, code: int = 1000) -> None:
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": code})

    @property
    def events(self) -> list[Event]:
        return [json.loads(m["text"]) for m in self.messages if m["type"] == "websocket.send"]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def close(self) -> tuple[int, str] | None:
        for message in self.messages:
            if message["type"] == "websocket.close":
                return message.get("code", 0), message.get("reason", "")
        return None
