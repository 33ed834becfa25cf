"""How running sessions learn that something changed.

The epoch in Postgres is the fact; each process reads it every two seconds. The nudge through Redis is only the
doorbell that makes it faster: without content, and free to get lost (M3, M9).
"""

from __future__ import annotations

import asyncio
import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import F

from controlplane.models import Epoch
from guard.watch import GROUP, NUDGE

log = logging.getLogger(__name__)

NUDGE_SECONDS = 2.0


def ring() -> None:
    """Call inside the transaction of any change that may concern a running session.

    The update locks the epoch's row until the commit, so that epochs become visible in the order of commits.
    """
    if not Epoch.objects.filter(pk=1).update(value=F("value") + 1):
        raise RuntimeError("the epoch row is missing; run migrate")
    # Once for each transaction: with a hung Redis every nudge takes its whole time-out, and one may end 200 sessions.
    if all(pending is not nudge for _, pending, _ in transaction.get_connection().run_on_commit):
        transaction.on_commit(nudge)


def nudge() -> None:
    """Ask every process to look now. A failure costs seconds, never the edit: it is logged and nothing else."""
    try:
        async_to_sync(_send)()
    except Exception as failure:
        log.warning("nudge not sent, sessions will see the change within seconds: %r", failure)


async def _send() -> None:
    layer = get_channel_layer()
    if layer is None:
        raise RuntimeError("no channel layer is configured")
    async with asyncio.timeout(NUDGE_SECONDS):
        await layer.group_send(GROUP, {"type": NUDGE})
