"""One response: from ``response.created`` to ``response.done`` and ``rate_limits.updated``, as a sequence
of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from guard.sandbox.conversation import Conversation, Item
from guard.sandbox.events import Event, Ids
from guard.sandbox.fixtures import Answer
from guard.sandbox.options import Options
from guard.sandbox.outputs import CUT_SHORT, FunctionCall, Message, Output, Progress
from guard.sandbox.script import Call, Part
from guard.sandbox.settings import Settings

_TOKENS_PER_MINUTE = 15_000_000
_LETTERS_PER_TOKEN = 4
_MS_PER_AUDIO_TOKEN = 50


class Response:
    """``cancel`` ends it behind the event in flight: the next event that ``events()`` yields begins the
    end."""

    def __init__(
        self, ids: Ids, settings: Settings, options: Options, answer: Answer, conversation: Conversation
    ) -> None:
        self.id = ids.make("resp")
        self.settings = settings
        self._ids, self._answer = ids, answer
        self._conversation = conversation if settings.in_conversation else None
        self._progress = Progress(settings.max_output_tokens)
        phase = "commentary" if any(isinstance(part, Call) for part in answer.parts) else "final_answer"
        self._outputs = [
            self._output(part, phase, (self.id, index, ids, settings, options, self._progress))
            for index, part in enumerate(answer.parts)
        ]
        context = settings.input if settings.input is not None else tuple(conversation)
        self._input_tokens = _text_tokens(context) + len(settings.instructions) // _LETTERS_PER_TOKEN
        self._heard_tokens = _sound_tokens(item for item in context if item.role == "user")

    @staticmethod
    def _output(part: Part, phase: str, shared: tuple[Any, ...]) -> Output:
        return FunctionCall(part, *shared) if isinstance(part, Call) else Message(part, phase, *shared)

    def cancel(self, reason: str) -> None:
        """``reason`` is client_cancelled or turn_detected."""
        self._progress.stop = reason

    @property
    def cut_short(self) -> bool:
        return self._progress.stop in CUT_SHORT

    @property
    def spoke(self) -> bool:
        return any(output.sound_bytes for output in self._outputs)

    def events(self) -> Iterator[Event]:
        yield self._event("response.created", self._shape("in_progress", None, [], None))
        started: list[Output] = []
        lanes = [self._lane(output, started) for output in self._outputs]
        yield from _mixed(lanes) if self.settings.interleaved else chain.from_iterable(lanes)
        status, details = self._ending()
        output = [dict(one.wire) for one in started]
        yield self._event("response.done", self._shape(status, details, output, self._usage()))
        yield self._rate_limits()

    def _lane(self, output: Output, started: list[Output]) -> Iterator[Event]:
        if self._progress.stop:
            return
        started.append(output)
        status = "completed" if self._answer.status == "completed" else "incomplete"
        yield from output.events(self._conversation, status)

    def _ending(self) -> tuple[str, dict[str, Any] | None]:
        stop = self._progress.stop
        if stop in CUT_SHORT:
            return "cancelled", {"type": "cancelled", "reason": stop}
        if stop or self._answer.status == "incomplete":
            return "incomplete", {"type": "incomplete", "reason": stop or "content_filter"}
        if self._answer.status == "failed":
            error = {"type": "server_error", "code": None, "message": "The sandbox was told to fail here."}
            return "failed", {"type": "failed", "error": error}
        return "completed", None

    def _event(self, kind: str, response: dict[str, Any]) -> Event:
        return {"type": kind, "event_id": self._ids.make("event"), "response": response}

    def _shape(
        self, status: str, details: dict[str, Any] | None, output: list[Any], usage: dict[str, Any] | None
    ) -> dict[str, Any]:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": output,
            "conversation_id": self._conversation.id if self._conversation else None,
            "output_modalities": ["audio" if self.settings.spoken else "text"],
            "max_output_tokens": self.settings.max_output_tokens,
            "audio": {"output": self.settings.output},
            "usage": usage,
            "metadata": self.settings.metadata,
        }

    def _usage(self) -> dict[str, Any]:
        said = self._progress.tokens
        sound = _sound_tokens(output.item for output in self._outputs)
        no_cache = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
        heard = self._input_tokens + self._heard_tokens
        return {
            "total_tokens": heard + said + sound,
            "input_tokens": heard,
            "output_tokens": said + sound,
            "input_token_details": {
                "text_tokens": self._input_tokens,
                "audio_tokens": self._heard_tokens,
                "image_tokens": 0,
                "cached_tokens": 0,
                "cached_tokens_details": no_cache,
            },
            "output_token_details": {"text_tokens": said, "audio_tokens": sound},
        }

    def _rate_limits(self) -> Event:
        remaining = _TOKENS_PER_MINUTE - self._input_tokens - self._progress.tokens
        limit = {
            "name": "tokens",
            "limit": _TOKENS_PER_MINUTE,
            "remaining": remaining,
            "reset_seconds": 0.002,
        }
        return {"type": "rate_limits.updated", "event_id": self._ids.make("event"), "rate_limits": [limit]}


def _mixed(lanes: Sequence[Iterator[Event]]) -> Iterator[Event]:
    """One event of each lane in turn, the way newer models mix the events of their outputs."""
    waiting = list(lanes)
    while waiting:
        for lane in list(waiting):
            event = next(lane, None)
            if event is None:
                waiting.remove(lane)
            else:
                yield event


def _text_tokens(items: Sequence[Item]) -> int:
    return sum(
        len(item.text() or str(item.wire.get("output", ""))) // _LETTERS_PER_TOKEN + 1 for item in items
    )


def _sound_tokens(items: Iterator[Item]) -> int:
    sizes = (len(item.heard) // item.encoding.bytes_per_ms for item in items if item.encoding and item.heard)
    return sum(sizes) // _MS_PER_AUDIO_TOKEN
