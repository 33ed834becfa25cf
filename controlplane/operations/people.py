"""What happens to a person's sessions when the person may no longer have them."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from audit import log
from audit.actors import Actor
from controlplane.models import User
from controlplane.operations.rows import subject_of
from controlplane.operations.sessions import end_sessions_of
from guard.core.closing import EndReason


@transaction.atomic
def disable_user(*, actor: Actor, user: User, reason: str = "") -> int:
    """No sign-in, no tickets, and what runs ends now. Returns how many sessions and tickets ended."""
    User.objects.filter(pk=user.pk).update(is_active=False, not_before=Now())
    ended = end_sessions_of(actor=actor, user=user, reason=EndReason.REVOKED, why=reason)
    log.record(
        "user.disabled",
        actor=actor,
        subject=subject_of(user),
        reason=reason,
        fields={"username": user.username, "sessions_ended": ended},
    )
    user.refresh_from_db(fields=["is_active", "not_before"])
    return ended


@transaction.atomic
def log_out_everywhere(*, actor: Actor, user: User, reason: str = "") -> int:
    """Void every ticket and session from before now. Returns how many ended."""
    User.objects.filter(pk=user.pk).update(not_before=Now())
    ended = end_sessions_of(actor=actor, user=user, reason=EndReason.REVOKED, why=reason)
    log.record(
        "user.logged_out",
        actor=actor,
        subject=subject_of(user),
        reason=reason,
        fields={"username": user.username, "path": ""},
    )
    user.refresh_from_db(fields=["not_before"])
    return ended
