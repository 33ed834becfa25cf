"""Kill switches: raise, lift, and whether one holds."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from audit import log
from audit.actors import Actor
from controlplane.models import Lock, Provider, Role, SessionBinding, Tool, User
from controlplane.operations import doorbell

Kind = Lock.Kind


class BadTarget(ValueError):
    """There is nothing of this kind and name to lock. The text says so."""


@transaction.atomic
def raise_lock(*, actor: Actor, kind: str, target: str = "", reason: str) -> Lock:
    """Refuse new sessions and stop running ones, at their next look (nudged: within a second).

    The same target locked twice stays one lock, the first. Raises ``BadTarget``; ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("a lock needs a reason")
    _check_target(kind, target)
    lock, is_new = Lock.objects.get_or_create(
        kind=kind, target=target, lifted_at=None, defaults={"reason": reason, "created_by": actor.label}
    )
    if is_new:
        _record("lock.raised", lock, actor, reason)
    doorbell.ring()
    return lock


@transaction.atomic
def lift_lock(*, actor: Actor, lock: Lock, reason: str = "") -> bool:
    """False if it had been lifted already."""
    lifted = Lock.objects.filter(pk=lock.pk, lifted_at=None).update(lifted_at=Now(), lifted_by=actor.label)
    if lifted:
        _record("lock.lifted", lock, actor, reason)
        doorbell.ring()
    return bool(lifted)


def locks_on(*, session: str = "", user: str = "", role: str = "", provider: str = "") -> QuerySet[Lock]:
    """Locks that hold against any of these, or against everything."""
    named = {Kind.SESSION: session, Kind.USER: user, Kind.ROLE: role, Kind.PROVIDER: provider}
    any_of = Q(kind=Kind.EVERYTHING)
    for kind, target in named.items():
        if target:
            any_of |= Q(kind=kind, target=target)
    return Lock.objects.filter(any_of, lifted_at=None)


def locked_tools() -> frozenset[str]:
    return frozenset(Lock.objects.filter(kind=Kind.TOOL, lifted_at=None).values_list("target", flat=True))


def _check_target(kind: str, target: str) -> None:
    found: dict[str, Callable[[], bool]] = {
        Kind.EVERYTHING: lambda: target == "",
        Kind.SESSION: lambda: _is_session(target),
        Kind.USER: lambda: User.objects.filter(username=target).exists(),
        Kind.ROLE: lambda: Role.objects.filter(name=target).exists(),
        Kind.TOOL: lambda: Tool.objects.filter(name=target).exists(),
        Kind.PROVIDER: lambda: Provider.objects.filter(name=target).exists(),
    }
    if kind not in found:
        raise BadTarget(f"kind: must be one of {', '.join(found)}")
    if not found[kind]():
        raise BadTarget("target: must be empty" if kind == Kind.EVERYTHING else f"target: no such {kind}")


def _is_session(target: str) -> bool:
    try:
        canonical = str(uuid.UUID(target))
    except ValueError:
        return False
    # Any other spelling of the id would be stored, shown, and never match.
    return target == canonical and SessionBinding.objects.filter(pk=target).exists()


def _record(verb: str, lock: Lock, actor: Actor, reason: str) -> None:
    log.record(
        verb,
        actor=actor,
        subject=str(lock),
        session_id=lock.target if lock.kind == Kind.SESSION else "",
        role=lock.target if lock.kind == Kind.ROLE else "",
        reason=reason,
        fields={"target_kind": lock.kind, "target": lock.target, "lock_id": lock.pk, "label": str(lock)},
    )
