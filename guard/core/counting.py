"""How often tools were called: in this turn of the user, and in this session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class CallCounts:
    """A turn begins when the user has said something. What the model calls until then counts together, however many
    responses it takes: a model that calls in a loop never hears the user in between."""

    def __init__(self, before: Mapping[str, int] | None = None) -> None:
        """``before``: in the sessions that this one has replaced."""
        self._before = Counter(before or {})
        self._session: Counter[str] = Counter()
        self._turn: Counter[str] = Counter()
        self.in_turn = 0

    def new_turn(self) -> None:
        self._turn.clear()
        self.in_turn = 0

    def attempted(self) -> None:
        """Any call, whatever becomes of it."""
        self.in_turn += 1

    def made(self, tool: str) -> None:
        """A call that was not denied."""
        self._session[tool] += 1
        self._turn[tool] += 1

    def tool_in_turn(self, tool: str) -> int:
        return self._turn[tool]

    def tool_in_session(self, tool: str) -> int:
        return self._before[tool] + self._session[tool]

    @property
    def total(self) -> int:
        return self._before.total() + self._session.total()

    def summary(self) -> dict[str, int]:
        """Of this session alone."""
        return dict(self._session)
