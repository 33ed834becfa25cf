"""A second connection to a session that has one: refused, or put in its place. Never two at once.

In its place means: the first session ends, and a successor with what is left of its time begins, once the first one's
process has let go of both sockets, or its lease has run out. The ticket is used up and the first session ended in one
transaction, so that no other connection can do the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit.actors import Actor
from controlplane.models import SessionBinding
from controlplane.operations import doorbell, renewals
from controlplane.operations.nodes import LEASE
from controlplane.operations.sessions import end_session
from guard.core.closing import EndReason

State = SessionBinding.State

_START_WITHIN = timedelta(seconds=30)
_COPIED = (
    "user",
    "role",
    "provider",
    "service_key",
    "login_digest",
    "origin",
    "ip_prefix",
    "model",
    "session",
)

LET_GO = Q(released_at__isnull=False) | Q(node__stopped_at__isnull=False) | Q(node__seen_at__lt=Now() - LEASE)


@dataclass(frozen=True, slots=True)
class Succession:
    """``successor`` may begin when ``predecessor`` has let go."""

    predecessor: UUID
    successor: UUID


@transaction.atomic
def replace(*, actor: Actor, first: SessionBinding, ticket: str) -> Succession | None:
    """End the first session in favour of whoever shows this ticket. None: it is used or void."""
    if not renewals.consume(first, ticket):
        return None
    if not end_session(actor=actor, session_id=first.pk, reason=EndReason.DUPLICATE, rule="replaced"):
        return None
    doorbell.ring()  # a session is its actor, but another process runs it
    successor = SessionBinding.objects.create(
        **{name: getattr(first, name) for name in _COPIED},
        # Nobody holds a ticket with this digest: only who waits here can start it.
        ticket_digest=os.urandom(32),
        policy_version=first.policy_version,
        created_at=Now(),
        start_by=Now() + _START_WITHIN,
    )
    return Succession(first.pk, successor.pk)


def predecessor(succession: Succession) -> SessionBinding | None:
    """The first session, once it has let go of both sockets and there is time left."""
    return SessionBinding.objects.filter(LET_GO, pk=succession.predecessor, end_by__gt=Now()).first()


def give_up(*, actor: Actor, succession: Succession) -> None:
    """The first session did not let go in time: nobody goes on."""
    end_session(actor=actor, session_id=succession.successor, reason=EndReason.DUPLICATE, rule="not_released")
