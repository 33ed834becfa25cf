"""From a handshake to an admission, which may have to wait until the session that it replaces is really over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from controlplane.models import Provider
from controlplane.operations import admission, spending
from controlplane.operations.successions import Succession
from guard.ports import Admission, Handshake, ProviderTarget

Run = Callable[[Callable[[], Any]], Awaitable[Any]]
"""One function as one transaction (``controlplane.database.Database.run``)."""

PATIENCE = 5.0
"""For a session that must let go of its sockets before another one takes its place."""
AGAIN = 0.1


async def admit(run: Run, handshake: Handshake, node: UUID) -> Admission:
    """``node``: the process that will run the session. Raises ``Refused`` and ``Unavailable``."""
    admitted: Admission | Succession = await run(lambda: _redeem(handshake, node))
    if isinstance(admitted, Admission):
        return admitted
    return await _succeed(run, admitted, handshake, node)


async def _succeed(run: Run, succession: Succession, handshake: Handshake, node: UUID) -> Admission:
    """The session before has been told to end, and lets go of its sockets in a moment. No deadline around the
    question: cut in the middle, a session would begin that nobody runs."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        admitted = await run(lambda: _begin(succession, handshake, node))
        if admitted is not None:
            return admitted
        await asyncio.sleep(AGAIN)
    return await run(lambda: admission.give_up(succession=succession, handshake=handshake))


def _redeem(handshake: Handshake, node: UUID) -> Admission | Succession:
    admitted = admission.redeem(handshake=handshake, node=node)
    return admitted if isinstance(admitted, Succession) else _admission(admitted)


def _begin(succession: Succession, handshake: Handshake, node: UUID) -> Admission | None:
    admitted = admission.succeed(succession=succession, handshake=handshake, node=node)
    return _admission(admitted) if admitted else None


def _admission(admitted: admission.Admitted) -> Admission:
    return Admission(
        session_id=str(admitted.binding.pk),
        policy=admitted.policy,
        provider=_target(admitted.binding.provider),
        model=admitted.model,
        seconds_left=admitted.seconds_left,
        session=admitted.binding.session,
        expires_at=int(admitted.binding.end_by.timestamp()) if admitted.binding.end_by else 0,
        renewal=admitted.renewal,
        day=admitted.day,
        carried=spending.carried_by(admitted.binding),
    )


def _target(provider: Provider) -> ProviderTarget:
    key = provider.api_key()
    if not key:
        return ProviderTarget(provider.name, provider.url)
    if provider.auth_header == Provider.AuthHeader.API_KEY:
        return ProviderTarget(provider.name, provider.url, {"api-key": key})
    return ProviderTarget(provider.name, provider.url, {"Authorization": f"Bearer {key}"})
