"""What a call that waits for people counts for: its place in every cap, from which it is judged again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from late_calls import REFUND, approve, refund
from late_calls import desk as desk_with
from provider import response
from script import Script

from guard.core.approval import ApprovalState, Approver
from guard.core.commands import CountCall, RequestApproval
from guard.core.condition import Condition
from guard.core.policy import Caps, Grant


def desk(**grant: Any) -> Script:
    return desk_with(Grant(REFUND, approver=Approver.SUPERVISOR, **grant))


def waiting(script: Script, count: int) -> list[RequestApproval]:
    """So many calls, all in one turn of the user."""
    found = []
    for n in range(count):
        call = refund(call_id=f"call_{n}", item_id=f"item_{n}", response_id=f"resp_{n}")
        found.append(script.server(*call.all()).only(RequestApproval))
        done = f"ours_{n}"
        script.server(response("response.created", id=done), response("response.done", "completed", id=done))
    return found


def ended(script: Script, asked: list[RequestApproval]) -> list[tuple[str, str]]:
    """The second verdict on each, once people have agreed to all."""
    records = [record for each in asked for record in approve(script, each).records]
    return [(r.outcome, r.rule) for r in records if r.verb == "tool.decided"]


PERMITTED, NO_MORE = ("allow", "grant:refund_order"), "deny"


@pytest.mark.parametrize("cap", ["per_session", "per_turn", "per_day"])
def test_a_cap_that_was_lowered_lets_the_calls_through_that_came_first(cap: str) -> None:
    script = desk(caps=Caps(**{cap: 5}))
    asked = []
    for n in range(3):
        call = refund(call_id=f"call_{n}", item_id=f"item_{n}", response_id=f"resp_{n}")
        orders = script.server(*call.all())
        if cap == "per_day":
            orders = script.counted(orders.only(CountCall), n)
        asked.append(orders.only(RequestApproval))
        script.server(response("response.created", id=f"ours_{n}"))
        script.server(response("response.done", "completed", id=f"ours_{n}"))
    lowered = replace(script.session.policy.grants["refund_order"], caps=Caps(**{cap: 2}))
    script.replace(grants={"refund_order": lowered}, version=8)
    assert ended(script, asked) == [PERMITTED, PERMITTED, (NO_MORE, f"cap:{cap}")]


def test_fewer_calls_in_a_turn_than_were_made_deny_those_that_came_last() -> None:
    script = desk()
    asked = waiting(script, 3)
    script.replace(calls_per_turn=2, version=8)
    assert ended(script, asked) == [PERMITTED, PERMITTED, (NO_MORE, "calls_per_turn")]


def test_a_call_does_not_count_against_itself() -> None:
    once = desk(caps=Caps(per_turn=1, per_session=1), condition=Condition("session.calls < 1"))
    assert ended(once, waiting(once, 1)) == [PERMITTED]


@pytest.mark.parametrize("state", [ApprovalState.DENIED, ApprovalState.EXPIRED])
def test_a_call_that_people_were_asked_about_keeps_its_place_whatever_they_said(state: ApprovalState) -> None:
    """Who has said no must not be asked again for as long as the model likes."""
    script = desk(caps=Caps(per_session=1))
    [asked] = waiting(script, 1)
    script.decided(asked, state)
    later = refund(call_id="call_9", item_id="item_9", response_id="resp_9")
    [record] = [r for r in script.server(*later.all()).records if r.verb == "tool.decided"]
    assert (record.outcome, record.rule) == ("deny", "cap:per_session")
