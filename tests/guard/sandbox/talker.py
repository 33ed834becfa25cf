"""A bare client of the sandbox: sends events, keeps every event received. No SDK, so nothing is glossed over."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from guard.sandbox import Sandbox

Event = dict[str, Any]


class Talker:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.log: list[Event] = []

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def next(self) -> Event:
        event: Event = json.loads(await asyncio.wait_for(self.socket.recv(), 5))
        self.log.append(event)
        return event

    async def until(self, kind: str) -> list[Event]:
        """The events up to and with the next one of type ``kind``."""
        seen = [await self.next()]
        while seen[-1]["type"] != kind:
            seen.append(await self.next())
        return seen

    async def update(self, **session: Any) -> Event:
        """The next event after a ``session.update``: ``session.updated``, or ``error``."""
        await self.send("session.update", session={"type": "realtime", **session})
        return await self.next()

    async def say(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        await self.send(
            "conversation.item.create", item={"type": "message", "role": "user", "content": content}
        )
        await self.until("conversation.item.done")

    async def turn(self, text: str, **response: Any) -> list[Event]:
        """The events of the answer to ``text``, ``response.created`` to ``rate_limits.updated``."""
        await self.say(text)
        return await self.respond(**response)

    async def respond(self, **response: Any) -> list[Event]:
        await self.send("response.create", **({"response": response} if response else {}))
        return await self.until("rate_limits.updated")

    async def give(self, call_id: str, output: str) -> None:
        item = {"type": "function_call_output", "call_id": call_id, "output": output}
        await self.send("conversation.item.create", item=item)
        await self.until("conversation.item.done")

    async def append(self, sound: bytes, size: int = 4800) -> None:
        for start in range(0, len(sound), size):
            audio = base64.b64encode(sound[start : start + size]).decode()
            await self.send("input_audio_buffer.append", audio=audio)


@asynccontextmanager
async def talking(sandbox: Sandbox, model: str = "gpt-realtime", **session: Any) -> AsyncIterator[Talker]:
    """A client in text mode, past ``session.created`` and ``session.updated``; ``session`` adds to the update."""
    async with connect(f"{sandbox.url}?model={model}") as socket:
        talker = Talker(socket)
        await talker.until("session.created")
        await talker.update(**{"output_modalities": ["text"], **session})
        yield talker


def kinds(events: list[Event]) -> list[str]:
    """The types in order, repeats in a row once."""
    types = [event["type"] for event in events]
    return [kind for place, kind in enumerate(types) if place == 0 or types[place - 1] != kind]


def of(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event["type"] == kind]


def done(events: list[Event]) -> Event:
    """``response`` of the last ``response.done``."""
    response: Event = of(events, "response.done")[-1]["response"]
    return response


def joined(events: list[Event], kind: str) -> str:
    return "".join(event["delta"] for event in of(events, kind))


def sound(events: list[Event]) -> bytes:
    return b"".join(base64.b64decode(event["delta"]) for event in of(events, "response.output_audio.delta"))
