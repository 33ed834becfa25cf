"""Leaving both sockets: last words where the other side still listens, and the door in bounded time anyway."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any

from guard.client import Client
from guard.core.closing import CLOSINGS
from guard.core.commands import Command, End, ToClient, ToUpstream
from guard.core.frames import encode
from guard.core.session import Session
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


def last_commands(session: Session, now: float, session_id: str) -> Sequence[Command]:
    """What the session itself still has to say. A fault in it must not keep anything else from being tidied up."""
    try:
        return session.close(now)
    except Exception:
        log.exception("session %s: internal fault at the end", session_id)
    return ()


def last_fields(session: Session, end: End, session_id: str) -> Mapping[str, Any]:
    """For the terminal record."""
    fields = {"close_code": CLOSINGS[end.reason].close_code, "message": end.message}
    try:
        return {**session.summary(), **fields}
    except Exception:
        log.exception("session %s: internal fault in its summary", session_id)
        return fields


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


async def leave_provider(provider: UpstreamConnection | None, last: Iterable[Command]) -> None:
    """``response.cancel`` and the like, then close: an open connection would go on billing."""
    if provider is None:
        return
    try:
        await bounded(_tell(provider, last), GRACE_SECONDS, "the provider was not told of the end")
    finally:
        await bounded(provider.close(), GRACE_SECONDS, "the connection to the provider was cut off")


async def _tell(provider: UpstreamConnection, last: Iterable[Command]) -> None:
    for command in last:
        if isinstance(command, ToUpstream):
            await provider.send(encode(command.event))
