"""The first and the last thing that a server process does: when all its sessions have ended, what they have shared is
closed. Daphne tells neither."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from guard.client import Receive, Scope, Send

log = logging.getLogger(__name__)

CLOSE_SECONDS = 5.0

Close = Callable[[], Awaitable[None]]


class Lifespan:
    """The ASGI application of the server's ``lifespan`` scope. ``begin`` is called before the first connection,
    ``closes`` after the last, once each, whatever becomes of the others."""

    def __init__(self, *closes: Close, begin: Callable[[], None] = lambda: None) -> None:
        self._closes = closes
        self._begin = begin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await asyncio.gather(*map(_closed, self._closes))
                await send({"type": "lifespan.shutdown.complete"})
                return
            self._begin()
            await send({"type": "lifespan.startup.complete"})


async def _closed(close: Close) -> None:
    """A peer that does not let go must not keep the process."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await close()
    except Exception as failure:
        log.warning("not closed in order: %s", type(failure).__name__)
