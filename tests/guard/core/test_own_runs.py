"""Calls that Sallyport runs itself: invisible to the client, answered to the model, never made twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from provider import FunctionCall, Utterance, response
from script import CARD, HIDDEN_CARD, ORDERS, Orders, Script, policy

from guard.core.arguments import parse
from guard.core.commands import Run
from guard.core.policy import Grant
from guard.core.running import Endpoint, Runner, ToolAnswer
from guard.core.tools import Tool

URL = "https://tools.example/refund"
REFUND = Tool(
    "refund_order",
    "Refund",
    {"type": "object", "properties": {"order_id": {"type": "string"}, "amount": {"type": "number"}}},
    runner=Runner.HTTP,
    endpoint=Endpoint(URL),
    answer_seconds=10,
)
CALL = '{"order_id":"o1","amount":500}'


def desk(grant: Grant | None = None, **changes: Any) -> Script:
    granted = grant or Grant(REFUND)
    grants = {ORDERS.name: Grant(ORDERS), granted.tool.name: granted}
    return Script(policy(grants=grants, **changes))


def refund(arguments: str = CALL, **where: Any) -> FunctionCall:
    return FunctionCall("refund_order", arguments, **where)


def ups(orders: Orders) -> list[str]:
    return [event["type"] for event in orders.to_upstream]


def output(orders: Orders) -> Any:
    [item] = [e["item"] for e in orders.to_upstream if e["type"] == "conversation.item.create"]
    return json.loads(item["output"])


def test_a_call_that_sallyport_runs_never_reaches_the_client() -> None:
    script, call = desk(), refund()
    orders = script.server(*call.all())
    assert "refund_order" not in orders.text() and "call_1" not in orders.text()
    assert orders.types() == ["response.created", "response.done"]
    execution = orders.only(Run).execution
    assert (execution.tool, execution.arguments) == ("refund_order", {"order_id": "o1", "amount": 500})
    assert execution.endpoint.url == URL and execution.policy_version == 7
    later = script.ran(orders.only(Run), '{"done":true}')
    assert "refund_order" not in later.text()


def test_the_verdict_is_on_record_before_the_call_is_run() -> None:
    orders = desk().server(*refund().all())
    kinds = [
        type(c).__name__ for c in orders if getattr(c, "verb", "") == "tool.decided" or isinstance(c, Run)
    ]
    assert kinds == ["Record", "Run"]


def test_the_model_gets_the_result_and_is_asked_to_go_on() -> None:
    script = desk()
    run = script.server(*refund().all()).only(Run)
    orders = script.ran(run, '{"done":true}')
    assert output(orders) == {"done": True}
    assert ups(orders) == ["conversation.item.create", "response.create"]
    assert orders.verbs() == ["tool.result"]


def test_an_answer_before_the_end_of_the_response_waits_for_it_to_go_on() -> None:
    script, call = desk(), refund()
    run = script.server(*call.added(), *call.deltas(), call.done()).only(Run)
    assert ups(script.ran(run, "ok")) == ["conversation.item.create"]
    assert ups(script.server(*call.copies(), call.finished())) == ["response.create"]


def test_an_answer_that_comes_twice_changes_nothing() -> None:
    script = desk()
    run = script.server(*refund().all()).only(Run)
    script.ran(run, "one")
    assert script.ran(run, "two") == []


def test_the_result_passes_the_redactor_and_the_field_filter() -> None:
    script = desk(Grant(REFUND, frozenset({"margin"})))
    run = script.server(*refund().all()).only(Run)
    assert output(script.ran(run, json.dumps({"card": CARD, "margin": 3}))) == {"card": HIDDEN_CARD}


def test_only_visible_fields_of_the_result_reach_the_model() -> None:
    script = desk(Grant(REFUND, visible_fields=frozenset({"state"})))
    run = script.server(*refund().all()).only(Run)
    orders = script.ran(run, json.dumps({"state": "paid", "cost": 3, "deep": {"state": "x", "y": 1}}))
    assert output(orders) == {"state": "paid", "deep": {"state": "x"}}


@pytest.mark.parametrize("failure", ["timeout", "status", "connection", "blocked_address", "revoked"])
def test_a_failure_is_neutral_to_the_model_and_exact_on_record(failure: str) -> None:
    script = desk()
    run = script.server(*refund().all()).only(Run)
    orders = script.ran(run, ToolAnswer(failure=failure, detail="HTTP 500"))
    assert output(orders)["error"]["type"] == "failed"
    assert "500" not in json.dumps(orders.to_upstream) and URL not in json.dumps(orders.to_upstream)
    [result] = [record for record in orders.records if record.verb == "tool.result"]
    assert (result.outcome, result.reason) == ("failed", f"{failure} HTTP 500")
    assert ("egress.blocked" in orders.verbs()) is (failure == "blocked_address")


def test_an_endpoint_that_never_answers_ends_in_time() -> None:
    script = desk()
    script.server(*refund().all())
    assert ups(script.wait(9)) == []
    orders = script.wait(4)
    assert "not known whether" in output(orders)["error"]["message"]
    assert ups(orders)[-1] == "response.create"


def test_narrowed_arguments_are_what_is_run_and_what_the_model_is_told() -> None:
    script = desk(Grant(REFUND, rules=parse("amount", {"at_most": 50})))
    orders = script.server(*refund().all())
    run = orders.only(Run)
    assert run.execution.arguments == {"order_id": "o1", "amount": 50}
    assert orders.records[0].outcome == "constrain"
    assert json.loads(orders.records[0].fields["arguments"])["amount"] == 500
    assert json.loads(orders.records[0].fields["arguments_delivered"])["amount"] == 50
    assert output(script.ran(run, '{"done":true}')) == {
        "result": {"done": True},
        "carried_out_with": {"order_id": "o1", "amount": 50},
    }


def test_the_clients_own_request_waits_for_the_result() -> None:
    script = desk()
    mixed = refund()
    theirs = FunctionCall("list_recent_orders", '{"account_id":"a"}', call_id="call_2", item_id="item_c")
    begun = script.server(*mixed.added(), *mixed.deltas(), mixed.done())
    script.server(*theirs.added(), *theirs.deltas(), theirs.done())
    script.server(response("response.done", "completed", output=[]))
    asked = script.client(
        {
            "type": "conversation.item.create",
            "item": {"type": "function_call_output", "call_id": "call_2", "output": "x"},
        },
        {"type": "response.create"},
    )
    assert ups(asked) == ["conversation.item.create"]
    assert ups(script.ran(begun.only(Run), "ok")) == ["conversation.item.create", "response.create"]


def test_a_client_cannot_answer_a_call_that_it_was_never_given() -> None:
    script = desk()
    script.server(*refund().all())
    orders = script.client(
        {
            "type": "conversation.item.create",
            "item": {"type": "function_call_output", "call_id": "call_1", "output": "x"},
        }
    )
    assert orders.to_upstream == [] and orders.verbs()[0] == "tool.forged_output"


def test_a_session_that_ends_leaves_one_last_record_of_the_call() -> None:
    script = desk()
    script.server(*refund().all())
    last = script.session.close(script.now)
    assert [r.verb for r in last if hasattr(r, "verb")] == ["tool.abandoned"]


def test_a_call_outside_the_conversation_is_not_run() -> None:
    script, call = desk(), refund()
    begun = response("response.created", conversation_id=None)
    orders = script.server(begun, *call.added(), *call.deltas(), call.done())
    assert not [c for c in orders if isinstance(c, Run)]
    [record] = orders.records
    assert (record.outcome, record.rule) == ("deny", "out_of_band")


def test_words_go_on_while_a_tool_runs() -> None:
    script = desk()
    script.server(*refund().all())
    spoken = Utterance("Hello there", response_id="resp_2", item_id="item_m2")
    orders = script.server(response("response.created", id="resp_2"), *spoken.all()[1:])
    assert "Hello" in orders.text()
