"""Calls that a person must agree to: no dead air, bound to the exact action, used once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from provider import FunctionCall, Utterance, response
from script import ORDERS, Orders, Script, policy

from guard.core.approval import ApprovalState, Approver
from guard.core.arguments import parse
from guard.core.commands import DecideApproval, RequestApproval, Run, UseApproval
from guard.core.policy import Grant, Limits
from guard.core.running import Endpoint, Runner
from guard.core.tools import Tool

REFUND = Tool("refund_order", "Refund", {"type": "object", "properties": {"amount": {"type": "number"}}})
CALL = '{"amount":40}'
APPROVED, DENIED, EXPIRED = ApprovalState.APPROVED, ApprovalState.DENIED, ApprovalState.EXPIRED


def desk(approver: Approver = Approver.SUPERVISOR, tool: Tool = REFUND, **grant: Any) -> Script:
    granted = Grant(tool, approver=approver, approval_seconds=60, **grant)
    limits = Limits(max_seconds=600, idle_seconds=600)
    return Script(policy(grants={ORDERS.name: Grant(ORDERS), tool.name: granted}, limits=limits))


def refund(**where: Any) -> FunctionCall:
    return FunctionCall("refund_order", CALL, **where)


def ups(orders: Orders) -> list[str]:
    return [event["type"] for event in orders.to_upstream]


def items(orders: Orders) -> list[dict[str, Any]]:
    return [e["item"] for e in orders.to_upstream if e["type"] == "conversation.item.create"]


def approve(script: Script, asked: RequestApproval) -> Orders:
    return script.used(script.decided(asked, APPROVED).only(UseApproval))


def test_the_model_is_told_at_once_that_it_waits_and_goes_on_speaking() -> None:
    orders = desk().server(*refund().all())
    [told] = items(orders)
    assert told["type"] == "function_call_output"
    assert json.loads(told["output"])["status"] == "waiting_for_approval"
    assert ups(orders) == ["conversation.item.create", "response.create"]
    assert "refund_order" not in orders.text()


def test_the_request_names_the_exact_action() -> None:
    request = desk().server(*refund().all()).only(RequestApproval).request
    assert (request.approver, request.tool, request.arguments) == (Approver.SUPERVISOR, "refund_order", CALL)
    assert request.seconds == 60 and len(request.digest) == 64


def test_the_record_says_that_somebody_must_agree_and_who() -> None:
    [record] = desk().server(*refund().all()).records
    assert (record.verb, record.outcome, record.rule) == ("tool.decided", "require_approval", "approval")
    assert record.fields["obligations"] == ["approval"]


def test_an_approved_call_reaches_the_client_as_a_response_of_its_own() -> None:
    script = desk()
    asked = script.server(*refund().all()).only(RequestApproval)
    orders = approve(script, asked)
    assert orders.types() == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    done = orders.to_client[-1]["response"]
    assert (done["status"], done["output"][0]["arguments"]) == ("completed", CALL)
    assert [record.outcome for record in orders.records] == ["allow"]


def test_an_approved_call_is_not_delivered_while_the_model_speaks() -> None:
    script = desk()
    asked = script.server(*refund().all()).only(RequestApproval)
    script.server(response("response.created", id="resp_2"))
    assert approve(script, asked).to_client == []
    ended = script.server(response("response.done", "completed", id="resp_2", output=[]))
    assert "response.function_call_arguments.done" in ended.types()
    assert ended.types()[0] == "response.done"


def test_the_result_of_an_approved_call_is_told_as_the_call_made_again() -> None:
    script = desk()
    approve(script, script.server(*refund().all()).only(RequestApproval))
    item = {"type": "function_call_output", "call_id": "call_1", "output": '{"done":true}'}
    orders = script.client({"type": "conversation.item.create", "item": item}, {"type": "response.create"})
    again, output = items(orders)
    assert (again["type"], again["name"], again["arguments"]) == ("function_call", "refund_order", CALL)
    assert output["call_id"] == again["call_id"] != "call_1"
    assert output["output"] == '{"done":true}'


def test_what_is_put_into_the_conversation_is_never_echoed_to_the_client() -> None:
    script = desk()
    asked = script.server(*refund().all()).only(RequestApproval)
    for item in items(script.decided(asked, DENIED)):
        shown = script.server(
            {"type": "conversation.item.added", "event_id": "e", "previous_item_id": None, "item": item}
        )
        assert shown == []


@pytest.mark.parametrize("state", [DENIED, EXPIRED])
def test_a_refused_call_is_told_to_the_model_which_goes_on(state: ApprovalState) -> None:
    script = desk()
    asked = script.server(*refund().all()).only(RequestApproval)
    script.server(
        response("response.created", id="r2"), response("response.done", "completed", id="r2", output=[])
    )
    orders = script.decided(asked, state)
    assert json.loads(items(orders)[-1]["output"])["error"]["type"] == "not_approved"
    assert ups(orders)[-1] == "response.create"
    assert [(r.outcome, r.rule) for r in orders.records] == [("deny", "approval")]
    assert orders.to_client == []


def test_nobody_agreeing_in_time_denies() -> None:
    script = desk()
    script.server(*refund().all())
    for _ in range(3):
        assert script.wait(20).records == []
        script.session.policy_seen(script.now)
    [record] = script.wait(4).records
    assert (record.outcome, record.reason) == ("deny", "nobody agreed in time")


def test_an_outcome_for_another_action_changes_nothing() -> None:
    script = desk()
    asked = script.server(*refund().all()).only(RequestApproval)
    assert script.decided(asked, APPROVED, digest="0" * 64) == []


def test_an_approval_is_used_once() -> None:
    script = desk()
    asked = script.server(*refund().all()).only(RequestApproval)
    use = script.decided(asked, APPROVED).only(UseApproval)
    assert script.decided(asked, APPROVED) == []
    assert script.used(use) != []
    assert script.used(use) == []


def test_an_approval_that_somebody_else_used_up_denies() -> None:
    script = desk()
    asked = script.server(*refund().all()).only(RequestApproval)
    orders = script.used(script.decided(asked, APPROVED).only(UseApproval), used=False)
    assert [record.outcome for record in orders.records] == ["deny"]


def test_a_grant_that_is_gone_when_the_approval_comes_denies() -> None:
    script = desk()
    asked = script.server(*refund().all()).only(RequestApproval)
    script.replace(version=8, grants={ORDERS.name: Grant(ORDERS)})
    orders = approve(script, asked)
    assert [(r.outcome, r.rule) for r in orders.records] == [("deny", "default_deny")]
    assert orders.to_client == []


def test_a_rule_that_changes_the_arguments_meanwhile_needs_a_new_approval() -> None:
    script = desk()
    asked = script.server(*refund().all()).only(RequestApproval)
    tighter = Grant(REFUND, approver=Approver.SUPERVISOR, rules=parse("amount", {"at_most": 5}))
    script.replace(version=8, grants={"refund_order": tighter})
    [record] = approve(script, asked).records
    assert (record.outcome, record.reason) == ("deny", "the action is not the one that was agreed to")


def test_the_user_is_asked_by_the_official_item() -> None:
    orders = desk(Approver.USER).server(*refund().all())
    asked = [e["item"] for e in orders.to_client if e["type"] == "response.output_item.done"]
    number = orders.only(RequestApproval).request.number
    assert asked == [
        {
            "id": f"sp_approval_{number}",
            "type": "mcp_approval_request",
            "server_label": "sallyport",
            "name": "refund_order",
            "arguments": CALL,
        }
    ]
    assert "call_1" not in orders.text()
    assert [item["type"] for item in orders.to_client[-1]["response"]["output"]] == ["mcp_approval_request"]


@pytest.mark.parametrize("agrees", [True, False])
def test_the_users_own_word_is_taken(agrees: bool) -> None:
    script = desk(Approver.USER)
    number = script.server(*refund().all()).only(RequestApproval).request.number
    said = {
        "id": "item_a",
        "type": "mcp_approval_response",
        "approval_request_id": f"sp_approval_{number}",
        "approve": agrees,
    }
    orders = script.client({"type": "conversation.item.create", "item": said})
    decided = orders.only(DecideApproval)
    assert (decided.number, decided.approve) == (number, agrees)
    assert orders.to_upstream == []


@pytest.mark.parametrize("approver", [Approver.SUPERVISOR, Approver.USER])
def test_t49_a_client_cannot_approve_what_is_not_his_to_approve(approver: Approver) -> None:
    script = desk(approver)
    number = script.server(*refund().all()).only(RequestApproval).request.number
    named = ["mcpr_1", "sp_approval_", "sp_approval_999", f"sp_approval_0{number}"]
    named += [f"sp_approval_{number}"] if approver is Approver.SUPERVISOR else []
    for request_id in named:
        said = {
            "id": "item_a",
            "type": "mcp_approval_response",
            "approval_request_id": request_id,
            "approve": True,
        }
        orders = script.client({"type": "conversation.item.create", "item": said})
        assert [c for c in orders if isinstance(c, DecideApproval)] == []
        assert orders.to_upstream == [] and orders.verbs() == ["frame.rejected"]


def test_an_approved_call_of_an_endpoint_is_run_and_told() -> None:
    tool = replace(REFUND, runner=Runner.HTTP, endpoint=Endpoint("https://tools.example"))
    script = desk(tool=tool)
    asked = script.server(*refund().all()).only(RequestApproval)
    script.server(
        response("response.created", id="r2"), response("response.done", "completed", id="r2", output=[])
    )
    run = approve(script, asked).only(Run)
    orders = script.ran(run, '{"done":true}')
    assert [item["type"] for item in items(orders)] == ["function_call", "function_call_output"]
    assert ups(orders)[-1] == "response.create" and orders.to_client == []


def test_too_many_calls_at_a_time_are_denied() -> None:
    script = desk()
    script.replace(version=8, calls_per_turn=1000)
    outcomes = []
    for n in range(34):
        call = refund(call_id=f"call_{n}", item_id=f"item_{n}", response_id=f"resp_{n}")
        outcomes += [record.outcome for record in script.server(*call.all()).records]
    assert outcomes.count("require_approval") == 8 and outcomes.count("deny") == 26


def test_words_go_on_while_a_call_waits() -> None:
    script = desk()
    script.server(*refund().all())
    spoken = Utterance("Please hold the line", response_id="resp_2", item_id="item_m2")
    assert "hold the line" in script.server(*spoken.all()).text()


def test_a_session_that_ends_leaves_the_call_as_not_approved() -> None:
    script = desk()
    script.server(*refund().all())
    [record] = script.session.close(script.now)
    assert (record.verb, record.outcome) == ("tool.abandoned", "not_approved")  # type: ignore[union-attr]
