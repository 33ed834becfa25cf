"""Deadlines of one session: when must it be woken, and is it over? Monotonic seconds, handed in by the
caller."""

from __future__ import annotations

from dataclasses import dataclass

from guard.core.closing import EndReason
from guard.core.policy import Limits

LOCK_SECONDS = 10.0
"""The provider must have confirmed the locked configuration by then."""
STALE_SECONDS = 10.0
"""Without a confirmed view of the policy for this long, tool calls are denied ..."""
BLIND_SECONDS = 30.0
"""... and for this long, the session ends: a revocation could not have reached it."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """Until when a fresh ticket must have been shown, as Postgres has issued it. ``stamp`` is that moment by its clock,
    which is of use only to tell one renewal from another."""

    stamp: float
    seconds_left: float


class Deadlines:
    def __init__(
        self, limits: Limits, seconds_left: float, now: float, renewal: Renewal | None = None
    ) -> None:
        self.limits = limits
        self._began = now
        self._end_by = now + seconds_left
        self._active = now
        self._seen = now
        self._lock_by: float | None = now + LOCK_SECONDS
        self.renewed(renewal, now)

    def locked(self) -> None:
        """The provider runs under our configuration."""
        self._lock_by = None

    def age(self, now: float) -> float:
        """Seconds since the session was admitted."""
        return now - self._began

    def touch(self, now: float) -> None:
        """Real activity: text, speech or a response. Silence and pings are not."""
        self._active = now

    def renewed(self, renewal: Renewal | None, now: float) -> None:
        """A ticket was shown. None: nothing is asked for by the terms of the moment."""
        self._renewal = renewal
        self._shown = now
        self._show_by = now + renewal.seconds_left if renewal else None
        self._asked: float | None = None

    def is_newer(self, renewal: Renewal) -> bool:
        return self._renewal is None or renewal.stamp > self._renewal.stamp

    @property
    def ask_at(self) -> float | None:
        """When the client must be asked for a fresh ticket, None when it need not, or has been."""
        after = self.limits.reauthenticate_seconds
        return self._shown + after if after is not None and self._asked is None else None

    def asked(self, now: float) -> float:
        """The client is asked now. Returns how many seconds it has."""
        self._asked = now
        return min(self._show_deadlines()) - now

    def _show_deadlines(self) -> list[float]:
        """Nobody is closed without having been asked, unless the time that Postgres gave is over."""
        if self.limits.reauthenticate_seconds is None:
            return []
        issued = [self._show_by] if self._show_by is not None else []
        return issued if self._asked is None else [*issued, self._asked + self.limits.grace_seconds]

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
        deadlines += [(by, EndReason.REAUTHENTICATION) for by in self._show_deadlines()]
        if self._lock_by is not None:
            deadlines.append((self._lock_by, EndReason.UPSTREAM_LOST))
        return deadlines

    def passed(self, now: float) -> EndReason | None:
        """The reason of the earliest deadline that has passed."""
        deadline, reason = min(self._all())
        return reason if now >= deadline else None

    def next(self) -> float:
        return min(self._all())[0]
