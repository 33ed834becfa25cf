"""A person's consent to one tool call: asked for, decided, used once, or over.

Every step is a compare-and-set judged by the database's clock, so that of two deciders, of a decision and the deadline,
and of two uses exactly one wins. Refused steps are recorded in a transaction of their own: call ``request`` and
``decide`` where nothing takes that back.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from audit import log as audit_log
from audit.actors import Actor
from audit.cleaning import clean_text
from controlplane.models import Approval, SessionBinding, User
from controlplane.models.approvals import OPEN, Approvals
from controlplane.operations import doorbell, notices
from controlplane.operations.rows import subject_of
from guard.core.approval import ApprovalOutcome, ApprovalRequest, ApprovalState
from guard.core.closing import EndReason
from guard.ports import Refused

log = logging.getLogger(__name__)

State = Approval.State
MOST_PENDING = 8
"""For each session. Who is flooded with questions says yes to all of them."""
LONGEST_ARGUMENTS = 16_384
"""In characters. What is longer nobody reads before saying yes."""
SWEEP = 500

_REFUSALS = {
    "too_many_pending": (EndReason.RATE_LIMITED, "Too many calls of this session wait for approval."),
    "arguments_too_long": (EndReason.TOO_LARGE, "The arguments are too long for a person to judge."),
    "session_over": (EndReason.DUPLICATE, "The session does not run."),
    "permission_missing": (EndReason.NOT_ALLOWED, "You may not decide on calls of others."),
    "own_request": (EndReason.NOT_ALLOWED, "Somebody else must decide on your own request."),
    "not_the_requester": (EndReason.NOT_ALLOWED, "Only the user who speaks can confirm this call."),
    "approval_expired": (EndReason.DUPLICATE, "It is too late: the request has expired."),
    "already_decided": (EndReason.DUPLICATE, "The request has been decided already."),
}
"""Code -> what it is to a client, and the sentence."""


class NotAsked(Refused):
    """No request was made. Recorded."""


class NotDecided(Refused):
    """No decision was made. Recorded."""


def request(*, actor: Actor, session_id: UUID | str, request: ApprovalRequest) -> Approval:
    """Ask for consent: durable, and on the pages, on return. The same request twice (an answer got lost) is one.

    Raises ``NotAsked``.
    """
    with transaction.atomic():
        # Locked, so that the count of what is pending is exact, and so that a session that ends leaves none behind.
        lockable = SessionBinding.objects.select_for_update(of=("self",), no_key=True)
        binding = lockable.select_related("user", "role").get(pk=session_id)
        same = _of(session_id).filter(number=request.number, digest=request.digest, tool=request.tool)
        if found := same.first():
            return found
        fault = _bar_to_asking(binding, request)
        if not fault:
            return _ask(actor, binding, request)
    why, said = _REFUSALS[fault]
    _record("approval.refused", _drafted(binding, request), actor, outcome="refused", rule=fault, reason=said)
    raise NotAsked(why, said, fault)


def outcomes(session_id: UUID | str) -> list[ApprovalOutcome]:
    """What the session needs to know: every request of its own that is neither pending nor used."""
    mine = _of(session_id)
    for overdue in mine.overdue().select_related("user", "binding__role"):
        # In the session's own name: it is looking, so it need not be told to look.
        _expire(Actor("session", str(session_id), overdue.user.username), overdue)
    rows = mine.exclude(state__in=(State.PENDING, State.USED)).order_by("number")
    return [ApprovalOutcome(row.number, row.digest, ApprovalState(row.state), row.decided_by) for row in rows]


@transaction.atomic
def use(*, actor: Actor, session_id: UUID | str, number: int, digest: str) -> bool:
    """True for one caller only, in time, for the very action that was approved. Another is recorded as refused."""
    mine = _of(session_id).filter(number=number)
    won = mine.filter(state=State.APPROVED, digest=digest, expires_at__gt=Now()).update(state=State.USED)
    approval: Any = mine.judged().select_related("user", "binding__role").first()
    if approval is None:
        return False
    if won:
        _record("approval.used", approval, actor)
        _tell(actor)
        return True
    rule = "another_action" if approval.digest != digest else f"approval_{approval.stands}"
    said = f"The approval is {approval.stands}" if approval.digest == digest else "The call is another one"
    _record("approval.refused", approval, actor, outcome="refused", rule=rule, reason=f"{said}.")
    return False


def decide(*, actor: Actor, by: User, approval: Approval, approve: bool, reason: str = "") -> Approval:
    """Say yes or no, once and in time, as somebody who may: for SUPERVISOR whoever has the permission, never the
    requester; for USER the requester alone. Raises ``NotDecided``.
    """
    fault = _bar_to_deciding(by, approval)
    if not fault and _decide(actor, by, approval, approve, reason):
        return _found(approval.pk)
    row = _found(approval.pk)
    fault = fault or ("approval_expired" if row.stands == State.EXPIRED else "already_decided")
    why, said = _REFUSALS[fault]
    _record(
        "approval.refused", row, actor, outcome="refused", rule=fault, reason=said, decided_by=by.username
    )
    raise NotDecided(why, said, fault)


def record_refusal(
    *, actor: Actor, refused: Refused, approval_id: str, username: str, source_ip: str
) -> None:
    """For a decision that was refused before it came to ``decide``: no such row to this person, no such body."""
    audit_log.record(
        "approval.refused",
        actor=actor,
        subject=f"approval:{approval_id}",
        outcome="refused",
        rule=refused.code or refused.reason.value,
        reason=refused.message,
        source_ip=source_ip,
        fields={"username": username},
    )


def lapse(*, actor: Actor, session_id: UUID | str) -> int:
    """The session has ended: nobody need be asked any more. Call it in the transaction that ends it."""
    unsettled = _of(session_id).filter(state__in=OPEN)
    rows = unsettled.select_related("user", "binding__role").order_by("pk")
    return sum(_close(actor, row, unsettled, "The session ended.") for row in rows)


def expire_overdue(*, actor: Actor) -> int:
    """The backstop, for sessions that do not look. Safe to run twice, or at once."""
    expired = 0
    for row in Approval.objects.overdue().select_related("user", "binding__role")[:SWEEP]:
        try:
            expired += _expire(actor, row)
        except Exception:
            log.exception("approval %s could not be expired; the next sweep tries again", row.pk)
    return expired


def _bar_to_asking(binding: SessionBinding, request: ApprovalRequest) -> str:
    """A code of ``_REFUSALS``, "" when it may be asked."""
    if binding.state != SessionBinding.State.ACTIVE:
        return "session_over"
    if len(request.arguments) > LONGEST_ARGUMENTS:
        return "arguments_too_long"
    pending = _of(binding.pk).standing(State.PENDING).count()
    return "too_many_pending" if pending >= MOST_PENDING else ""


def _bar_to_deciding(by: User, approval: Approval) -> str:
    """A code of ``_REFUSALS``, "" when ``by`` may decide. Read afresh: a request may be older than a withdrawal."""
    person = User.objects.get(pk=by.pk)
    is_own = person.pk == approval.user_id
    if approval.approver == Approval.Kind.USER:
        return "" if is_own and person.is_active else "not_the_requester"
    if is_own:
        return "own_request"  # whatever the permissions: superusers have them all
    return "" if person.has_perm("controlplane.decide_approval") else "permission_missing"


def _drafted(binding: SessionBinding, request: ApprovalRequest) -> Approval:
    return Approval(
        binding=binding,
        user=binding.user,
        number=request.number,
        approver=request.approver.value,
        call_id=clean_text(request.call_id, 200),
        tool=request.tool,
        digest=request.digest,
        arguments=clean_text(request.arguments, LONGEST_ARGUMENTS),
        policy_version=request.policy_version,
    )


def _ask(actor: Actor, binding: SessionBinding, request: ApprovalRequest) -> Approval:
    approval = _drafted(binding, request)
    approval.requested_at, approval.expires_at = Now(), Now() + timedelta(seconds=request.seconds)
    approval.save(force_insert=True)
    approval.refresh_from_db(fields=["requested_at", "expires_at"])
    _record("approval.requested", approval, actor, arguments=approval.arguments)
    _tell(actor)
    notices.announce(approval)
    return approval


@transaction.atomic
def _decide(actor: Actor, by: User, approval: Approval, approve: bool, reason: str) -> bool:
    # On the row alone: with a join, Django would compare in a subquery, and two could win.
    pending = Approval.objects.filter(pk=approval.pk, state=State.PENDING, expires_at__gt=Now())
    won = pending.update(
        state=State.APPROVED if approve else State.DENIED,
        decided_by=by.username,
        decided_by_user=by,
        decided_at=Now(),
        reason=clean_text(reason.strip(), 500),
    )
    if won:
        row = _found(approval.pk)
        _record(
            "approval.decided",
            row,
            actor,
            outcome=row.state,
            reason=row.reason,
            decided_by=row.decided_by,
            waited_seconds=_waited(row),
        )
        _tell(actor)
    return bool(won)


def _expire(actor: Actor, approval: Approval) -> bool:
    return _close(actor, approval, Approval.objects.overdue(), "")


@transaction.atomic
def _close(actor: Actor, approval: Approval, still: Approvals, why: str) -> bool:
    """From whatever it is, if ``still`` holds it, to expired. Of all who notice, one records it."""
    if not still.filter(pk=approval.pk).update(state=State.EXPIRED):
        return False
    _record("approval.expired", approval, actor, outcome=State.EXPIRED.value, reason=why)
    _tell(actor)
    return True


def _of(session_id: UUID | str) -> Approvals:
    return Approval.objects.filter(binding_id=UUID(str(session_id)))


def _found(pk: UUID) -> Any:
    return Approval.objects.judged().select_related("user", "binding__role").get(pk=pk)


def _waited(row: Approval) -> float:
    return round((row.decided_at - row.requested_at).total_seconds(), 3) if row.decided_at else 0.0


def _tell(actor: Actor) -> None:
    if actor.kind != "session":  # what a session does itself it need not be told
        doorbell.ring()


def _record(
    verb: str,
    approval: Approval,
    actor: Actor,
    *,
    outcome: str = "",
    rule: str = "",
    reason: str = "",
    **said: object,
) -> None:
    audit_log.record(
        verb,
        actor=actor,
        subject="" if approval._state.adding else subject_of(approval),
        session_id=str(approval.binding_id),
        role=approval.binding.role.name,
        outcome=outcome,
        rule=rule,
        reason=reason,
        policy_version=approval.policy_version,
        fields={
            "number": approval.number,
            "approver": approval.approver,
            "call_id": approval.call_id,
            "tool": approval.tool,
            # No digest: whoever knows the shape of the arguments could guess what was redacted from them.
            "username": approval.user.username,
            **said,
        },
    )
