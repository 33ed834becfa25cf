"""A raw client: sends what it is told to, keeps every frame exactly as it came."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Event = dict[str, Any]

TEXT_DELTAS = (
    "response.output_text.delta",
    "response.output_audio_transcript.delta",
    "response.function_call_arguments.delta",
    "conversation.item.input_audio_transcription.delta",
)


class Talker:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[str | bytes] = []
        self.closed_at = 0.0
        self.last_frame_at = 0.0
        self._news = asyncio.Condition()
        self.reading = asyncio.get_running_loop().create_task(self._read())

    # -- what was heard

    @property
    def events(self) -> list[Event]:
        return [json.loads(frame) for frame in self.frames]

    def of(self, *types: str) -> list[Event]:
        return [event for event in self.events if event["type"] in types]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def heard(self) -> str:
        """All text of all deltas, put together in the order of arrival."""
        return "".join(event["delta"] for event in self.of(*TEXT_DELTAS))

    def everything(self) -> str:
        return (
            "\n".join(frame if isinstance(frame, str) else frame.decode() for frame in self.frames)
            + self.heard
        )

    # -- what is said

    async def send(self, *events: Event | str | bytes) -> None:
        for event in events:
            await self.connection.send(json.dumps(event) if isinstance(event, dict) else event)

    async def say(self, text: str) -> Event:
        """A user's turn, up to the end of the response. Returns the ``response.done``."""
        done = len(self.of("response.done"))
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.send({"type": "conversation.item.create", "item": item}, {"type": "response.create"})
        return (await self.wait("response.done", done + 1))[-1]

    async def answer(self, call_id: str, output: Any) -> Event:
        """A tool's result, up to the end of the response to it."""
        done = len(self.of("response.done"))
        text = output if isinstance(output, str) else json.dumps(output)
        item = {"type": "function_call_output", "call_id": call_id, "output": text}
        await self.send({"type": "conversation.item.create", "item": item}, {"type": "response.create"})
        return (await self.wait("response.done", done + 1))[-1]

    # -- what is waited for

    async def wait(self, event_type: str, count: int = 1, seconds: float = 8.0) -> list[Event]:
        """The events of this type, once there are ``count``."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(self.of(event_type)) >= count or self.reading.done())
        found = self.of(event_type)
        assert len(found) >= count, (
            f"closed with {self.connection.close_code} before {event_type}: {self.types[-5:]}"
        )
        return found

    async def closed(self, seconds: float = 8.0) -> tuple[int | None, str | None]:
        """Code and reason of the server's close frame."""
        async with asyncio.timeout(seconds):
            await asyncio.shield(self.reading)
        return self.connection.close_code, self.connection.close_reason

    async def _read(self) -> None:
        try:
            while True:
                frame = await self.connection.recv()
                self.last_frame_at = time.time()
                async with self._news:
                    self.frames.append(frame)
                    self._news.notify_all()
        except ConnectionClosed:
            pass
        finally:
            self.closed_at = time.time()
            async with self._news:
                self._news.notify_all()


@asynccontextmanager
async def open_talker(
    url: str, headers: dict[str, str], subprotocols: Sequence[str] = (), locked: bool = True, **options: Any
) -> AsyncIterator[Talker]:
    """Connects; waits for ``session.created`` unless ``locked`` is False."""
    async with connect(
        url,
        additional_headers=headers,
        subprotocols=list(subprotocols) or None,  # type: ignore[arg-type]
        max_size=None,
        proxy=None,
        compression=None,
        close_timeout=1,
        **options,
    ) as connection:
        talker = Talker(connection)
        try:
            if locked:
                await talker.wait("session.created")
            yield talker
        finally:
            talker.reading.cancel()
            await asyncio.wait([talker.reading])
