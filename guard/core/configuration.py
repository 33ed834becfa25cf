"""The session configuration at the provider: what we asked for, what it says it runs under, and whose update
is whose.

The lock is only as good as the echo: a ``session.updated`` that differs from what was sent in a locked field
means that the model runs under somebody else's instructions or tools, and that ends the session.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guard.core.policy import Policy
from guard.core.session_config import echo_faults, opening


@dataclass(frozen=True, slots=True)
class Update:
    """One ``session.update`` under way. ``expected`` is the whole configuration once it is in force."""

    event_id: str
    expected: Mapping[str, Any]
    by_client: bool


class Configuration:
    """``asked`` is what the client has asked for so far, at the mint and since, before any narrowing."""

    def __init__(self, policy: Policy, model: str, minted: Mapping[str, Any]) -> None:
        self.model = model
        self.asked = dict(minted)
        self.expected: dict[str, Any] = opening(policy, model, minted)
        self._under_way: deque[Update] = deque()

    def sent(self, event_id: str, change: Mapping[str, Any], *, by_client: bool) -> None:
        """Notes an update that goes up now; ``change`` holds only the keys that it changes."""
        self.expected = {**self.expected, **change}
        self._under_way.append(Update(event_id, self.expected, by_client))

    def change_for(self, policy: Policy) -> dict[str, Any]:
        """The locked keys that a new policy changes, empty when none. What the client asked for is narrowed anew."""
        wanted = opening(policy, self.model, self.asked)
        return {
            key: wanted[key] for key in ("instructions", "tools") if wanted[key] != self.expected.get(key)
        }

    def updated(self, echo: Mapping[str, Any]) -> tuple[bool, tuple[str, ...]]:
        """Whether the client's update is answered by this echo, and the locked keys in which it differs."""
        update = self._under_way.popleft() if self._under_way else None
        expected = update.expected if update else self.expected
        return update is not None and update.by_client, echo_faults(echo, expected)

    def failed(self, event_id: str) -> bool:
        """An update of ours was refused by the provider. A refused client update is only forgotten."""
        update = next((u for u in self._under_way if u.event_id == event_id), None)
        if update is None:
            return False
        self._under_way.remove(update)
        return not update.by_client
