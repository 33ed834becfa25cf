"""Taking running sessions away from people: many at once, in one transaction, always for a reason."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from audit.actors import Actor
from controlplane.models import SessionBinding
from controlplane.operations import reasons
from controlplane.operations.sessions import end_session
from guard.core.closing import EndReason


@transaction.atomic
def end_sessions(*, actor: Actor, chosen: QuerySet[SessionBinding], reason: str) -> int:
    """End those of them that run, and void the tickets that were not used yet. Returns how many. Raises
    ``BadReason``."""
    why = reasons.given(reason)
    going_on = chosen.exclude(state=SessionBinding.State.ENDED)
    # Always in the same order: two who end the same sessions must not wait for each other.
    ids = list(going_on.order_by("pk").values_list("pk", flat=True))
    return sum(end_session(actor=actor, session_id=pk, reason=EndReason.REVOKED, why=why) for pk in ids)
