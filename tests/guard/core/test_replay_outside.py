"""Denials that no policy decides, replayed: nobody agreed in time, an id that stood for another call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from provider import FunctionCall, response
from script import Orders, Script, policy

from guard.core.approval import ApprovalState, Approver
from guard.core.commands import RequestApproval, UseApproval
from guard.core.policy import Grant, Policy
from guard.core.replay import replay
from guard.core.tools import Tool

ASKS = Grant(Tool("tool", "", {"type": "object"}), approver=Approver.SUPERVISOR)
OTHER = Tool("tool", "", {"type": "object", "required": ["never"]})


def policy_with(grant: Grant) -> Policy:
    return policy(grants={"tool": grant}, evidence_key=b"k" * 32)


def outcome(verdict: Any) -> tuple[str, str]:
    return str(verdict.decision), verdict.rule


def nobody_agreed(script: Script) -> Orders:
    asked = script.server(*called().all()).only(RequestApproval)
    return script.decided(asked, ApprovalState.EXPIRED)


def approval_not_used(script: Script) -> Orders:
    asked = script.server(*called().all()).only(RequestApproval)
    return script.used(script.decided(asked, ApprovalState.APPROVED).only(UseApproval), used=False)


def too_many(script: Script) -> Orders:
    for n in range(8):
        script.server(*called(n).all())
    return script.server(*called(9).all())


def out_of_band(script: Script) -> Orders:
    script.server(response("response.created", conversation_id=None))
    call = called()
    return script.server(*call.added(), *call.deltas(), call.done())


def twice(script: Script) -> Orders:
    script.server(*called().all())
    again = called()
    again.item_id, again.response_id = "item_other", "resp_other"
    return script.server(*again.all())


def called(n: int = 1) -> FunctionCall:
    return FunctionCall("tool", '{"a":1}', f"call_{n}", f"item_{n}", f"resp_{n}")


@pytest.mark.parametrize(
    ("story", "rule"),
    [
        (nobody_agreed, "approval"),
        (approval_not_used, "approval"),
        (too_many, "approval"),
        (out_of_band, "out_of_band"),
        (twice, "duplicate_call_id"),
    ],
)
def test_what_the_session_itself_denied_is_certain_under_no_policy(story: Any, rule: str) -> None:
    then = policy_with(ASKS)
    [record] = [r for r in story(Script(then)).records if r.verb == "tool.decided"]
    assert (record.outcome, record.rule) == ("deny", rule)
    for draft in (
        then,
        policy_with(replace(ASKS, approver=Approver.NONE)),
        policy_with(replace(ASKS, tool=OTHER)),
    ):
        found = replay(record.fields, draft)
        assert (found.certain, found.outside) == (False, True) and rule in found.why
    assert outcome(replay(record.fields, then).verdict)[0] == "require_approval"


def test_what_a_policy_denied_is_not_taken_for_the_session_s_own_denial() -> None:
    script = Script(policy_with(ASKS))
    asked_for = script.server(*called().all()).only(RequestApproval)
    script.replace(locked_tools=frozenset({"tool"}), version=8)
    used = script.decided(asked_for, ApprovalState.APPROVED).only(UseApproval)
    [record] = [r for r in script.used(used).records if r.verb == "tool.decided"]
    found = replay(record.fields, policy_with(ASKS))
    assert (found.certain, found.outside, outcome(found.verdict)) == (True, False, ("deny", "tool_locked"))
