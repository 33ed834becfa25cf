"""Service keys: made once, shown once, refused from the moment they are revoked."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit import log
from audit.actors import Actor
from controlplane import tickets
from controlplane.models import ServiceKey, SessionBinding
from controlplane.operations.sessions import end_session
from guard.core.closing import EndReason


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
def revoke_service_key(*, actor: Actor, key: ServiceKey, reason: str = "") -> bool:
    """False if it had been revoked already. Its unused tickets end with it; running sessions go on."""
    if not ServiceKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=Now()):
        return False
    _record("service_key.revoked", key, actor, reason)
    for session_id in key.bindings.filter(state=SessionBinding.State.PENDING).values_list("pk", flat=True):
        end_session(actor=actor, session_id=session_id, reason=EndReason.REVOKED)
    return True


def key_for(secret: str) -> ServiceKey | None:
    """The unrevoked key with this secret. Notes its use, to the minute."""
    if not secret.startswith(tickets.SERVICE_KEY_PREFIX):
        return None
    key = ServiceKey.objects.filter(digest=tickets.digest(secret), revoked_at=None).first()
    if key:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lt=Now() - timedelta(minutes=1))
        ServiceKey.objects.filter(long_ago, pk=key.pk).update(last_used_at=Now())
    return key


def actor_of(key: ServiceKey) -> Actor:
    return Actor("service", str(key.pk), key.name)


def _record(verb: str, key: ServiceKey, actor: Actor, reason: str = "") -> None:
    fields = {"name": key.name, "last4": key.last4, "key_id": key.pk}
    log.record(verb, actor=actor, subject=str(key.pk), reason=reason, fields=fields)
