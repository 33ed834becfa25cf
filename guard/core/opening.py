"""The session at the provider: created, locked by the policy's configuration, and shown only then."""

from __future__ import annotations

from collections.abc import Iterator

from guard.core.closing import EndReason
from guard.core.commands import Command, End, Event, ToClient
from guard.core.session_config import client_view
from guard.core.state import Phase, State


class Opening:
    def __init__(self, state: State) -> None:
        self.state = state

    def receive(self, event: Event) -> Iterator[Command]:
        """``session.created`` and every ``session.updated``."""
        if event["type"] == "session.created":
            yield from self._created(event)
        elif self.state.phase is not Phase.CONNECTING:
            yield from self._updated(event)

    def _created(self, event: Event) -> Iterator[Command]:
        if self.state.phase is not Phase.CONNECTING:
            yield from self.state.withheld("session.created", "a second one")
            return
        configuration = self.state.configuration
        self.state.created, self.state.phase = event, Phase.LOCKING
        order = self.state.order("session.update", session=configuration.expected)
        configuration.sent(order.event["event_id"], {}, by_client=False, now=self.state.now)
        yield order

    def _updated(self, event: Event) -> Iterator[Command]:
        gated = self.state.policy.gated_turns
        by_client, faults = self.state.configuration.updated(event["session"], gated=gated)
        if faults:
            reason = "the provider runs under another configuration: " + ", ".join(faults)
            yield self.state.record("session.refused", rule="echo", reason=reason)
            yield End(EndReason.INTERNAL, "The provider did not accept the locked configuration.")
        elif self.state.phase is Phase.LOCKING:
            self.state.phase = Phase.OPEN
            self.state.deadlines.locked()
            yield self._show({**self.state.created, "session": event["session"]})
        elif by_client:
            yield self._show(event)

    def _show(self, event: Event) -> ToClient:
        view = client_view(event["session"], self.state.policy)
        if self.state.expires_at:
            view["expires_at"] = self.state.expires_at
        self.state.shown = view
        return ToClient({**event, "session": view})
