"""Calls that a session has left open when its process is gone: nobody else will say how they ended."""

from __future__ import annotations

from uuid import UUID

from audit import log as audit_log
from audit.actors import Actor
from audit.models import Record
from controlplane.models import SessionBinding

_VERBS = ("tool.decided", "tool.result", "tool.abandoned")
_DUPLICATE = "duplicate_call_id"


def abandon(*, actor: Actor, session_id: UUID | str) -> int:
    """A last record for each call that was allowed, or waited for a person, and has none. It may have been carried
    out all the same. Call it in the transaction that ends the session. Returns how many."""
    left = _open(str(session_id))
    if not left:
        return 0
    binding = SessionBinding.objects.select_related("role").get(pk=session_id)
    for record in left:
        audit_log.record(
            "tool.abandoned",
            actor=actor,
            subject=record.subject,
            session_id=str(session_id),
            role=binding.role.name,
            outcome="node_lost",
            policy_version=record.policy_version,
            fields={"call_id": record.subject, "tool": record.fields.get("tool", "")},
        )
    return len(left)


def _open(session_id: str) -> list[Record]:
    """The last decision of each such call. A ``call_id`` may come again once its earlier call is over; one that comes
    sooner was denied, which says nothing of the earlier call."""
    calls: dict[str, Record] = {}
    for record in Record.objects.filter(session_id=session_id, verb__in=_VERBS).order_by("id"):
        if record.rule == _DUPLICATE:
            continue
        if record.verb == "tool.decided" and record.outcome != "deny":
            calls[record.subject] = record
        else:
            calls.pop(record.subject, None)
    return list(calls.values())
