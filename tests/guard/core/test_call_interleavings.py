"""Calls under policy when things come in another order than usual: late, twice, at once, or never."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from provider import FunctionCall, event, response
from script import ORDERS, Orders, Script, policy

from guard.core.approval import ApprovalState, Approver
from guard.core.arguments import parse
from guard.core.classifier import Classifier, Judgement
from guard.core.commands import Ask, AskEngine, Command, CountCall, RequestApproval, Run, UseApproval
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.policy import Caps, Grant, Limits
from guard.core.running import Endpoint, McpServer, Runner, ToolAnswer
from guard.core.tools import Tool

AMOUNT = {"type": "object", "properties": {"amount": {"type": "number"}}}
REFUND = Tool("refund_order", "Refund", AMOUNT)
OVER_HTTP = replace(REFUND, runner=Runner.HTTP, endpoint=Endpoint("https://tools.example"), answer_seconds=10)
FIND = Tool(
    "crm_find",
    "Finds a customer",
    {"type": "object"},
    runner=Runner.MCP,
    mcp=McpServer("crm", "https://mcp.example", "find"),
    answer_seconds=10,
)
ENGINE = Engine("https://engine.example", 2.0)
ALLOWS = EngineAnswer(Decision.ALLOW)
JUDGE = Classifier("judge", "https://judge.example")
CREATE: dict[str, Any] = {"type": "response.create"}


def desk(*grants: Grant, **changes: Any) -> Script:
    granted = {grant.tool.name: grant for grant in (Grant(ORDERS), *grants)}
    return Script(policy(grants=granted, limits=Limits(max_seconds=900, idle_seconds=900), **changes))


def refund(amount: int = 40, **where: Any) -> FunctionCall:
    return FunctionCall("refund_order", json.dumps({"amount": amount}), **where)


def orders_call(**where: Any) -> FunctionCall:
    return FunctionCall("list_recent_orders", '{"account_id":"a"}', **where)


def ups(orders: Orders) -> list[str]:
    return [event["type"] for event in orders.to_upstream]


def creates(orders: Orders) -> int:
    return ups(orders).count("response.create")


def outputs(orders: Orders) -> list[dict[str, Any]]:
    items = [e["item"] for e in orders.to_upstream if e["type"] == "conversation.item.create"]
    return [item for item in items if item["type"] == "function_call_output"]


def decisions(orders: Orders) -> list[tuple[str, str]]:
    return [(r.outcome, r.rule) for r in orders.records if r.verb == "tool.decided"]


def pass_time(script: Script, seconds: float) -> Orders:
    """As a caller does it: woken when the session has asked for it."""
    orders, until = Orders(), script.now + seconds
    while script.now < until:
        script.session.policy_seen(script.now)
        orders += script.wait(max(min(script.session.next_tick(), until, script.now + 5) - script.now, 0.01))
    return orders


def asked_of(orders: Orders, kind: type[Command]) -> list[Any]:
    return [command for command in orders if isinstance(command, kind)]


def approve(script: Script, asked: RequestApproval) -> Orders:
    return script.used(script.decided(asked, ApprovalState.APPROVED).only(UseApproval))


# -- calls that only response.done tells of


def test_a_response_does_not_end_before_the_calls_that_only_its_end_tells_of() -> None:
    script = desk(engine=ENGINE)
    call = orders_call()
    waiting = script.server(response("response.created"), call.finished())
    assert waiting.types() == ["response.created"] and ups(waiting) == []
    delivered = script.engine(waiting.only(AskEngine), ALLOWS)
    assert delivered.types() == [
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.done",
    ]
    assert [item["arguments"] for item in delivered.to_client[-1]["response"]["output"]] == [call.arguments]
    assert ups(delivered) == []


def test_calls_that_only_the_end_tells_of_are_decided_one_after_the_other() -> None:
    script = desk(Grant(REFUND, caps=Caps(per_turn=1)), engine=ENGINE)
    both = [refund(call_id=f"call_{n}", item_id=f"item_{n}").item("completed") for n in (1, 2)]
    orders = script.server(response("response.created"), response("response.done", "completed", output=both))
    decided = script.engine(orders.only(AskEngine), ALLOWS)
    assert decisions(decided) == [("allow", "grant:refund_order"), ("deny", "cap:per_turn")]
    assert len(outputs(decided)) == 1 and decided.types()[-1] == "response.done"


def test_usage_counts_once_when_the_end_of_a_response_waited() -> None:
    script = desk(engine=ENGINE)
    end = orders_call().finished(usage={"total_tokens": 5})
    script.engine(script.server(response("response.created"), end).only(AskEngine), ALLOWS)
    assert script.session.summary()["usage"] == {"total_tokens": 5}


# -- who asks the model to go on, and when


def test_the_model_is_not_asked_to_go_on_before_the_result_has_been_judged() -> None:
    script, call = desk(Grant(OVER_HTTP), model_classifiers=(JUDGE,)), refund()
    begun = script.server(response("response.created"), *call.added(), *call.deltas(), call.done())
    judging = script.ran(begun.only(Run), "ok")
    assert ups(judging) == []
    ended = script.server(*call.copies(), call.finished())
    assert ups(ended) == []
    assert ups(script.client(CREATE)) == []
    question = judging.only(Ask).question
    given = Orders(script.session.receive_judgement(question.number, Judgement(), script.now))
    assert ups(given) == ["conversation.item.create", "response.create"]


def test_the_end_of_a_response_that_is_told_twice_is_answered_once() -> None:
    script, call = desk(), refund()
    assert creates(script.server(*call.all())) == 1
    assert creates(script.server(call.finished())) == 0


def test_what_was_owed_is_covered_by_the_answer_to_a_denial() -> None:
    script, call = desk(Grant(REFUND, approver=Approver.SUPERVISOR)), refund()
    begun = script.server(response("response.created"), *call.added(), *call.deltas(), call.done())
    script.decided(begun.only(RequestApproval), ApprovalState.DENIED)
    orders = script.server(*call.copies(), call.finished())
    orders += script.server(response("response.created", id="resp_2"))
    orders += script.server(response("response.done", "completed", id="resp_2"))
    assert creates(orders) == 1


def test_a_call_that_was_cut_off_asks_for_nothing() -> None:
    script, call = desk(Grant(REFUND)), refund()
    cut = event(
        "response.output_item.done", response_id="resp_1", output_index=0, item=call.item("incomplete")
    )
    orders = script.server(
        response("response.created"), *call.added(), cut, response("response.done", "completed")
    )
    assert ups(orders) == []


def test_a_result_that_nobody_was_asked_to_tell_is_asked_for_again() -> None:
    """The client's request was on its way already, so the provider refused ours."""
    script = desk(Grant(OVER_HTTP, approver=Approver.SUPERVISOR))
    asked = script.server(*refund().all()).only(RequestApproval)
    script.server(response("response.created", id="r2"), response("response.done", "completed", id="r2"))
    run = approve(script, asked).only(Run)
    script.client(CREATE)
    ours = script.ran(run, "ok").to_upstream[-1]
    assert ours["type"] == "response.create"
    script.server(response("response.created", id="r3"))
    error = {"type": "invalid_request_error", "code": "conversation_already_has_active_response"}
    script.server(event("error", error={**error, "message": "busy", "event_id": ours["event_id"]}))
    assert creates(script.server(response("response.done", "completed", id="r3"))) == 1


def test_what_is_owed_is_asked_for_when_our_request_has_failed() -> None:
    script = desk(Grant(OVER_HTTP, approver=Approver.SUPERVISOR))
    ended = script.server(*refund().all())
    run = approve(script, ended.only(RequestApproval)).only(Run)
    assert ups(script.ran(run, "ok")) == ["conversation.item.create", "conversation.item.create"]
    error = {
        "type": "server_error",
        "code": None,
        "message": "x",
        "event_id": ended.to_upstream[-1]["event_id"],
    }
    assert creates(script.server(event("error", error=error))) == 1


def test_nothing_is_asked_for_after_a_call_outside_the_conversation() -> None:
    script, call = desk(), orders_call()
    script.server(response("response.created", conversation_id=None), *call.all()[1:])
    orders = pass_time(script, 60)
    assert "tool.abandoned" in orders.verbs() and ups(orders) == []


# -- calls on MCP servers


def mcp_request(item_id: str = "mcpr_1") -> dict[str, Any]:
    item = {"id": item_id, "type": "mcp_approval_request", "server_label": "crm", "name": "find"}
    return {**item, "arguments": "{}"}


def mcp_asks() -> list[dict[str, Any]]:
    item = mcp_request()
    return [
        response("response.created"),
        event("conversation.item.done", previous_item_id="item_u", item=item),
        response("response.done", "completed", output=[item]),
    ]


def test_an_approved_call_that_the_provider_never_makes_does_not_hold_the_session() -> None:
    script = desk(Grant(FIND))
    script.server(*mcp_asks())
    assert ups(script.client(CREATE)) == []
    orders = pass_time(script, 15)
    assert [(r.verb, r.outcome) for r in orders.records] == [("tool.abandoned", "timeout")]
    orders += script.server(response("response.created", id="r2"), response("response.done", id="r2"))
    assert creates(orders) == 2
    assert script.session.close(script.now) == []


def test_an_approved_call_that_the_provider_makes_late_is_no_breach() -> None:
    script = desk(Grant(FIND))
    script.server(*mcp_asks())
    pass_time(script, 15)
    made = {"id": "mcp_1", "type": "mcp_call", "approval_request_id": "mcpr_1", "output": "x"}
    late = script.server(event("conversation.item.done", previous_item_id=None, item=made))
    assert late.end is None and late.records == []


def test_a_request_that_only_the_end_of_a_response_tells_of_is_answered() -> None:
    orders = desk(Grant(FIND)).server(
        response("response.created"), response("response.done", "completed", output=[mcp_request()])
    )
    [answer] = [e["item"] for e in orders.to_upstream]
    assert (answer["type"], answer["approve"]) == ("mcp_approval_response", True)


def test_a_tool_of_a_server_cannot_be_called_as_a_function() -> None:
    orders = desk(Grant(FIND)).server(*FunctionCall("crm_find").all())
    assert [outcome for outcome, _ in decisions(orders)] == ["deny"]
    assert "crm_find" not in orders.text()


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
