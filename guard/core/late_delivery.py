"""A call that reaches the client long after the response which made it: a person has agreed to it meanwhile.

It comes as a response of its own, from beginning to end at once, so that any SDK treats it like the call that it is;
and never in the middle of another response, since SDKs follow one at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from guard.core.commands import Command, Event, ToClient
from guard.core.deliveries import Deliveries
from guard.core.judging import Case, Judging
from guard.core.policy import Policy
from guard.core.state import State
from guard.core.toolcalls import Call


class LateDelivery:
    def __init__(self, state: State, judging: Judging, deliveries: Deliveries) -> None:
        self.state = state
        self._judging = judging
        self._deliveries = deliveries
        self._waiting: deque[tuple[Case, Policy]] = deque()

    def deliver(self, case: Case) -> Iterator[Command]:
        self._waiting.append((case, self.state.policy))
        yield from self.deliver_waiting()

    def deliver_waiting(self) -> Iterator[Command]:
        """As soon as nobody speaks. What another policy has allowed is judged once more: a lock may have come."""
        while self._waiting and not self.state.turns.is_speaking:
            case, policy = self._waiting.popleft()
            if policy is self.state.policy and not self.state.deadlines.is_stale(self.state.now):
                yield from self._as_response(case.call)
            else:
                yield from self._judging.again(case, case.facts.approved)

    def _as_response(self, call: Call) -> Iterator[Command]:
        self.state.calls.delivered(call, self.state.now)
        self.state.conversation.show(call.item_id)
        call.response_id = self.state.own_id("resp_sp_")
        begun, ended = _item(call, "in_progress", ""), _item(call, "completed", call.arguments)
        placed = {"response_id": call.response_id, "output_index": 0}
        behind = {"previous_item_id": None}
        yield self._event("response.created", response=_response(call, "in_progress", []))
        yield self._event("response.output_item.added", **placed, item=begun)
        yield self._event("conversation.item.added", **behind, item=begun)
        yield from self._deliveries.release(call, None)
        yield self._event("conversation.item.done", **behind, item=ended)
        yield self._event("response.output_item.done", **placed, item=ended)
        yield self._event("response.done", response=_response(call, "completed", [ended]))

    def _event(self, kind: str, **fields: Any) -> Command:
        event: Event = {"type": kind, "event_id": self.state.own_id("event_sp_"), **fields}
        return ToClient(event)


def _item(call: Call, status: str, arguments: str) -> dict[str, Any]:
    return {
        "id": call.item_id,
        "object": "realtime.item",
        "type": "function_call",
        "status": status,
        "call_id": call.call_id,
        "name": call.name,
        "arguments": arguments,
    }


def _response(call: Call, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": call.response_id,
        "object": "realtime.response",
        "status": status,
        "status_details": None,
        "output": output,
        "usage": None,
        "metadata": None,
    }
