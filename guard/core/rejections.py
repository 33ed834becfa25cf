"""What becomes of a client event that is refused: a record, and an ``error`` event or the end."""

from __future__ import annotations

from guard.core.closing import EndReason
from guard.core.commands import Command, End, Event, ToClient
from guard.core.events import named
from guard.core.onrecord import text_on_record
from guard.core.refusal import Refusal
from guard.core.state import State

_MOST_REFUSALS = 100
"""A client that still sends what it may not is not making mistakes any more."""


class Rejections:
    def __init__(self, state: State) -> None:
        self.state = state

    def refuse(self, event: Event, refusal: Refusal) -> list[Command]:
        """``event`` is as much of the client's frame as could be read."""
        self.state.refusals += 1
        record = self.state.record(
            "frame.rejected",
            named(event.get("type")),
            rule=refusal.rule,
            # It may name a field that only the client knows.
            reason=text_on_record(refusal.message, self.state.policy.to_client),
            fields={"code": refusal.code, "param": refusal.param},
        )
        if refusal.fatal:
            return [record, End(refusal.end, refusal.message)]
        if self.state.refusals >= _MOST_REFUSALS:
            return [record, End(EndReason.BAD_FRAME, "Too many events were refused.")]
        return [record, ToClient(self.error(event, refusal))]

    def error(self, event: Event, refusal: Refusal) -> Event:
        """What the client is told."""
        event_type = named(event.get("type"))
        error = {
            "type": "invalid_request_error",
            "code": refusal.code,
            # Agents SDKs wait for an error that names ``response.create`` before they ask again.
            "message": f"{event_type}: {refusal.message}" if event_type else refusal.message,
            "param": refusal.param,
            "event_id": _printable(event.get("event_id")),
        }
        return {"type": "error", "event_id": self.state.own_id("event_sp_"), "error": error}


def _printable(event_id: object) -> str | None:
    """The client's own id, given back so that it can tell what was refused."""
    fits = isinstance(event_id, str) and len(event_id) <= 512 and event_id.isprintable()
    return str(event_id) if fits else None
