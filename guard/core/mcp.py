"""Tools on MCP servers that the policy names: the provider calls them, and asks before each call.

Such a server is contacted by the provider, so nothing of its results can be filtered and no argument narrowed. What can
be had is the decision: ``require_approval`` is always on, and each request is answered here, by the same ``decide`` as
any other call. The client sees nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guard.core.closing import EndReason
from guard.core.commands import Command, End, Event
from guard.core.following import Following
from guard.core.judging import Judging
from guard.core.mcp_servers import registered
from guard.core.state import State
from guard.core.toolcalls import Call, CallState, Unanswerable

ITEMS = frozenset({"mcp_list_tools", "mcp_call", "mcp_approval_request"})
_GRACE = 2.0
_COMPLETE = frozenset({"conversation.item.done", "response.output_item.done", "conversation.item.created"})


class McpCalls:
    def __init__(self, state: State, judging: Judging, following: Following) -> None:
        self.state = state
        self._judging = judging
        self._following = following
        self._approved: dict[str, Call] = {}

    def item(self, event: Event, item: dict[str, Any]) -> Iterator[Command]:
        self.state.conversation.hide(item["id"], event.get("previous_item_id"))
        if event["type"] not in _COMPLETE:
            return
        if item["type"] == "mcp_approval_request":
            yield from self._requested(event, item)
        elif item["type"] == "mcp_call":
            yield from self._called(item)

    def approve(self, call: Call) -> Iterator[Command]:
        """The verdict is on record: the provider may make the call."""
        call.state, call.began = CallState.RUNNING, self.state.now
        self._approved[call.call_id] = call
        if call.grant is not None:
            call.due_by = self.state.now + call.grant.tool.answer_seconds + _GRACE
        if not call.told:
            self.state.turns.runs.add(call.call_id)
        yield answer(self.state, call, approve=True)

    @property
    def due_by(self) -> float | None:
        all_due = (call.due_by for call in self._approved.values())
        return min((due for due in all_due if due is not None), default=None)

    def overdue(self) -> Iterator[Command]:
        """The provider has not made the call. Should it still do so, it may; nobody waits for that any more."""
        late = [call for call in self._approved.values() if call.due_by and self.state.now >= call.due_by]
        for call in late:
            fields = {"tool": call.name, "waited_seconds": round(self.state.now - call.began, 3)}
            yield self.state.record("tool.abandoned", call.call_id, outcome="timeout", fields=fields)
            yield from self._over(call)

    def _requested(self, event: Event, item: dict[str, Any]) -> Iterator[Command]:
        label, name = str(item.get("server_label") or ""), str(item.get("name") or "")
        named = {"id": item["id"], "call_id": item["id"], "name": registered(self.state.policy, label, name)}
        try:
            call = self.state.calls.announce(named, str(event.get("response_id", "")))
        except Unanswerable as fault:
            yield from self.state.withheld(event["type"], str(fault))
            return
        call.response_id = call.response_id or str(event.get("response_id", ""))
        if call.state is CallState.PENDING:
            call.mcp = call.ours = True
            yield from self._judging.begin(call, str(item.get("arguments") or ""))

    def _called(self, item: dict[str, Any]) -> Iterator[Command]:
        """Seen in two events; the first one counts. A call that nobody approved means that the provider does not keep
        to what it has confirmed."""
        request_id = str(item.get("approval_request_id") or "")
        call = self._approved.get(request_id)
        if call is None:
            known = self.state.calls.of_call(request_id)
            if known is None or known.state is not CallState.ANSWERED:
                yield from self._unapproved(item)
            return
        failed = bool(item.get("error"))
        output = item.get("output")
        fields = {
            "call_id": call.call_id,
            "tool": call.name,
            "size": len(output) if isinstance(output, str) else 0,
            "duration_seconds": round(self.state.now - call.began, 3),
        }
        outcome = "failed" if failed else "answered"
        yield self.state.record("tool.result", call.call_id, outcome=outcome, fields=fields)
        yield from self._over(call)

    def _over(self, call: Call) -> Iterator[Command]:
        call.state = CallState.ANSWERED
        del self._approved[call.call_id]
        self.state.turns.runs.discard(call.call_id)
        if call.told:
            self._following.owe()
        yield from self._following.settled(call)

    def _unapproved(self, item: dict[str, Any]) -> Iterator[Command]:
        name = registered(self.state.policy, str(item.get("server_label") or ""), str(item.get("name") or ""))
        yield self.state.record(
            "tool.decided",
            str(item["id"]),
            outcome="deny",
            rule="mcp_unapproved",
            reason="the provider made a call that was not approved",
            fields={"tool": name, "decision": "deny", "replayable": False},
        )
        yield End(EndReason.INTERNAL, "The provider made a call that was not approved.")


def answer(state: State, call: Call, *, approve: bool) -> Command:
    item_id = state.own_id("item_sp_")
    state.conversation.own(item_id)
    item = {
        "id": item_id,
        "type": "mcp_approval_response",
        "approval_request_id": call.call_id,
        "approve": approve,
    }
    return state.order("conversation.item.create", item=item)
