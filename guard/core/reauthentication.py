"""Who speaks must be shown again from time to time: by a fresh ticket for the very session that runs.

The session asks; the client shows a ticket in band (``sallyport.reauthenticate``), or its application does elsewhere.
Whether it is good is for the database to say. Nothing here moves the absolute limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from guard.core.closing import EndReason
from guard.core.commands import Command, End, Event, ShowTicket, ToClient
from guard.core.limits import Renewal
from guard.core.refusal import Refusal
from guard.core.rejections import Rejections
from guard.core.state import Phase, State

MOST_WRONG = 3
"""In a row. Whoever guesses tickets is not making mistakes."""

_WRONG = Refusal("invalid_api_key", "The ticket is unknown, used, expired or for another session.", "ticket")
_UNCHECKED = Refusal("service_unavailable", "The ticket could not be checked; show it again.", "ticket")


class Reauthentication:
    def __init__(self, state: State, rejections: Rejections) -> None:
        self.state = state
        self._rejections = rejections
        self._asked_with: dict[int, Event] = {}
        self._wrong = 0

    @property
    def due_by(self) -> float | None:
        return self.state.deadlines.ask_at if self.state.phase is Phase.OPEN else None

    def ask(self) -> Iterator[Command]:
        """When it is time: an ``error`` event, because every SDK hands those on to its application."""
        if self.due_by is not None and self.state.now >= self.due_by:
            yield ToClient(self._demand(ceil(self.state.deadlines.asked(self.state.now))))

    def shown(self, event: Event) -> Iterator[Command]:
        """One at a time: each costs a transaction."""
        if self._asked_with:
            raise Refusal("rate_limit_exceeded", "Another ticket is being checked.", "ticket")
        number = self.state.number()
        # Without the ticket, which must not be found in anything that is kept.
        self._asked_with[number] = {key: event[key] for key in ("type", "event_id")}
        yield ShowTicket(number, event["ticket"])

    def answered(self, number: int, accepted: bool | None, renewal: Renewal | None) -> Iterator[Command]:
        """``accepted`` None: it could not be checked, and time goes on."""
        event = self._asked_with.pop(number, None)
        if event is None:
            return
        if accepted:
            yield from self._go_on(renewal)
            return
        yield ToClient(self._rejections.error(event, _UNCHECKED if accepted is None else _WRONG))
        self._wrong += accepted is False
        if self._wrong >= MOST_WRONG:
            yield End(EndReason.REAUTHENTICATION, "Too many wrong tickets were shown.")

    def renewed(self, renewal: Renewal) -> Iterator[Command]:
        """What the database says now; nothing new, usually."""
        if self.state.deadlines.is_newer(renewal):
            yield from self._go_on(renewal)

    def _go_on(self, renewal: Renewal | None) -> Iterator[Command]:
        self._wrong = 0
        self.state.deadlines.renewed(renewal, self.state.now)
        # An official event that changes nothing: SDKs take no other as an answer.
        updated = {"type": "session.updated", "event_id": self.state.own_id("event_sp_")}
        yield ToClient({**updated, "session": self.state.shown})

    def _demand(self, seconds: int) -> Event:
        error = {
            "type": "invalid_request_error",
            "code": "reauthentication_required",
            "message": f"Show a fresh ticket for this session within {seconds} seconds, or it is closed.",
            "param": None,
            "event_id": None,
        }
        return {"type": "error", "event_id": self.state.own_id("event_sp_"), "error": error}
