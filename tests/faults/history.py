"""What happened, joined from three sides: what the clients heard, what the provider received, what is on record.

``check`` holds the invariants that no fault may break. Idea: Jepsen's checkers, on one host's clock.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.blackbox.harness import Stack, eventually

Event = dict[str, Any]
CARD = "4111 1111 1111 1111"
"""The canary: every caller says it, the model repeats it, no client may hear it."""


@dataclass
class Call:
    """One caller's side of a session: ``frames`` as they came; close code and reason, None while it lives."""

    ticket: str
    session: str
    frames: list[str] = field(default_factory=list)
    code: int | None = None
    reason: str | None = None
    closed_at: float = 0.0

    @property
    def events(self) -> list[Event]:
        return [json.loads(frame) for frame in self.frames]


async def check(stack: Stack, calls: list[Call], after: int) -> None:
    """Every invariant, on everything since the audit record ``after``. All sessions must be over."""
    await eventually(lambda: _all_ended(stack, calls), 30)
    records = stack.records(None, after=after)
    _each_ticket_was_accepted_once(records)
    _one_terminal_record_each(records, calls)
    _no_canary_was_heard(calls)
    _every_effect_was_allowed_first(stack, records, calls)
    await eventually(lambda: not _open_at_the_provider(stack), 10)


def _all_ended(stack: Stack, calls: list[Call]) -> bool:
    return all(stack.binding(call.session)["state"] == "ended" for call in calls)


def _each_ticket_was_accepted_once(records: list[Event]) -> None:
    """I3, I4: one ticket, one start; so never two live connections on one binding."""
    starts = Counter(record["session_id"] for record in records if record["verb"] == "session.started")
    assert set(starts.values()) <= {1}, starts


def _one_terminal_record_each(records: list[Event], calls: list[Call]) -> None:
    """I6: exactly one, whichever way it ended, and nothing of the session's own after it."""
    ends = Counter(record["session_id"] for record in records if record["verb"] == "session.ended")
    assert {call.session: ends[call.session] for call in calls} == {call.session: 1 for call in calls}
    over = {record["session_id"]: record["id"] for record in records if record["verb"] == "session.ended"}
    decided = [record for record in records if record["verb"] == "tool.decided"]
    assert not [record for record in decided if record["id"] > over.get(record["session_id"], record["id"])]


def _no_canary_was_heard(calls: list[Call]) -> None:
    """I5."""
    for call in calls:
        said = "".join(event.get("delta", "") for event in call.events if isinstance(event.get("delta"), str))
        assert CARD not in said
        assert not any(CARD in frame for frame in call.frames)


def _every_effect_was_allowed_first(stack: Stack, records: list[Event], calls: list[Call]) -> None:
    """I1: a call that a client was shown was allowed, once, on record, before."""
    allowed = Counter(
        (record["session_id"], record["fields"].get("call_id"))
        for record in records
        if record["verb"] == "tool.decided" and record["outcome"] in ("allow", "constrain")
    )
    for call in calls:
        shown = {
            event["call_id"]
            for event in call.events
            if event["type"] == "response.function_call_arguments.done"
        }
        for call_id in shown:
            assert allowed[(call.session, call_id)] == 1, (call.session, call_id)


def _open_at_the_provider(stack: Stack) -> list[Event]:
    """I7, I12: both legs are closed after either has ended; no orphan stays at the provider."""
    return [connection for connection in stack.connections() if connection["open"]]
