"""Service keys: made once, shown once, replaced in time, refused from the moment they are revoked."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit import log
from audit.actors import Actor
from controlplane import tickets
from controlplane.models import ServiceKey
from controlplane.operations import reasons, revocation

LONGEST_OVERLAP = timedelta(days=7)
"""Both keys work for so long at most: a key that leaked must not outlive its replacement by much."""


class NotReplaceable(ValueError):
    """The key cannot be replaced, or not like this. The text says why."""


@transaction.atomic
def create_service_key(*, actor: Actor, name: str) -> tuple[ServiceKey, str]:
    """The row, and the key in clear: the only time that anybody sees it. Raises ValueError without a name."""
    if not name.strip():
        raise ValueError("a service key needs a name")
    secret = tickets.new_service_key()
    key = ServiceKey.objects.create(
        name=name.strip(), digest=tickets.digest(secret), last4=secret[-4:], created_by=actor.label
    )
    _record("service_key.created", key, actor)
    return key, secret


@transaction.atomic
def revoke_service_key(*, actor: Actor, key: ServiceKey, reason: str) -> bool:
    """False if it had been revoked already. Its unused tickets and its running sessions end with it. Raises
    ``BadReason``."""
    why = reasons.given(reason)
    if not ServiceKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=Now()):
        return False
    _record("service_key.revoked", key, actor, why)
    revocation.end_sessions(actor=actor, chosen=key.bindings.all(), reason=why)
    return True


@transaction.atomic
def rotate_service_key(
    *, actor: Actor, key: ServiceKey, overlap: timedelta, reason: str, ends_sessions: bool = False
) -> tuple[ServiceKey, str]:
    """A new key in place of this one, and the new one in clear. The old one is refused after ``overlap``; its sessions
    go on unless ``ends_sessions``. Raises ``BadReason`` and ``NotReplaceable``."""
    why = reasons.given(reason)
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise NotReplaceable(f"overlap: between 0 and {LONGEST_OVERLAP.days} days")
    # Compare-and-set: of two who replace it at once, one is told.
    current = ServiceKey.objects.filter(pk=key.pk, revoked_at=None, expires_at=None)
    if not current.update(expires_at=Now() + overlap):
        raise NotReplaceable("The key has been replaced or revoked already.")
    new, secret = create_service_key(actor=actor, name=key.name)
    ServiceKey.objects.filter(pk=new.pk).update(replaces=key)
    key.refresh_from_db(fields=["expires_at"])
    new.refresh_from_db(fields=["replaces"])
    _record(
        "service_key.rotated",
        key,
        actor,
        why,
        expires_at=str(key.expires_at),
        successor=new.pk,
    )
    if ends_sessions:
        revocation.end_sessions(actor=actor, chosen=key.bindings.all(), reason=why)
    return new, secret


def key_for(secret: str) -> ServiceKey | None:
    """The key with this secret, unless it is revoked or has been replaced for long enough. Notes its use, to the
    minute."""
    if not secret.startswith(tickets.SERVICE_KEY_PREFIX):
        return None
    in_time = Q(expires_at=None) | Q(expires_at__gt=Now())
    key = ServiceKey.objects.filter(in_time, digest=tickets.digest(secret), revoked_at=None).first()
    if key:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lt=Now() - timedelta(minutes=1))
        ServiceKey.objects.filter(long_ago, pk=key.pk).update(last_used_at=Now())
    return key


def actor_of(key: ServiceKey) -> Actor:
    return Actor("service", str(key.pk), key.name)


def _record(verb: str, key: ServiceKey, actor: Actor, reason: str = "", **more: str | int) -> None:
    fields = {"name": key.name, "last4": key.last4, "key_id": key.pk, **more}
    log.record(verb, actor=actor, subject=str(key.pk), reason=reason, fields=fields)
