"""The outputs of a response, message or function call, each as the sequence of events that the provider
sends for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from guard.sandbox.cadence import Beat, beats, pieces, size_of
from guard.sandbox.conversation import Conversation, Item
from guard.sandbox.events import Event, Ids, padding
from guard.sandbox.options import Options
from guard.sandbox.script import Call, Say
from guard.sandbox.settings import Settings
from guard.sandbox.speech import speak

CUT_SHORT = ("client_cancelled", "turn_detected")


class Progress:
    """What the outputs of one response share. ``stop`` is why it ends early, "" while it may go on."""

    __slots__ = ("_limit", "stop", "tokens")

    def __init__(self, max_output_tokens: int | str) -> None:
        self.stop = ""
        self.tokens = 0
        self._limit = max_output_tokens if isinstance(max_output_tokens, int) else 1 << 60

    def spend(self) -> None:
        """One delta is one token."""
        self.tokens += 1
        if self.tokens >= self._limit:
            self.stop = "max_output_tokens"


class Output(ABC):
    """``events()`` yields everything from ``response.output_item.added`` to ``response.output_item.done``."""

    def __init__(
        self, response_id: str, index: int, ids: Ids, settings: Settings, options: Options, progress: Progress
    ) -> None:
        self.settings, self.options, self.progress = settings, options, progress
        self.ids = ids
        self.item_id = ids.make("item")
        self.place = {"response_id": response_id, "item_id": self.item_id, "output_index": index}
        self.wire: dict[str, Any] = {}
        self.item = Item(self.wire)
        self.sound_bytes = 0

    def events(self, conversation: Conversation | None, status: str) -> Iterator[Event]:
        """``conversation`` None: out of band. ``status`` completed, unless the script wants it otherwise."""
        yield self._whole("response.output_item.added")
        if conversation is not None:
            yield self._in_conversation("conversation.item.added", conversation.append(self.item))
        yield from self.body()
        self.wire["status"] = "incomplete" if self.progress.stop else status
        if conversation is not None:
            # The provider leaves previous_item_id null here, though it was set in `added` (recorded traffic).
            yield self._in_conversation("conversation.item.done", None)
        yield self._whole("response.output_item.done")

    @abstractmethod
    def body(self) -> Iterator[Event]:
        """The events between ``added`` and ``done``; fills in ``wire`` with what was said so far."""

    def event(self, kind: str, **fields: Any) -> Event:
        return {"type": kind, "event_id": self.ids.make("event"), **self.place, **fields}

    def _whole(self, kind: str) -> Event:
        place = {"response_id": self.place["response_id"], "output_index": self.place["output_index"]}
        return {"type": kind, "event_id": self.ids.make("event"), **place, "item": dict(self.wire)}

    def _in_conversation(self, kind: str, previous: str | None) -> Event:
        event_id = self.ids.make("event")
        return {"type": kind, "event_id": event_id, "previous_item_id": previous, "item": dict(self.wire)}


class Message(Output):
    def __init__(self, say: Say, phase: str, *shared: Any) -> None:
        super().__init__(*shared)
        self.text = say.text
        self.wire.update(id=self.item_id, type="message", status="in_progress", role="assistant", content=[])
        if self.settings.phased:
            self.wire["phase"] = phase
        self.place = {**self.place, "content_index": 0}
        self.key = "transcript" if self.settings.spoken else "text"

    def body(self) -> Iterator[Event]:
        part = {"type": "audio" if self.settings.spoken else "text", self.key: ""}
        yield self.event("response.content_part.added", part=part)
        said: list[str] = []
        yield from self._deltas(said)
        text = "".join(said)
        self._settle(text)
        if self.progress.stop not in CUT_SHORT:
            yield from self._done(text)

    def _deltas(self, said: list[str]) -> Iterator[Event]:
        kind = (
            "response.output_audio_transcript.delta" if self.settings.spoken else "response.output_text.delta"
        )
        for is_sound, delta in self._beats():
            if self.progress.stop:
                return
            if is_sound:
                self.sound_bytes += size_of(delta)
                yield self.event("response.output_audio.delta", delta=delta)
                continue
            said.append(delta)
            yield self.event(kind, delta=delta, obfuscation=padding(delta))
            self.progress.spend()

    def _beats(self) -> Iterator[Beat]:
        options, settings = self.options, self.settings
        if settings.spoken:
            yield from beats(self.text, options.chunk, settings.encoding, options.word_ms, options.audio_ms)
        else:
            yield from ((False, piece) for piece in pieces(self.text, options.chunk))

    def _settle(self, text: str) -> None:
        kind = "output_audio" if self.settings.spoken else "output_text"
        self.wire["content"] = [{"type": kind, self.key: text}]
        if self.sound_bytes:
            sound = speak(self.text, self.settings.encoding, self.options.word_ms)
            self.item.heard, self.item.encoding = sound[: self.sound_bytes], self.settings.encoding

    def _done(self, text: str) -> Iterator[Event]:
        if self.settings.spoken:
            yield self.event("response.output_audio.done")
            yield self.event("response.output_audio_transcript.done", transcript=text)
        else:
            yield self.event("response.output_text.done", text=text)
        part = {"type": "audio" if self.settings.spoken else "text", self.key: text}
        yield self.event("response.content_part.done", part=part)


class FunctionCall(Output):
    def __init__(self, call: Call, *shared: Any) -> None:
        super().__init__(*shared)
        self.arguments = call.arguments
        call_id = call.call_id or self.ids.call()
        self.wire.update(id=self.item_id, type="function_call", status="in_progress", name=call.name)
        self.wire.update(call_id=call_id, arguments="")
        self.place = {**self.place, "call_id": call_id}

    def body(self) -> Iterator[Event]:
        streamed: list[str] = []
        for piece in pieces(self.arguments, self.options.chunk):
            if self.progress.stop:
                break
            streamed.append(piece)
            yield self.event(
                "response.function_call_arguments.delta", delta=piece, obfuscation=padding(piece)
            )
            self.progress.spend()
        self.wire["arguments"] = "".join(streamed)
        if self.progress.stop not in CUT_SHORT:
            name, text = self.wire["name"], self.wire["arguments"]
            yield self.event("response.function_call_arguments.done", name=name, arguments=text)
