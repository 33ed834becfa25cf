"""Kill switches: raise, lift, whether one holds, and whom it concerns."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from audit import log
from audit.actors import Actor
from audit.models import Record
from controlplane.models import Lock, Provider, Role, SessionBinding, Tool, User
from controlplane.operations import doorbell, reasons

Kind = Lock.Kind
ALONE = "You have locked everything yourself: somebody else must lift it."


class BadTarget(ValueError):
    """There is nothing of this kind and name to lock. The text says so."""


class SecondPerson(PermissionError):
    """Undoing this needs somebody else. Recorded."""


@transaction.atomic
def raise_lock(*, actor: Actor, kind: str, target: str = "", reason: str) -> Lock:
    """Refuse new sessions and stop running ones, at their next look (nudged: within a second).

    The same target locked twice stays one lock, the first. Raises ``BadTarget`` and ``BadReason``.
    """
    why = reasons.given(reason)
    _check_target(kind, target)
    lock, is_new = Lock.objects.get_or_create(
        kind=kind, target=target, lifted_at=None, defaults={"reason": why, "created_by": actor.label}
    )
    if is_new:
        _record("lock.raised", lock, actor, why)
    doorbell.ring()
    return lock


def lift_lock(*, actor: Actor, lock: Lock, reason: str, alone: bool = False) -> bool:
    """False if it had been lifted already. A lock on everything is lifted by somebody else than who raised it, unless
    whoever runs the machine says that there is nobody else (``alone``), which is recorded.

    Raises ``BadReason``, and ``SecondPerson``, recorded in a transaction of its own.
    """
    why = reasons.given(reason)
    is_same = lock.kind == Kind.EVERYTHING and _raised_it(actor, lock)
    if is_same and not alone:
        _deny(lock, actor)
        raise SecondPerson(ALONE)
    with transaction.atomic():
        lifted = Lock.objects.filter(pk=lock.pk, lifted_at=None).update(
            lifted_at=Now(), lifted_by=actor.label
        )
        if lifted:
            _record("lock.lifted", lock, actor, why, rule="alone" if is_same else "")
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


def concerned(kind: str, target: str = "") -> QuerySet[SessionBinding]:
    """Sessions and unused tickets that such a lock ends; for a tool, which ends none, those that may call it. Raises
    ``BadTarget``."""
    _check_target(kind, target)
    going_on = SessionBinding.objects.exclude(state=SessionBinding.State.ENDED)
    holding = Role.objects.filter(grants__tool__name=target, grants__retired_at=None)
    return going_on.filter(
        {
            Kind.EVERYTHING: Q(),
            Kind.SESSION: Q(pk=target if kind == Kind.SESSION else None),
            Kind.USER: Q(user__username=target),
            Kind.ROLE: Q(role__name=target),
            Kind.PROVIDER: Q(provider__name=target),
            Kind.TOOL: Q(role__in=holding),
        }[Kind(kind)]
    )


def _raised_it(actor: Actor, lock: Lock) -> bool:
    """By name, and by account, which stays the same when somebody is renamed."""
    if actor.label == lock.created_by:
        return True
    raised = Record.objects.filter(verb="lock.raised", actor_kind=actor.kind, actor_id=actor.id)
    return actor.kind == "user" and raised.filter(fields__lock_id=lock.pk).exists()


def _deny(lock: Lock, actor: Actor) -> None:
    fields = {"attempted": "lift lock", "label": str(lock)}
    log.record(
        "admin.denied",
        actor=actor,
        subject=f"lock:{lock.pk}",
        outcome="deny",
        reason=ALONE,
        fields=fields,
    )


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


def _record(verb: str, lock: Lock, actor: Actor, reason: str, rule: str = "") -> None:
    log.record(
        verb,
        actor=actor,
        subject=str(lock),
        session_id=lock.target if lock.kind == Kind.SESSION else "",
        role=lock.target if lock.kind == Kind.ROLE else "",
        rule=rule,
        reason=reason,
        fields={"target_kind": lock.kind, "target": lock.target, "lock_id": lock.pk, "label": str(lock)},
    )
