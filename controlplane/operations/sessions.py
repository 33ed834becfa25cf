"""How sessions end: by compare-and-set, so that exactly one of all who try writes the terminal record."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from audit import log as audit_log
from audit.actors import Actor
from controlplane.models import SessionBinding, User
from controlplane.operations import approvals, doorbell, open_calls
from guard.core.closing import EndReason

log = logging.getLogger(__name__)

State = SessionBinding.State
GRACE = timedelta(seconds=10)
"""A live process ends its sessions itself, with more to tell; the reaper comes this much later."""
LEASE = timedelta(seconds=60)
"""A process that has not been seen for this long is lost. It has closed its sessions by then: they end after 30 s
without a view of the policy, which comes from the same database."""
SWEEP = 500


@transaction.atomic
def end_session(
    *,
    actor: Actor,
    session_id: UUID | str,
    reason: EndReason,
    why: str = "",
    fields: Mapping[str, Any] | None = None,
    is_left: bool = False,
) -> bool:
    """Move the binding to ended, write its one terminal record, tell its process. False if it had ended before.

    ``fields`` are the facts that its process knows (counts, usage, close code); ``why`` is an administrator's reason.
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
    _record_end(session_id, actor, reason, why, facts)
    if actor.kind != "session":  # a session that ends itself need not be told
        doorbell.ring()
    return True


@transaction.atomic
def end_sessions_of(*, actor: Actor, user: User, reason: EndReason, why: str = "") -> int:
    """End what the user has running, and the tickets not used yet. Returns how many."""
    ids = user.bindings.exclude(state=State.ENDED).values_list("pk", flat=True)
    return sum(end_session(actor=actor, session_id=pk, reason=reason, why=why) for pk in list(ids))


def reap_expired(*, actor: Actor) -> int:
    """End active sessions that are over their time or whose process is gone. Safe to run twice, or at once."""
    active = SessionBinding.objects.filter(state=State.ACTIVE)
    lost = _end_all(actor, active.filter(last_seen_at__lt=Now() - LEASE), EndReason.NODE_LOST)
    expired = _end_all(actor, active.filter(end_by__lt=Now() - GRACE), EndReason.EXPIRED)
    _record_sweep(actor, expired=expired, lost=lost)
    return expired + lost


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
    session_id: UUID | str, actor: Actor, reason: EndReason, why: str, facts: dict[str, Any]
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
