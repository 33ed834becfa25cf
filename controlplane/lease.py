"""The lease of this process: one statement every two seconds, on a line of its own.

Whoever holds the lease may run sessions. Once somebody else has declared the process lost, the same statement finds
nothing to renew: the process learns it at the very moment at which it would have gone on (fencing).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from controlplane.line import DEADLINE, Line, Row
from guard.ports import Unavailable

JUMP = 2.0
"""Seconds that a clock may move against the monotonic one between two renewals: nobody's time is that exact, and the
answer of a busy database is late by up to a second either way."""

_RENEW = """
UPDATE controlplane_node SET seen_at = clock_timestamp() WHERE id = %s AND stopped_at IS NULL
RETURNING (SELECT value FROM controlplane_epoch WHERE id = 1), extract(epoch FROM seen_at)::float8
"""


class Lost(Exception):
    """There is no lease to renew: the process has been declared lost, or has stopped."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """``jumps``: clock ("database" or "host") -> by how many seconds it has moved since the last renewal."""

    epoch: int
    jumps: Mapping[str, float] = field(default_factory=dict)


class Clocks:
    """How far each clock is ahead of the monotonic one, which never jumps."""

    def __init__(self) -> None:
        self._ahead: dict[str, float] = {}

    def jumps(self, **ahead: float) -> dict[str, float]:
        before, self._ahead = self._ahead, ahead
        moved = {name: now - before.get(name, now) for name, now in ahead.items()}
        return {name: round(seconds, 1) for name, seconds in moved.items() if abs(seconds) > JUMP}


class Asked(Protocol):
    """The part of a line that is used."""

    async def ask(self, question: str, values: list[UUID]) -> Row | None: ...
    def close(self) -> None: ...


class Lease:
    def __init__(self, line: Asked | None = None) -> None:
        self._line = line or Line("sallyport lease")
        self._clocks = Clocks()

    async def renew(self, node: UUID) -> Renewed:
        """Raises ``Lost``, ``Unavailable``."""
        asked = time.monotonic()
        row = await self._line.ask(_RENEW, [node])
        answered = time.monotonic()
        if answered - asked > DEADLINE:
            # This process itself was held up, with the answer on its doorstep: it speaks of another time.
            raise Unavailable("the answer of the database came too late")
        if row is None:
            raise Lost
        epoch, database = row
        if epoch is None:
            raise Unavailable("the epoch row is missing; run migrate")
        jumps = self._clocks.jumps(database=database - (asked + answered) / 2, host=time.time() - answered)
        return Renewed(int(epoch), jumps)

    def close(self) -> None:
        self._line.close()
