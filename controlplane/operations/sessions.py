"""How sessions end: by compare-and-set, so that exactly one of all who try writes the terminal record."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from audit import log as audit_log
from audit.actors import Actor
from controlplane.models import SessionBinding, User
from controlplane.operations import approvals, doorbell, nodes, open_calls
from guard.core.closing import EndReason

log = logging.getLogger(__name__)

State = SessionBinding.State
GRACE = timedelta(seconds=10)
"""A live process ends its sessions itself, with more to tell; the reaper comes this much later."""
SWEEP = 500


@transaction.atomic
def end_session(
    *,
    actor: Actor,
    session_id: UUID | str,
    reason: EndReason,
    why: str = "",
    rule: str = "",
    fields: Mapping[str, Any] | None = None,
    is_left: bool = False,
) -> bool:
    """Move the binding to ended, write its one terminal record, tell its process. False if it had ended before.

    ``fields`` are the facts that its process knows (counts, usage, close code); ``why`` is an administrator's reason,
    ``rule`` what else it was that ended it.
    ``is_left``: there is no process any more that would say what became of its calls.
    """
    facts = dict(fields or {})
    won = (
        SessionBinding.objects.filter(pk=session_id)
        .exclude(state=State.ENDED)
        .update(state=State.ENDED, ended_at=Now(), end_reason=reason, **_columns(facts))
    )
    if not won:
        return False
    approvals.lapse(actor=actor, session_id=session_id)
    if is_left:
        open_calls.abandon(actor=actor, session_id=session_id)
    _record_end(session_id, actor, reason, why, rule, facts)
    if actor.kind != "session":  # a session that ends itself need not be told
        doorbell.ring()
    return True


@transaction.atomic
def end_sessions_of(*, actor: Actor, user: User, reason: EndReason, why: str = "") -> int:
    """End what the user has running, and the tickets not used yet. Returns how many."""
    ids = user.bindings.exclude(state=State.ENDED).values_list("pk", flat=True)
    return sum(end_session(actor=actor, session_id=pk, reason=reason, why=why) for pk in list(ids))


def reap_expired(*, actor: Actor) -> int:
    """End active sessions whose process is gone, or which are over their time. Safe to run twice, or at once."""
    active = SessionBinding.objects.filter(state=State.ACTIVE)
    overdue = active.filter(end_by__lt=Now() - GRACE)
    if (silent := nodes.silent()) or overdue.exists():
        time.sleep(nodes.PATIENCE)
    nodes.declare_lost(actor=actor, silent=silent)
    nowhere = active.filter(Q(node=None) | Q(node__stopped_at__isnull=False))
    lost = _end_all(actor, nowhere, EndReason.NODE_LOST)
    # Once the database's clock has jumped, an end-by lies in another time; the process that runs the session still
    # knows how long it has lasted.
    expired = 0 if nodes.has_database_jumped() else _end_all(actor, overdue, EndReason.EXPIRED)
    _record_sweep(actor, expired=expired, lost=lost)
    return expired + lost


def end_strays(*, actor: Actor, strays: Collection[str]) -> int:
    """End sessions that run nowhere although their process lives."""
    return sum(
        end_session(actor=actor, session_id=pk, reason=EndReason.INTERNAL, is_left=True) for pk in strays
    )


def strays(*, node_id: UUID, but: Collection[str]) -> set[str]:
    """What is said to run in a process, ``but`` what it knows of: somebody was admitted, and the answer was lost on its
    way to the session."""
    there = SessionBinding.objects.filter(node=node_id, state=State.ACTIVE).values_list("pk", flat=True)
    return {str(pk) for pk in there} - set(but)


def release(*, session_id: UUID | str) -> None:
    """Its process has closed both connections. No record: the terminal one says how it ended."""
    SessionBinding.objects.filter(pk=session_id, released_at=None).update(released_at=Now())


def revoke_tickets(*, actor: Actor) -> int:
    """End pending bindings whose ticket can no longer be used. Safe to run twice, or at once."""
    unused = SessionBinding.objects.filter(state=State.PENDING, start_by__lte=Now())
    tickets = _end_all(actor, unused, EndReason.EXPIRED)
    _record_sweep(actor, tickets=tickets)
    return tickets


def _end_all(actor: Actor, bindings: QuerySet[SessionBinding], reason: EndReason) -> int:
    """Each in a transaction of its own, so that one that fails does not keep the others alive."""
    ended = 0
    for session_id in bindings.order_by("created_at").values_list("pk", flat=True)[:SWEEP]:
        try:
            ended += end_session(actor=actor, session_id=session_id, reason=reason, is_left=True)
        except Exception:
            log.exception("session %s could not be ended; the next sweep tries again", session_id)
    return ended


def note_facts(*, session_id: UUID | str, facts: Mapping[str, Any]) -> None:
    """For a process whose session somebody else has ended: what it counted is kept with the session. No record: the
    terminal one is written, and the calls and the usage are on record one by one."""
    if columns := _columns(facts):
        SessionBinding.objects.filter(pk=session_id, state=State.ENDED).update(**columns)


def _columns(facts: Mapping[str, Any]) -> dict[str, Any]:
    kept = {"usage", "tools_allowed", "tools_denied"}
    return {name: value for name, value in facts.items() if name in kept}


def _record_end(
    session_id: UUID | str, actor: Actor, reason: EndReason, why: str, rule: str, facts: dict[str, Any]
) -> None:
    binding = SessionBinding.objects.select_related("user", "role", "provider").get(pk=session_id)
    left_unused = binding.started_at is None and reason is EndReason.EXPIRED
    audit_log.record(
        "ticket.expired" if left_unused else "session.ended",
        actor=actor,
        subject=str(binding.pk),
        session_id=str(binding.pk),
        role=binding.role.name,
        outcome=reason.value,
        rule=rule,
        reason=why,
        policy_version=binding.policy_version,
        fields=_lasting(binding)
        | facts
        | {"username": binding.user.username, "provider": binding.provider.name, "model": binding.model},
    )


def _lasting(binding: SessionBinding) -> dict[str, Any]:
    if binding.started_at is None or binding.ended_at is None:
        return {}
    return {"duration_seconds": round((binding.ended_at - binding.started_at).total_seconds(), 3)}


def _record_sweep(actor: Actor, **counts: int) -> None:
    if total := sum(counts.values()):
        audit_log.record("reaper.swept", actor=actor, subject=actor.label, fields={"count": total, **counts})
