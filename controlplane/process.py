"""This server process among the others: its row, its lease, and what it owes the database.

What could not be written when it happened (the end of a session while the database was away) is kept here and written
later: while this process lives, nobody else will do it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any, Protocol
from uuid import UUID, uuid4

from audit.actors import Actor, system
from controlplane.lease import Lease, Lost, Renewed
from controlplane.operations import nodes, sessions
from guard.core.closing import EndReason
from guard.ports import Refused, Unavailable
from guard.tasks import spawn

log = logging.getLogger(__name__)

SERVER: Actor = system("server")
LOOK_SECONDS = 15.0
"""Between two looks for strays. The end of a session takes less, so that none of those is taken for one."""

Run = Callable[[Callable[[], Any]], Awaitable[Any]]


class Leased(Protocol):
    """The part of ``Lease`` that is used."""

    async def renew(self, node: UUID) -> Renewed: ...
    def close(self) -> None: ...


class Process:
    """``run`` executes one function as a transaction (``database.Database.run``)."""

    def __init__(self, run: Run, lease: Leased | None = None) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._run = run
        self._lease: Leased = lease or Lease()
        self._node = uuid4()
        self._has_row = False
        self._starting = asyncio.Lock()
        self._owed: dict[str, Callable[[], object]] = {}
        self._paying: asyncio.Task[None] | None = None
        self._strays: set[str] = set()
        self._looked_at = 0.0

    async def node(self) -> UUID:
        """The row that this process's sessions point to. Raises ``Unavailable``."""
        async with self._starting:
            if not self._has_row:
                await self._run(partial(nodes.start, actor=SERVER, node_id=self._node, name=self.name))
                self._has_row = True
            return self._node

    async def renew(self, running: Collection[str]) -> int:
        """The epoch. Raises ``Unavailable``; ``Refused`` if this process has been declared lost."""
        node = await self.node()
        try:
            renewal = await self._lease.renew(node)
        except Lost:
            # Its sessions are ended already, and never come back to life. What comes now has nothing to do with them.
            log.error("process %s was declared lost: it closes its sessions and begins anew", node)
            self._node, self._has_row = uuid4(), False
            raise Refused(EndReason.NODE_LOST) from None
        for clock, seconds in renewal.jumps.items():
            log.warning("the clock of the %s has jumped by %.1f s", clock, seconds)
            self._owe_jump(node, clock, seconds)
        if self._paying is None or self._paying.done():
            self._paying = spawn(self._pay(node, frozenset(running)), "what the process owes")
        return renewal.epoch

    def owe(self, name: str, work: Callable[[], object]) -> None:
        """``work`` could not be done, or nobody knows whether it was: it is done again until it is. It must be safe to
        repeat."""
        self._owed[name] = work

    async def stop(self) -> None:
        """Nothing runs here any more. Raises ``Unavailable``."""
        try:
            await self._pay_debts()
            if self._has_row:
                await self._run(partial(nodes.stop, actor=SERVER, node_id=self._node))
        finally:
            self._lease.close()

    def _owe_jump(self, node: UUID, clock: str, seconds: float) -> None:
        record = partial(
            nodes.record_jump, actor=SERVER, node_id=node, name=self.name, clock=clock, seconds=seconds
        )
        self.owe(f"jump of {clock} at {time.monotonic()}", record)

    async def _pay(self, node: UUID, running: frozenset[str]) -> None:
        """Beside the renewal, which must not wait for it."""
        try:
            await self._pay_debts()
            if time.monotonic() - self._looked_at >= LOOK_SECONDS:
                await self._look_for_strays(node, running)
        except Unavailable as failure:
            log.warning("%d things still to be written: %s", len(self._owed), failure)

    async def _pay_debts(self) -> None:
        for name, work in list(self._owed.items()):
            try:
                await self._run(work)
            except Unavailable:
                raise
            except Exception:
                log.exception("%s cannot be written; it is tried again", name)
            else:
                self._owed.pop(name, None)

    async def _look_for_strays(self, node: UUID, running: frozenset[str]) -> None:
        """Sessions that are said to run here, and do not: twice in a row, for one that begins or ends is one too."""
        known = running | self._owed.keys()
        found: set[str] = await self._run(partial(sessions.strays, node_id=node, but=known))
        if twice := found & self._strays:
            log.warning("%d sessions were admitted here and never began", len(twice))
            await self._run(partial(sessions.end_strays, actor=SERVER, strays=twice))
        self._strays = found - twice
        self._looked_at = time.monotonic()
