"""One spoken answer of the sandbox through one guarded session, by the clock on the wall."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from guard.core.budget import DayUse
from guard.core.carried import Carried
from guard.core.commands import Command, Event, ToClient, ToUpstream
from guard.core.limits import Renewal
from guard.core.policy import AudioPolicy, Policy, Principal
from guard.core.redact import CATALOGUE, Redactor
from guard.core.session import Session

_MODEL = "gpt-realtime"
_SOUND = "response.output_audio.delta"
_BYTES_PER_SECOND = 48_000
"""PCM16, which sessions speak if nobody asks for something else."""
_REDACTOR = Redactor(CATALOGUE)


@dataclass(frozen=True, slots=True)
class Admitted:
    policy: Policy
    model: str = _MODEL
    session: Mapping[str, Any] = field(default_factory=dict)
    seconds_left: float = 3600.0
    expires_at: int = 0
    session_id: str = ""
    renewal: Renewal | None = None
    day: DayUse | None = None
    carried: Carried = field(default_factory=Carried)


@dataclass(slots=True)
class Heard:
    """Seconds since the answer was asked for: until the provider sent the first sound, until the client got it, and
    until the provider was done. ``stalled``: how long a player that starts with the first sound runs dry later."""

    sent: float = 0.0
    heard: float = 0.0
    done: float = 0.0
    stalled: float = 0.0
    _plays_until: float = 0.0

    def play(self, now: float, seconds: float) -> None:
        """A frame of so many seconds reaches the client."""
        self.heard = self.heard or now
        if self._plays_until:
            self.stalled += max(0.0, now - self._plays_until)
        self._plays_until = max(now, self._plays_until) + seconds


async def answer(url: str, audio: AudioPolicy, words: str) -> Heard:
    """Asks the sandbox to say ``words`` and notes what comes when."""
    async with connect(f"{url}?model={_MODEL}", compression=None, max_size=None) as socket:
        talk = _Talk(socket, Session(Admitted(_policy(audio)), time.monotonic()))
        while not talk.session.is_open:
            await talk.hear()
        return await talk.ask(words)


class _Talk:
    def __init__(self, socket: ClientConnection, session: Session) -> None:
        self.session = session
        self._socket = socket

    async def hear(self) -> tuple[Event, list[Event]]:
        """The next event of the provider, and what the client gets of it."""
        frame = await self._socket.recv()
        commands = self.session.receive_server(frame, time.monotonic())
        await self._send_up(commands)
        return json.loads(frame), [each.event for each in commands if isinstance(each, ToClient)]

    async def ask(self, words: str) -> Heard:
        content = [{"type": "input_text", "text": f"say {words}"}]
        item = {"type": "message", "role": "user", "content": content}
        for event in ({"type": "conversation.item.create", "item": item}, {"type": "response.create"}):
            await self._send_up(self.session.receive_client(json.dumps(event), time.monotonic()))
        began, heard = time.monotonic(), Heard()
        while not heard.done:
            said, shown = await self.hear()
            now = time.monotonic() - began
            if said["type"] == _SOUND:
                heard.sent = heard.sent or now
            for event in shown:
                if event["type"] == _SOUND:
                    heard.play(now, len(event["delta"]) * 3 / 4 / _BYTES_PER_SECOND)
            if said["type"] == "response.done":
                heard.done = now
        return heard

    async def _send_up(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if isinstance(command, ToUpstream):
                await self._socket.send(json.dumps(command.event))


def _policy(audio: AudioPolicy) -> Policy:
    return Policy(
        version=1,
        digest="",
        principal=Principal("1", "listener", "listener"),
        grants={},
        to_client=_REDACTOR,
        to_model=_REDACTOR,
        models=(_MODEL,),
        audio=audio,
    )
