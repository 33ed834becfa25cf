"""One client of the sandbox: reads its events, keeps its session and conversation, answers."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from guard.sandbox import clientevents, fixtures, settings
from guard.sandbox.conversation import Conversation, Item
from guard.sandbox.events import Event, Ids, Refusal, error_event
from guard.sandbox.faults import Faults, parse
from guard.sandbox.fixtures import Answer, Fixture
from guard.sandbox.hearing import Hearing
from guard.sandbox.options import Options
from guard.sandbox.response import Response
from guard.sandbox.script import Say
from guard.sandbox.sending import Sender
from guard.sandbox.session import Session
from guard.sandbox.settings import Settings
from guard.sandbox.tape import Tape

EXPIRED_CLOSE_CODE = 1001
_LONGEST_EVENT_ID = 512
_FAULT = "fault "
_EVENTS_PER_TURN = 8
"""Events sent before other connections get the loop, where no pause between deltas is asked for."""


class Connection:
    """``model`` is what the handshake asked for. ``sender.faults`` is what goes wrong on this connection. ``news``
    is set for every frame received."""

    def __init__(
        self,
        socket: ServerConnection,
        model: str,
        options: Options,
        faults: Faults,
        answers: tuple[Fixture, ...],
        news: asyncio.Event,
    ) -> None:
        self.socket, self.options, self.fixtures = socket, options, answers
        self.ids = Ids()
        self.seconds = options.seconds if faults.seconds is None else faults.seconds
        self.session = Session(self.ids.make("sess"), model, int(time.time() + self.seconds))
        self.conversation = Conversation(self.ids)
        self.hearing = Hearing()
        self.tape = Tape(options.log_bytes)
        self._news = news
        self.sender = Sender(socket, faults)
        self.active: Response | None = None
        self.streaming: dict[Response, asyncio.Task[None]] = {}
        self.speech_item: str | None = None
        self.aside: deque[Event] = deque()
        """Events that mix with those of a response: the user's words, recognised while the model already answers."""
        self.spoke = False
        self._tasks: asyncio.TaskGroup

    @property
    def open(self) -> bool:
        return self.socket.close_code is None

    def event(self, kind: str, **fields: Any) -> Event:
        return {"type": kind, "event_id": self.ids.make("event"), **fields}

    async def serve(self) -> None:
        """Until the connection is closed, by whomever."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._expire())
                await self.sender.event(self.event("session.created", session=self.session.shape))
                await self._read()
        except* ConnectionClosed:
            pass  # how every connection ends: recv and send say so to each task

    async def _read(self) -> None:
        while True:
            stall = self.sender.faults.stall_after
            if stall is not None and self.tape.received >= stall:
                await self.socket.wait_closed()
            frame = await self.socket.recv()
            self.tape.record(frame)
            self._news.set()
            await self._receive(frame)

    async def _receive(self, frame: str | bytes) -> None:
        event_id: str | None = None
        try:
            event = _parsed(frame)
            event_id = _event_id(event)
            await clientevents.perform(self, event)
        except Refusal as refusal:
            await self.refuse(refusal, event_id)

    async def refuse(self, refusal: Refusal, event_id: str | None) -> None:
        await self.sender.event(error_event(self.ids, refusal, event_id))

    async def _expire(self) -> None:
        await asyncio.sleep(self.seconds)
        minutes = f"{self.seconds / 60:g} minutes"
        message = f"Your session hit the maximum duration of {minutes}."
        await self.refuse(Refusal("session_expired", message), None)
        await self.socket.close(EXPIRED_CLOSE_CODE, message)

    async def respond(self, chosen: Settings) -> None:
        """Start an answer; it is streamed beside whatever else the client sends."""
        context = list(self.conversation) if chosen.input is None else list(chosen.input)
        answer = self._answer(chosen, context)
        if answer.frames:
            await self.sender.verbatim(answer.frames)
            return
        response = Response(self.ids, chosen, self.options, answer, self.conversation)
        if chosen.in_conversation:
            self.active = response
        self.streaming[response] = self._tasks.create_task(self._stream(response))

    def _answer(self, chosen: Settings, context: list[Item]) -> Answer:
        cue = chosen.cue(context)
        if cue.text.startswith(_FAULT) and not cue.outputs:
            return Answer((Say(self._set_faults(cue.text)),))
        return fixtures.answer(cue, self.fixtures)

    def _set_faults(self, text: str) -> str:
        words = dict(word.partition("=")[::2] for word in text.split()[1:])
        try:
            self.sender.faults = parse(words)
        except ValueError as problem:
            return f"No fault is set: {problem}"
        return f"Set for this connection: {text}"

    async def _stream(self, response: Response) -> None:
        faults = self.sender.faults
        await asyncio.sleep(faults.think_seconds)
        for place, event in enumerate(response.events()):
            if event["type"] == "response.done":
                # Before it is sent: a client may send its next response.create as soon as it reads this.
                self._finish(response)
            await self.sender.event(event)
            if self.aside:
                await self.sender.event(self.aside.popleft())
            if self.sender.faults.delta_seconds and "delta" in event:
                await asyncio.sleep(self.sender.faults.delta_seconds)
            elif place % _EVENTS_PER_TURN == 0:
                await asyncio.sleep(0)
        del self.streaming[response]
        await self.flush_aside()

    def _finish(self, response: Response) -> None:
        self.spoke = self.spoke or response.spoke
        if self.active is response:
            self.active = None

    async def until_interrupted(self) -> None:
        """Wait until an answer that the user cut off has said so; one that goes on is not waited for."""
        if self.active is not None and self.active.cut_short:
            await asyncio.wait([self.streaming[self.active]])

    async def flush_aside(self) -> None:
        while self.aside:
            await self.sender.event(self.aside.popleft())

    def settings_of_session(self) -> Settings:
        return settings.of_session(self.session.shape, self.options.interleave)

    def settings_of(self, request: object) -> Settings:
        return settings.of_request(
            self.session, self.conversation, self.ids, request, self.options.interleave
        )


def _parsed(frame: str | bytes) -> Event:
    if isinstance(frame, bytes):
        raise Refusal("invalid_event", "Binary frames are not accepted, send JSON text.")
    try:
        event = msgspec.json.decode(frame)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise Refusal("invalid_event", f"The event is not valid JSON: {problem}.") from None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise Refusal(
            "invalid_event", "The event must be a JSON object with a 'type' that is a string.", "type"
        )
    return event


def _event_id(event: Event) -> str | None:
    event_id = event.get("event_id")
    if event_id is None:
        return None
    if not isinstance(event_id, str) or len(event_id) > _LONGEST_EVENT_ID:
        message = f"Invalid 'event_id': expected a string of at most {_LONGEST_EVENT_ID} characters."
        raise Refusal("invalid_value", message, "event_id")
    return event_id
