"""A place that one process of all can have: a Postgres advisory lock on a connection that is held for nothing else.

Postgres gives the place to the next one when the connection ends, whatever ends it. Who cannot see that the place is
still its own has to assume that it is not.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

from controlplane.advisory import number_of
from controlplane.line import Line
from guard.ports import Unavailable

log = logging.getLogger(__name__)

WAIT_SECONDS = 1.0
CHECK_SECONDS = 2.0


class Place(threading.Thread):
    """``lost`` is called from this thread, once, when the place is gone. ``taken`` is set when it is ours."""

    def __init__(self, name: str, lost: Callable[[], None], line: Line | None = None) -> None:
        super().__init__(name=f"place {name}", daemon=True)
        self._lost = lost
        self._line = line or Line(f"sallyport {name}")
        self._number = number_of(name)
        self.taken = threading.Event()

    def run(self) -> None:
        asyncio.run(self._hold())

    async def _hold(self) -> None:
        while not await self._try():  # noqa: ASYNC110 - what is waited for is in the database
            await asyncio.sleep(WAIT_SECONDS)
        self.taken.set()
        while await self._has_it():  # noqa: ASYNC110 - likewise
            await asyncio.sleep(CHECK_SECONDS)
        self._lost()

    async def _try(self) -> bool:
        try:
            return bool(
                (await self._line.ask("SELECT pg_try_advisory_lock(%s)", [self._number]) or (False,))[0]
            )
        except Unavailable as failure:
            log.warning("%s: %s", self.name, failure)
            return False

    async def _has_it(self) -> bool:
        """Asked of the very connection: after a failure the line would be another one."""
        try:
            return await self._line.ask(_IS_MINE, [self._number, self._number]) is not None
        except Unavailable as failure:
            log.error("%s: %s", self.name, failure)
            return False


_IS_MINE = """
SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted AND objsubid = 1
AND classid::bigint = (%s::bigint >> 32) & 4294967295 AND objid::bigint = %s::bigint & 4294967295
"""
