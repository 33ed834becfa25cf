"""Leaving both sockets: last words where the other side still listens, and the door in bounded time anyway."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable

from guard.client import Client
from guard.core.closing import CLOSINGS
from guard.core.commands import Command, End, ToClient, ToUpstream
from guard.core.frames import encode
from guard.ports import Refused, UpstreamConnection
from guard.refusal import error_event

log = logging.getLogger(__name__)

GRACE_SECONDS = 0.5
"""What each socket gets: a revoked session is closed within a second, whether the other side reads or not."""


async def bounded(work: Awaitable[object], seconds: float, otherwise: str) -> None:
    """Await ``work`` for ``seconds``; whatever goes wrong is logged, because the next step must happen as well."""
    try:
        async with asyncio.timeout(seconds):
            await work
    except Exception as failure:
        log.warning("%s (%r)", otherwise, failure)


async def leave_client(client: Client, end: End, last: Iterable[Command]) -> None:
    """Held events that may still go out, the ``error`` event that names the reason, the close code."""
    if client.is_open:
        await bounded(_speak(client, end, last), GRACE_SECONDS, "the client did not take its last events")


async def _speak(client: Client, end: End, last: Iterable[Command]) -> None:
    closing = CLOSINGS[end.reason]
    for command in last:
        if isinstance(command, ToClient):
            await client.send(command.event)
    await client.send(error_event(Refused(end.reason, end.message)))
    await client.close(closing.close_code, closing.error_code)


async def leave_provider(provider: UpstreamConnection, last: Iterable[Command]) -> None:
    """``response.cancel`` and the like, then close: an open connection would go on billing."""
    try:
        await bounded(_tell(provider, last), GRACE_SECONDS, "the provider was not told of the end")
    finally:
        await bounded(provider.close(), GRACE_SECONDS, "the connection to the provider was cut off")


async def _tell(provider: UpstreamConnection, last: Iterable[Command]) -> None:
    for command in last:
        if isinstance(command, ToUpstream):
            await provider.send(encode(command.event))
