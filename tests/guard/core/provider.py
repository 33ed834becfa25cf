"""What a provider says, as events: sessions, responses, utterances with every copy of their text, function calls."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]

_serial = itertools.count()


def event(type_: str, **fields: Any) -> Event:
    return {"type": type_, "event_id": f"event_{next(_serial)}", **fields}


def session(type_: str, **fields: Any) -> Event:
    default = {
        "id": "sess_1",
        "object": "realtime.session",
        "type": "realtime",
        "instructions": "witty",
        "tools": [],
    }
    return event(type_, session={**default, **fields})


def response(type_: str, status: str = "in_progress", id: str = "resp_1", **fields: Any) -> Event:
    default = {
        "id": id,
        "object": "realtime.response",
        "status": status,
        "conversation_id": "conv_1",
        "output": [],
    }
    return event(type_, response={**default, **fields})


def cut_up(text: str, sizes: Iterable[int]) -> list[str]:
    """``text`` in pieces of the given sizes, the last size repeated."""
    pieces, at, size = [], 0, 1
    steps = iter(sizes)
    while at < len(text):
        size = next(steps, size)
        pieces.append(text[at : at + size])
        at += size
    return pieces


def padded(delta: str) -> str:
    return "x" * (-len(delta) % 16)


@dataclass
class Utterance:
    """One assistant message as the provider streams it, with every copy of its text."""

    text: str
    sizes: tuple[int, ...] = (3,)
    item_id: str = "item_1"
    response_id: str = "resp_1"
    spoken: bool = False
    sound: tuple[str, ...] = ("AAAA", "BBBB")

    @property
    def where(self) -> Event:
        return {
            "response_id": self.response_id,
            "item_id": self.item_id,
            "output_index": 0,
            "content_index": 0,
        }

    @property
    def kind(self) -> str:
        return "output_audio_transcript" if self.spoken else "output_text"

    @property
    def field(self) -> str:
        return "transcript" if self.spoken else "text"

    def item(self, status: str, text: str | None = None) -> Event:
        content = (
            []
            if text is None
            else [{"type": "output_audio" if self.spoken else "output_text", self.field: text}]
        )
        return {
            "id": self.item_id,
            "type": "message",
            "role": "assistant",
            "status": status,
            "content": content,
        }

    def begin(self) -> list[Event]:
        item = self.item("in_progress")
        part = {"type": "audio" if self.spoken else "text", self.field: ""}
        return [
            response("response.created", id=self.response_id),
            event("response.output_item.added", response_id=self.response_id, output_index=0, item=item),
            event("conversation.item.added", previous_item_id=None, item=item),
            event("response.content_part.added", **self.where, part=part),
        ]

    def deltas(self) -> list[Event]:
        return [
            event(f"response.{self.kind}.delta", **self.where, delta=piece, obfuscation=padded(piece))
            for piece in cut_up(self.text, self.sizes)
        ]

    def audio(self) -> list[Event]:
        frames = [event("response.output_audio.delta", **self.where, delta=sound) for sound in self.sound]
        return [*frames, event("response.output_audio.done", **self.where)] if self.spoken else []

    def finish(self) -> list[Event]:
        item = self.item("completed", self.text)
        part = {"type": "audio" if self.spoken else "text", self.field: self.text}
        return [
            event(f"response.{self.kind}.done", **self.where, **{self.field: self.text}),
            event("response.content_part.done", **self.where, part=part),
            event("conversation.item.done", previous_item_id=None, item=item),
            event("response.output_item.done", response_id=self.response_id, output_index=0, item=item),
            response(
                "response.done", "completed", id=self.response_id, output=[item], usage={"total_tokens": 5}
            ),
        ]

    def all(self) -> list[Event]:
        return [*self.begin(), *self.deltas(), *self.audio(), *self.finish()]


@dataclass
class FunctionCall:
    name: str
    arguments: str = "{}"
    call_id: str = "call_1"
    item_id: str = "item_f"
    response_id: str = "resp_1"
    sizes: tuple[int, ...] = (4,)

    def item(self, status: str) -> Event:
        arguments = self.arguments if status == "completed" else ""
        return {
            "id": self.item_id,
            "type": "function_call",
            "status": status,
            "name": self.name,
            "call_id": self.call_id,
            "arguments": arguments,
        }

    @property
    def where(self) -> Event:
        return {
            "response_id": self.response_id,
            "item_id": self.item_id,
            "output_index": 0,
            "call_id": self.call_id,
        }

    def added(self) -> list[Event]:
        item = self.item("in_progress")
        return [
            event("response.output_item.added", response_id=self.response_id, output_index=0, item=item),
            event("conversation.item.added", previous_item_id="item_u", item=item),
        ]

    def deltas(self) -> list[Event]:
        kind = "response.function_call_arguments.delta"
        return [event(kind, **self.where, delta=piece) for piece in cut_up(self.arguments, self.sizes)]

    def done(self) -> Event:
        return event(
            "response.function_call_arguments.done", **self.where, name=self.name, arguments=self.arguments
        )

    def copies(self) -> list[Event]:
        item = self.item("completed")
        return [
            event("conversation.item.done", previous_item_id="item_u", item=item),
            event("response.output_item.done", response_id=self.response_id, output_index=0, item=item),
        ]

    def finished(self, **fields: Any) -> Event:
        return response(
            "response.done", "completed", id=self.response_id, output=[self.item("completed")], **fields
        )

    def all(self) -> list[Event]:
        begin = response("response.created", id=self.response_id)
        return [begin, *self.added(), *self.deltas(), self.done(), *self.copies(), self.finished()]
