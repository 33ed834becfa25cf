"""The session's book of function calls: assembles each one, holds its events until it is judged, remembers
the verdict.

One verdict per call, whatever number of events announce it: SDKs act on different ones (raw users on
``function_call_arguments.done``, both Agents SDKs on ``response.output_item.done``), so every later copy
shows what was decided at the first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from guard.core.argument_stream import ArgumentStream
from guard.core.commands import Event
from guard.core.policy import Grant, Verdict

_MOST_CALLS = 10_000
_MOST_HELD = 1_000
"""Events held for one call; a provider that sends more is not describing a call."""
_MOST_STREAMED = 1024 * 1024
_MOST_WATCHED = 256 * 1024
"""Characters of arguments that ``decide`` would read: a longer call is denied, so no more of it is shown."""


class CallState(Enum):
    PENDING = auto()  # announced, not judged
    ASKED = auto()  # its verdict waits for somebody's answer
    WAITING = auto()  # a person must agree; the model has been told so
    RUNNING = auto()  # made by Sallyport, the client does not know of it
    DELIVERED = auto()
    DENIED = auto()  # never made by the client, answered by us
    ABANDONED = auto()  # cut off before it was complete: nothing to answer
    ANSWERED = auto()


UNDECIDED = frozenset({CallState.PENDING, CallState.ASKED})
HIDDEN = UNDECIDED | {CallState.WAITING, CallState.RUNNING, CallState.DENIED, CallState.ABANDONED}


OVER = frozenset({CallState.DENIED, CallState.ABANDONED, CallState.ANSWERED})


_UNANSWERABLE = {
    CallState.DENIED: "the call was denied",
    CallState.ANSWERED: "the call was answered before",
}


class Unanswerable(ValueError):
    """A call that nobody could answer: its ids are missing, or stand for another call."""


class OutputRefused(Exception):
    """The client may not answer this call. ``reason`` is for the record. ``late``: the call whose time is over; nothing
    is forged then."""

    def __init__(self, reason: str, late: Call | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.late = late


def refusal_output(message: str, kind: str = "not_available") -> dict[str, Any]:
    """What the model gets in place of a result: neutral, and something that it can speak from."""
    return {"error": {"type": kind, "message": message}}


@dataclass(slots=True)
class Call:
    """``streamed`` joins the argument deltas, to be compared with the final text. ``arguments`` is the JSON text that
    was delivered, ``made`` the arguments that the verdict left. ``ours``: Sallyport runs it, so it never reaches the
    client. ``told``: the model has an answer already, and gets the outcome as a call of its own. ``mcp``: the
    provider makes it, and asks for approval. ``began``: when it was made, ``due_by``: when a result is awaited no
    more. ``request``: what stands in its place for the client, the item that asks the user. ``behind``: the event
    that has completed it, where that waits for the verdict too. ``duplicate``: its ``call_id`` still stands for
    another call, so that no output could be told apart. ``timed_out``: its result came in no time, and may still
    come. ``out_of_band``: no conversation holds it. ``watched``: the client sees the arguments while they are
    written, redacted; without it nothing of a call is shown before it is delivered. ``use``: which call of its
    ``call_id`` it is, from 1."""

    item_id: str
    call_id: str
    name: str
    response_id: str
    state: CallState = CallState.PENDING
    held: list[Event] = field(default_factory=list)
    watched: ArgumentStream | None = None
    verdict: Verdict | None = None
    grant: Grant | None = None
    arguments: str = ""
    made: Mapping[str, Any] | None = None
    ours: bool = False
    told: bool = False
    mcp: bool = False
    began: float = 0.0
    due_by: float | None = None
    request: Mapping[str, Any] | None = None
    done: Event | None = None
    behind: Event | None = None
    duplicate: bool = False
    timed_out: bool = False
    out_of_band: bool = False
    use: int = 1
    _deltas: list[str] = field(default_factory=list)
    _length: int = 0

    @property
    def is_hidden(self) -> bool:
        return self.ours or (self.state in HIDDEN and self.watched is None)

    @property
    def is_closed(self) -> bool:
        """The client watched it begin, and it must never be made."""
        return self.state in (CallState.DENIED, CallState.ABANDONED) and self.watched is not None

    @property
    def is_new(self) -> bool:
        return not self.held and not self._deltas

    @property
    def shown(self) -> str:
        """What the client has been shown of the arguments."""
        if self.state in HIDDEN:
            return self.watched.shown if self.watched else ""
        return self.arguments

    @property
    def streamed(self) -> str | None:
        return "".join(self._deltas) if self._deltas else None

    def hear(self, delta: str) -> str:
        """Remembers the delta; returns what the client may watch of it."""
        if self._length <= _MOST_STREAMED and (delta or not self._deltas):
            self._deltas.append(delta[: _MOST_STREAMED + 1 - self._length])
        self._length += len(delta)
        if self.watched is None:
            return ""
        if self._length > _MOST_WATCHED:
            self.watched.stop("too_large")
        return self.watched.push(delta)

    def hold(self, event: Event) -> None:
        if len(self.held) >= _MOST_HELD:
            raise OverflowError("too many events for one call")
        self.held.append(event)

    def release(self) -> list[Event]:
        """What was held until it was decided; what was kept for the decision alone is forgotten."""
        self._deltas.clear()
        held, self.held = self.held, []
        return held


class CallBook:
    def __init__(self) -> None:
        self._by_item: dict[str, Call] = {}
        self._by_call: dict[str, Call] = {}
        self._awaited: dict[str, Call] = {}
        self._uses: dict[str, int] = {}

    def announce(self, item: dict[str, Any], response_id: str) -> Call:
        """The call that a ``function_call`` item describes, new or known. A ``call_id`` may come again once its
        earlier call is over; until then the new one is a ``duplicate``. Raises ``Unanswerable``."""
        item_id, call_id = item.get("id"), item.get("call_id")
        if not isinstance(item_id, str) or not isinstance(call_id, str) or not item_id or not call_id:
            raise Unanswerable("function_call item without id or call_id")
        call = self._by_item.get(item_id)
        if call is None:
            call = self._enter(Call(item_id, call_id, str(item.get("name") or ""), response_id))
        if call.call_id != call_id:
            raise Unanswerable("function_call item changed its call_id")
        return call

    def _enter(self, call: Call) -> Call:
        if len(self._by_item) >= _MOST_CALLS:
            raise Unanswerable("too many calls")
        earlier = self._by_call.get(call.call_id)
        self._by_item[call.item_id] = call
        self._uses[call.call_id] = call.use = self._uses.get(call.call_id, 0) + 1
        if earlier is not None and earlier.state not in OVER:
            call.duplicate = True
        else:
            self._by_call[call.call_id] = call
        return call

    def of_item(self, item_id: str) -> Call | None:
        return self._by_item.get(item_id)

    def of_call(self, call_id: str) -> Call | None:
        return self._by_call.get(call_id)

    def of_response(self, response_id: str) -> list[Call]:
        return [call for call in self._by_item.values() if call.response_id == response_id]

    def awaiting(self, call_id: object) -> tuple[Call, Grant]:
        """The call that the client may answer now, and the grant it was delivered under. Raises
        ``OutputRefused``."""
        call = self._by_call.get(call_id) if isinstance(call_id, str) else None
        if call is None:
            raise OutputRefused("no such call was delivered in this session")
        if call.ours:
            raise OutputRefused("the call is not the client's to answer")
        if call.timed_out:
            raise OutputRefused("the time to answer was over", call)
        if call.state is not CallState.DELIVERED or call.grant is None:
            raise OutputRefused(_UNANSWERABLE.get(call.state, "no such call was delivered in this session"))
        return call, call.grant

    def hidden(self) -> list[Call]:
        return [call for call in self._by_item.values() if call.is_hidden]

    def names_hidden(self, said: Any) -> bool:
        """Whether a text of the provider, or any in an event, speaks of a call that the client must not know of."""
        texts = list(_texts(said))
        words = {word for call in self.hidden() for word in (call.name, call.call_id, call.item_id) if word}
        # A text may quote JSON, of one kind or the other.
        words |= {json.dumps(word, ensure_ascii=plain)[1:-1] for word in words for plain in (True, False)}
        return any(word in text for word in words for text in texts)

    def unfinished(self) -> list[Call]:
        return [call for call in self._by_item.values() if call.state not in OVER]

    def delivered(self, call: Call, now: float) -> None:
        """The client has the call now, and some time to answer it."""
        call.state, call.began, call.ours = CallState.DELIVERED, now, False
        call.due_by = None if call.grant is None else now + call.grant.tool.answer_seconds
        self._awaited[call.item_id] = call

    def overdue(self, now: float) -> list[Call]:
        """Delivered calls whose result is awaited no more."""
        return [call for call in self._awaiting() if call.due_by is not None and now >= call.due_by]

    @property
    def due_by(self) -> float | None:
        return min((call.due_by for call in self._awaiting() if call.due_by is not None), default=None)

    def _awaiting(self) -> list[Call]:
        self._awaited = {
            key: call for key, call in self._awaited.items() if call.state is CallState.DELIVERED
        }
        return list(self._awaited.values())

    def count(self, *states: CallState) -> int:
        return sum(call.state in states for call in self._by_item.values())


def _texts(value: Any) -> Iterator[str]:
    """As they were meant: in the JSON of an event, an id with a quotation mark in it would not be found."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield str(key)
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
