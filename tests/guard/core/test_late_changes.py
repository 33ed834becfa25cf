"""What changes between two steps of a call: people agree, policies change, tools answer late."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from late_calls import (
    ALLOWS,
    ENGINE,
    OVER_HTTP,
    REFUND,
    approve,
    asked_of,
    creates,
    decisions,
    desk,
    outputs,
    pass_time,
    refund,
)
from provider import event, response
from script import ORDERS, Orders

from guard.core.approval import Approver
from guard.core.arguments import parse
from guard.core.commands import AskEngine, CountCall, RequestApproval, Run
from guard.core.policy import Caps, Grant
from guard.core.running import ToolAnswer

# -- people who agree


def test_a_lock_that_comes_before_an_approved_call_could_be_delivered_is_honoured() -> None:
    script = desk(Grant(REFUND, approver=Approver.SUPERVISOR))
    asked = script.server(*refund().all()).only(RequestApproval)
    script.server(response("response.created", id="r2"))
    assert decisions(approve(script, asked)) == [("allow", "grant:refund_order")]
    script.replace(version=8, locked_tools=frozenset({"refund_order"}))
    orders = script.server(response("response.done", "completed", id="r2"))
    assert decisions(orders) == [("deny", "tool_locked")]
    assert "refund_order" not in orders.text() and creates(orders) == 1


def test_a_stale_policy_delivers_nothing_that_waited() -> None:
    script = desk(Grant(REFUND, approver=Approver.SUPERVISOR))
    asked = script.server(*refund().all()).only(RequestApproval)
    script.server(response("response.created", id="r2"))
    approve(script, asked)
    script.wait(12)
    assert decisions(script.server(response("response.done", "completed", id="r2"))) == [
        ("deny", "policy_stale")
    ]


def test_a_new_policy_that_still_allows_delivers_what_was_agreed_to() -> None:
    script = desk(Grant(REFUND, approver=Approver.SUPERVISOR, caps=Caps(per_session=1)))
    asked = script.server(*refund().all()).only(RequestApproval)
    script.server(response("response.created", id="r2"))
    approve(script, asked)
    script.replace(version=8, calls_per_turn=9)
    orders = script.server(response("response.done", "completed", id="r2"))
    assert decisions(orders) == [("allow", "grant:refund_order")]
    assert orders.types().count("response.function_call_arguments.done") == 1


def test_a_call_that_was_agreed_to_and_not_delivered_is_not_recorded_as_not_approved() -> None:
    script = desk(Grant(REFUND, approver=Approver.SUPERVISOR))
    asked = script.server(*refund().all()).only(RequestApproval)
    script.server(response("response.created", id="r2"))
    approve(script, asked)
    last = Orders(script.session.close(script.now))
    assert [(r.verb, r.outcome) for r in last.records] == [("tool.abandoned", "cut_off")]


@pytest.mark.parametrize("grant", [Grant(REFUND, approver=Approver.USER), Grant(OVER_HTTP)])
def test_a_call_that_the_client_has_seen_begin_is_not_taken_over(grant: Grant) -> None:
    """It could neither be hidden any more, nor shown a second time."""
    script, call = desk(Grant(REFUND, streams_arguments=True)), refund()
    script.server(response("response.created"), *call.added(), *call.deltas()[:1])
    script.replace(version=8, grants={ORDERS.name: Grant(ORDERS), "refund_order": grant})
    orders = script.server(*call.deltas()[1:], call.done(), *call.copies(), call.finished())
    assert decisions(orders) == [("deny", "arguments_shown")]
    assert not asked_of(orders, Run) and not asked_of(orders, RequestApproval)
    ends = [e for e in orders.to_client if e["type"] == "response.output_item.done"]
    assert [e["item"]["status"] for e in ends] == ["incomplete"]


# -- the policy of now


def test_an_engine_that_is_gone_is_not_waited_for_with_a_denial() -> None:
    script = desk(Grant(REFUND, caps=Caps(per_day=5)), engine=ENGINE)
    call = refund()
    script.server(response("response.created"), *call.added(), *call.deltas(), call.done())
    script.replace(version=8, engine=None)
    late = pass_time(script, 4)
    assert len(asked_of(late, CountCall)) == 1
    assert decisions(script.counted(late.only(CountCall), 0)) == [("allow", "grant:refund_order")]


def test_an_engine_that_is_new_is_asked_when_the_count_has_come() -> None:
    script, call = desk(Grant(REFUND, caps=Caps(per_day=5))), refund()
    counting = script.server(response("response.created"), *call.added(), *call.deltas(), call.done())
    script.replace(version=8, engine=ENGINE)
    asked = script.counted(counting.only(CountCall), 0)
    assert decisions(script.engine(asked.only(AskEngine), ALLOWS)) == [("allow", "grant:refund_order")]


# -- what is told


def test_numbers_of_a_narrowed_call_stay_as_the_tool_wrote_them() -> None:
    script = desk(Grant(OVER_HTTP, rules=parse("amount", {"at_most": 5})))
    run = script.server(*refund().all()).only(Run)
    [output] = outputs(script.ran(run, '{"price":12.50,"id":123456789012345678901234567890}'))
    assert '"result":{"price":12.50,"id":123456789012345678901234567890}' in output["output"]


def test_the_echo_of_a_narrowed_calls_result_is_not_measured_by_the_tools_schema() -> None:
    tool = replace(REFUND, result_schema={"type": "object", "required": ["done"]})
    script = desk(Grant(tool, rules=parse("amount", {"at_most": 5})))
    script.server(*refund().all())
    item = {"type": "function_call_output", "call_id": "call_1", "output": '{"done":true}', "id": "item_o"}
    [sent] = outputs(script.client({"type": "conversation.item.create", "item": item}))
    echo = script.server(event("conversation.item.added", previous_item_id=None, item=sent))
    assert json.loads(echo.to_client[0]["item"]["output"])["result"] == {"done": True}


@pytest.mark.parametrize(
    "fields", [{"item_id": "item_f"}, {"tool": "refund_order"}, {"for": {"id": "call_1"}}]
)
def test_an_event_of_unknown_type_cannot_speak_of_a_hidden_call(fields: dict[str, Any]) -> None:
    script = desk(Grant(OVER_HTTP))
    script.server(*refund().all())
    assert script.server(event("response.tool_progress", **fields)).to_client == []
    assert script.server(event("response.tool_progress", step=1)).types() == ["response.tool_progress"]


def test_a_failing_tool_changes_nothing_when_it_answers_after_its_time() -> None:
    script = desk(Grant(OVER_HTTP))
    run = script.server(*refund().all()).only(Run)
    timed_out = pass_time(script, 13)
    assert len(outputs(timed_out)) == 1
    assert script.ran(run, ToolAnswer("late")) == []
