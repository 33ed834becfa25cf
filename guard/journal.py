"""One session's way into the audit log: what matters is durable at once, the rest goes in batches.

A record leaves memory only when the log has confirmed it. Appends run in a task of their own, so that cancelling
whoever waits (a session that ends in the middle of a decision) neither loses nor repeats a batch.
"""

from __future__ import annotations

import asyncio
import logging

from guard.core.commands import Record
from guard.ports import AuditLog, Unavailable
from guard.tasks import spawn

log = logging.getLogger(__name__)

DEADLINE = 2.0
"""Seconds that the log has to confirm. Postgres' own time-outs do not fire when its back end hangs (trap M15)."""
BATCH = 64
CAPACITY = 4 * BATCH
"""Unconfirmed records that one session may hold while the log is away; beyond them the session fails closed."""


class Journal:
    def __init__(self, audit: AuditLog, session_id: str) -> None:
        self._audit = audit
        self._session_id = session_id
        self._pending: list[Record] = []
        self._appending: asyncio.Task[Unavailable | None] | None = None
        self._written = 0
        self._confirmed = 0

    @property
    def unconfirmed(self) -> int:
        return self._written - self._confirmed

    def add(self, record: Record) -> None:
        """Queue without waiting."""
        self._pending.append(record)
        self._written += 1

    async def write(self, record: Record) -> None:
        """Durable on return if the record's verb demands it. Raises ``Unavailable``: the effect must not happen."""
        self.add(record)
        if self._audit.is_durable(record.verb):
            await self.flush()
        elif self.unconfirmed % BATCH == 0:
            await self._relieve()

    async def flush(self) -> None:
        """Wait until everything written so far is durable. Raises ``Unavailable``."""
        target = self._written
        try:
            async with asyncio.timeout(DEADLINE):
                while self._confirmed < target:
                    if (failure := await asyncio.shield(self._append())) is not None:
                        raise failure
        except TimeoutError:
            raise Unavailable("the audit log did not confirm in time") from None

    def start_append(self) -> None:
        """Begin to write what is pending, and do not wait for it."""
        if self._pending:
            self._append()

    async def _relieve(self) -> None:
        """Back-pressure: the session waits for its batch. A log that is away is put up with, up to CAPACITY."""
        try:
            await self.flush()
        except Unavailable:
            if self.unconfirmed >= CAPACITY:
                raise

    def _append(self) -> asyncio.Task[Unavailable | None]:
        """The append under way, else a new one of everything pending: one at a time keeps the order."""
        if self._appending is None or self._appending.done():
            self._appending = spawn(self._append_all(), f"audit {self._session_id}")
        return self._appending

    async def _append_all(self) -> Unavailable | None:
        batch = tuple(self._pending)
        try:
            await self._audit.append(self._session_id, batch)
        except Unavailable as failure:
            log.warning("session %s: %d audit records wait: %s", self._session_id, self.unconfirmed, failure)
            return failure
        del self._pending[: len(batch)]
        self._confirmed += len(batch)
        return None
