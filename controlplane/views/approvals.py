"""``/api/approvals``: what waits for a person, and that person's answer.

Who may see a row: its requester, and whoever may decide on calls of others. To everybody else there is no such row."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from controlplane import callers
from controlplane.callers import caller_of
from controlplane.models import Approval, User
from controlplane.models.approvals import Approvals
from controlplane.operations import approvals
from controlplane.views.official import endpoint, invalid, read_body, unknown
from guard.core.closing import EndReason
from guard.ports import Refused

MOST_SHOWN = 100
DECISIONS = {"approve": True, "deny": False}
LONGEST_REASON = 500


def listed(request: HttpRequest) -> dict[str, Any]:
    """``GET /api/approvals?state=&session_id=``: what waits first, then the newest."""
    rows = _filtered(_visible(caller_of(request).user), request).pending_first()
    found = list(rows[: MOST_SHOWN + 1])
    shown = [_view(row) for row in found[:MOST_SHOWN]]
    return {"object": "list", "data": shown, "has_more": len(found) > MOST_SHOWN}


def shown(request: HttpRequest, approval_id: UUID) -> dict[str, Any]:
    """``GET /api/approvals/{id}``"""
    return _view(_seen_by(caller_of(request).user, approval_id))


def decided(request: HttpRequest, approval_id: UUID) -> dict[str, Any]:
    """``POST /api/approvals/{id}``: ``{"decision": "approve" | "deny", "reason": "…"}``"""
    caller = caller_of(request)
    row = _seen_by(caller.user, approval_id)
    approve, reason = _read_decision(request)
    approvals.decide(actor=caller.actor, by=caller.user, approval=row, approve=approve, reason=reason)
    return _view(_seen_by(caller.user, approval_id))


def _record(request: HttpRequest, refused: Refused) -> None:
    """Attempts to decide are recorded; ``decide`` has recorded its own refusals."""
    if request.method != "POST" or isinstance(refused, approvals.NotDecided):
        return
    match = request.resolver_match
    approvals.record_refusal(
        actor=callers.actor_for(request),
        refused=refused,
        approval_id=str(match.kwargs["approval_id"]) if match else "",
        username=request.headers.get(callers.USER_HEADER, "")[:150],
        source_ip=request.META.get("REMOTE_ADDR", ""),
    )


collection = endpoint(_record, GET=listed)
single = endpoint(_record, GET=shown, POST=decided)


def _visible(user: User) -> Approvals:
    rows = Approval.objects.judged().select_related("user", "binding__role")
    return rows if user.has_perm("controlplane.decide_approval") else rows.filter(user=user)


def _seen_by(user: User, approval_id: UUID) -> Approval:
    row = _visible(user).filter(pk=approval_id).first()
    if row is None:
        raise Refused(EndReason.NOT_ALLOWED, "There is no such approval.", "not_found")
    return row


def _filtered(rows: Approvals, request: HttpRequest) -> Approvals:
    for key, values in request.GET.lists():
        if key not in ("state", "session_id"):
            raise unknown(key)
        if len(values) > 1:
            raise invalid(key, "one value")
    if state := request.GET.get("state"):
        rows = rows.standing(_state(state))
    if session_id := request.GET.get("session_id"):
        rows = rows.filter(binding_id=_session_id(session_id))
    return rows


def _state(raw: str) -> str:
    if raw not in Approval.State.values:
        raise invalid("state", f"one of {', '.join(Approval.State.values)}")
    return raw


def _session_id(raw: str) -> UUID:
    try:
        return UUID(raw)
    except ValueError:
        raise invalid("session_id", "the id of a session") from None


def _read_decision(request: HttpRequest) -> tuple[bool, str]:
    body = read_body(request, {"decision", "reason"})
    decision, reason = body.get("decision"), body.get("reason", "")
    if decision is None:
        raise Refused(
            EndReason.BAD_FRAME,
            "Missing required parameter: 'decision'.",
            "missing_required_parameter",
            "decision",
        )
    if not isinstance(decision, str) or decision not in DECISIONS:
        raise invalid("decision", "'approve' or 'deny'")
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON:
        raise invalid("reason", f"text of at most {LONGEST_REASON} characters")
    return DECISIONS[decision], reason


def _view(row: Any) -> dict[str, Any]:
    """Times in unix seconds, as the official API tells them."""
    return {
        "object": "approval",
        "id": str(row.pk),
        "state": row.stands,
        "approver": row.approver,
        "session_id": str(row.binding_id),
        "username": row.user.username,
        "role": row.binding.role.name,
        "tool": row.tool,
        "call_id": row.call_id,
        "arguments": row.arguments,
        "policy_version": row.policy_version,
        "requested_at": int(row.requested_at.timestamp()),
        "expires_at": int(row.expires_at.timestamp()),
        "decided_by": row.decided_by or None,
        "decided_at": int(row.decided_at.timestamp()) if row.decided_at else None,
        "reason": row.reason or None,
    }
