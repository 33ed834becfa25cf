"""A circuit breaker: who has failed five times in a row is left alone for a while, so that nobody waits for the dead.

Our own, because of those that speak asyncio ``purgatory`` lets everybody through at once when the pause is over and
goes by the wall clock, ``pybreaker`` does it for Tornado only, and ``aiobreaker`` has had no release since 2021.
"""

from __future__ import annotations

from collections.abc import Callable

FAILURES = 5
PAUSE = 10.0


class Circuit:
    """Closed, it admits everybody. Open, it admits one trial per ``pause``, whose success closes it."""

    def __init__(self, clock: Callable[[], float], failures: int = FAILURES, pause: float = PAUSE) -> None:
        self._clock = clock
        self._limit = failures
        self._pause = pause
        self._failed_in_a_row = 0
        self._open_until: float | None = None

    def admits(self) -> bool:
        now = self._clock()
        if self._open_until is None:
            return True
        if now < self._open_until:
            return False
        # Not "until the trial has ended": a trial that is cancelled never reports, and nobody would be asked again.
        self._open_until = now + self._pause
        return True

    def succeeded(self) -> bool:
        """Whether this closed it."""
        was_open = self._open_until is not None
        self._failed_in_a_row, self._open_until = 0, None
        return was_open

    def failed(self) -> bool:
        """Whether this opened it."""
        self._failed_in_a_row += 1
        # What began before it opened and fails only now must not prolong the pause.
        if self._failed_in_a_row < self._limit or self._open_until is not None:
            return False
        self._open_until = self._clock() + self._pause
        return True
