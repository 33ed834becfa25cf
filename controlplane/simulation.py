"""What would be decided: the real decision, on a call that nobody makes. Nothing is counted, asked or executed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

from django.db.models.functions import Now, TruncDate
from django.utils import timezone

from controlplane import compile
from controlplane.facts import Facts
from controlplane.models import DailyCalls, Role, User
from controlplane.operations.standing import Bar, bar_by_lock, bar_on_role
from guard.core.closing import EndReason
from guard.core.decide import NOT_AVAILABLE, decide
from guard.core.decision import Decision
from guard.core.policy import CallState, Policy, ToolCall, Verdict

ASSUMED = Facts()


def simulate(
    user: User,
    role: str,
    tool: str,
    arguments: str,
    *,
    facts: Facts = ASSUMED,
    snapshot: compile.Snapshot | None = None,
) -> Verdict:
    """Who may not have a session as this role now is denied by that bar. ``arguments`` is JSON text, as a model sends
    it. Raises ``compile.NotInForce``."""
    snapshot = snapshot or compile.in_force()
    provider = snapshot.provider_of(snapshot.role(role))
    if bar := _bar(user, role, provider):
        return _barred(bar, snapshot)
    policy = compile.policy_for(user, role, snapshot)
    call = ToolCall("call_asked", tool, arguments)
    state = _state(settled(facts, user, tool), policy)
    verdict = decide(call, policy, state)
    if facts.approved and verdict.decision is Decision.REQUIRE_APPROVAL:
        return decide(call, policy, replace(state, approved=_digest_in(verdict)))
    return verdict


def settled(facts: Facts, user: User, tool: str) -> Facts:
    """With the count of today and the time of now, where none was given: asked again, it gives the same answer."""
    return replace(
        facts,
        tool_on_day=_calls_today(user, tool) if facts.tool_on_day is None else facts.tool_on_day,
        now=facts.now or timezone.now(),
    )


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The public shape (DESIGN §6). ``arguments`` is null unless the call may go on."""
    return {
        "decision": verdict.decision.value,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "obligations": [{"kind": duty.kind, **plain(duty.parameters)} for duty in verdict.obligations],
        "arguments": None if verdict.arguments is None else dict(verdict.arguments),
        "policy_version": verdict.policy_version,
    }


def plain(parameters: Any) -> dict[str, Any]:
    return {
        name: sorted(value) if isinstance(value, set | frozenset) else value
        for name, value in dict(parameters).items()
    }


def _bar(user: User, role: str, provider: str) -> Bar | None:
    row = Role.objects.filter(name=role).first()
    if row is None:  # known to a draft or an old version only: nobody has it
        return Bar(EndReason.REVOKED, "role_not_assigned")
    return bar_on_role(user, row) or bar_by_lock(user, row, provider)


def _barred(bar: Bar, snapshot: compile.Snapshot) -> Verdict:
    reason = "the user may not have a session as this role now"
    return Verdict(Decision.DENY, bar.rule, reason, NOT_AVAILABLE, snapshot.number, considered=(bar.rule,))


def _state(facts: Facts, policy: Policy) -> CallState:
    fresh = {"id": "simulated", "model": next(iter(policy.models), ""), "seconds": 0, "calls": 0}
    return CallState(
        tool_in_turn=facts.tool_in_turn,
        tool_in_session=facts.tool_in_session,
        tool_on_day=facts.tool_on_day,
        calls_in_turn=facts.calls_in_turn,
        engine=facts.engine_answer,
        session=fresh | dict(facts.session),
        now=facts.now,
    )


def _calls_today(user: User, tool: str) -> int:
    """By the database's clock, as ``operations.calls`` counts. Read, not counted."""
    today = DailyCalls.objects.filter(user=user, tool=tool, day=TruncDate(Now(), tzinfo=UTC))
    return today.values_list("count", flat=True).first() or 0


def _digest_in(verdict: Verdict) -> str:
    """Of the very action that a person would have been asked about."""
    digests = (duty.parameters["digest"] for duty in verdict.obligations if duty.kind == "approval")
    return str(next(digests, ""))
