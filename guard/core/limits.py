"""Deadlines of one session: when must it be woken, and is it over? Monotonic seconds, handed in by the
caller."""

from __future__ import annotations

from guard.core.closing import EndReason
from guard.core.policy import Limits

LOCK_SECONDS = 10.0
"""The provider must have confirmed the locked configuration by then."""
STALE_SECONDS = 10.0
"""Without a confirmed view of the policy for this long, tool calls are denied ..."""
BLIND_SECONDS = 30.0
"""... and for this long, the session ends: a revocation could not have reached it."""


class Deadlines:
    def __init__(self, limits: Limits, seconds_left: float, now: float) -> None:
        self.limits = limits
        self._began = now
        self._end_by = now + seconds_left
        self._active = now
        self._seen = now
        self._lock_by: float | None = now + LOCK_SECONDS

    def locked(self) -> None:
        """The provider runs under our configuration."""
        self._lock_by = None

    def age(self, now: float) -> float:
        """Seconds since the session was admitted."""
        return now - self._began

    def touch(self, now: float) -> None:
        """Real activity: text, speech or a response. Silence and pings are not."""
        self._active = now

    def policy_seen(self, now: float) -> None:
        self._seen = now

    def is_stale(self, now: float) -> bool:
        return now - self._seen >= STALE_SECONDS

    def _all(self) -> list[tuple[float, EndReason]]:
        deadlines = [
            (min(self._end_by, self._began + self.limits.max_seconds), EndReason.EXPIRED),
            (self._active + self.limits.idle_seconds, EndReason.IDLE),
            (self._seen + BLIND_SECONDS, EndReason.INTERNAL),
        ]
        if self._lock_by is not None:
            deadlines.append((self._lock_by, EndReason.UPSTREAM_LOST))
        return deadlines

    def passed(self, now: float) -> EndReason | None:
        """The reason of the earliest deadline that has passed."""
        deadline, reason = min(self._all())
        return reason if now >= deadline else None

    def next(self) -> float:
        return min(self._all())[0]
