"""What happens to a person's sessions when the person may no longer have them."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from audit import log
from audit.actors import Actor
from controlplane.models import Role, User
from controlplane.operations import reasons, revocation
from controlplane.operations.rows import record_edit, subject_of


@transaction.atomic
def disable_user(*, actor: Actor, user: User, reason: str) -> int:
    """No sign-in, no tickets, and what runs ends now. Returns how many sessions and tickets ended. Raises
    ``BadReason``."""
    why = reasons.given(reason)
    User.objects.filter(pk=user.pk).update(is_active=False, not_before=Now())
    ended = revocation.end_sessions(actor=actor, chosen=user.bindings.all(), reason=why)
    log.record(
        "user.disabled",
        actor=actor,
        subject=subject_of(user),
        reason=why,
        fields={"username": user.username, "sessions_ended": ended},
    )
    user.refresh_from_db(fields=["is_active", "not_before"])
    return ended


@transaction.atomic
def log_out_everywhere(*, actor: Actor, user: User, reason: str) -> int:
    """Void every ticket and session from before now. Returns how many ended. Raises ``BadReason``."""
    why = reasons.given(reason)
    User.objects.filter(pk=user.pk).update(not_before=Now())
    ended = revocation.end_sessions(actor=actor, chosen=user.bindings.all(), reason=why)
    log.record(
        "user.logged_out",
        actor=actor,
        subject=subject_of(user),
        reason=why,
        fields={"username": user.username, "path": ""},
    )
    user.refresh_from_db(fields=["not_before"])
    return ended


@transaction.atomic
def remove_role(*, actor: Actor, user: User, role: Role, reason: str, source_ip: str = "") -> int | None:
    """The user speaks as this role no more, and what runs as it ends now. Returns how many sessions and tickets ended,
    None if he did not hold it. Raises ``BadReason``."""
    why = reasons.given(reason)
    before = _roles_of(user)
    if role.name not in before:
        return None
    user.roles.remove(role)
    ended = revocation.end_sessions(actor=actor, chosen=user.bindings.filter(role=role), reason=why)
    changes = {"roles": {"before": before, "after": _roles_of(user)}}
    record_edit(actor=actor, row=user, changes=changes, reason=why, source_ip=source_ip)
    return ended


def _roles_of(user: User) -> list[str]:
    return sorted(user.roles.values_list("name", flat=True))
