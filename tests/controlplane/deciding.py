"""Decisions on record, as a session writes them."""

from __future__ import annotations

from typing import Any

from audit import log
from audit.actors import Actor
from audit.models import Record
from controlplane import compile, document
from controlplane.models import User
from guard.core.decide import decide
from guard.core.evidence import fields_of
from guard.core.judging import denied as denied_by_session
from guard.core.policy import CallState, ToolCall

SESSION = "11111111-2222-3333-4444-555555555555"


def decided(
    tool: str,
    arguments: str = "{}",
    *,
    user: str = "alice",
    role: str = "customer_support",
    call_id: str = "call_1",
    session: str = SESSION,
    fields: dict[str, Any] | None = None,
    denied: str = "",
    **facts: Any,
) -> Record:
    """A call by the policy in force, and its record. ``denied``: the rule by which the session itself denied it."""
    policy = compile.policy_for(User.objects.get(username=user), role)
    state = CallState(**{"session": {"id": "s", "model": "m", "seconds": 1, "calls": 1}, **facts})
    verdict = decide(ToolCall(call_id, tool, arguments), policy, state)
    if denied:
        verdict = denied_by_session(denied, "of its own accord", policy)
    return log.record(
        "tool.decided",
        actor=Actor("session", session, user),
        subject=call_id,
        session_id=session,
        role=role,
        outcome=str(verdict.decision),
        rule=verdict.rule,
        reason=verdict.reason,
        policy_version=verdict.policy_version,
        fields={
            "call_id": call_id,
            "tool": tool,
            "decision": str(verdict.decision),
            "considered": list(verdict.considered),
            "policy_digest": policy.digest,
            **fields_of(arguments, verdict, state, policy),
            **(fields or {}),
        },
    )


def draft(**grants: dict[str, Any]) -> dict[str, Any]:
    """The rows of now, with fields of grants of customer_support changed: ``draft(list_recent_orders={"per_day": 1})``;
    None takes the grant away."""
    content = document.current()
    found = content["roles"]["customer_support"]["grants"]
    for tool, fields in grants.items():
        if fields is None:
            del found[tool]
        else:
            found[tool] = found.get(tool, found["get_account_status"]) | fields
    return content
