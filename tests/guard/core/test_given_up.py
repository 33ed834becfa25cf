"""A tool that is taken away while a call of it is under way: the model is told, and the result goes nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from provider import FunctionCall, response
from script import ORDERS, Orders, Script, policy

from guard.core.commands import Run
from guard.core.decide import NOT_AVAILABLE
from guard.core.policy import Grant
from guard.core.running import Endpoint, Runner, ToolAnswer
from guard.core.tools import Tool

GONE: list[dict[str, Any]] = [
    {"grants": {}},
    {"locked_tools": frozenset({"list_recent_orders", "refund_order"})},
]
NEUTRAL = {"error": {"type": "not_available", "message": NOT_AVAILABLE}}
REFUND = Tool(
    "refund_order",
    "Refund",
    {"type": "object"},
    runner=Runner.HTTP,
    endpoint=Endpoint("https://tools.example/refund"),
    answer_seconds=10,
)


def outputs(orders: Orders) -> list[Any]:
    items = [each["item"] for each in orders.to_upstream if each["type"] == "conversation.item.create"]
    return [json.loads(item["output"]) for item in items if item["type"] == "function_call_output"]


def abandoned(orders: Orders) -> list[tuple[str, str]]:
    return [(each.subject, each.outcome) for each in orders.records if each.verb == "tool.abandoned"]


def answer(script: Script) -> Orders:
    item = {"type": "function_call_output", "call_id": "call_1", "output": '{"orders":["secret"]}'}
    return script.client({"type": "conversation.item.create", "item": item})


@pytest.mark.parametrize("change", GONE)
def test_the_model_is_told_at_once_that_the_clients_call_comes_to_nothing(change: dict[str, Any]) -> None:
    script = Script()
    script.server(*FunctionCall("list_recent_orders", '{"account_id":"a"}').all())
    orders = script.replace(version=8, **change)
    assert outputs(orders) == [NEUTRAL]
    assert abandoned(orders) == [("call_1", "revoked")]
    assert [each["type"] for each in orders.to_upstream][-1] == "response.create"


@pytest.mark.parametrize("change", GONE)
def test_what_the_client_returns_later_goes_nowhere_and_is_on_record(change: dict[str, Any]) -> None:
    script = Script()
    script.server(*FunctionCall("list_recent_orders", '{"account_id":"a"}').all())
    script.replace(version=8, **change)
    orders = answer(script)
    assert orders.to_upstream == []
    assert [each.verb for each in orders.records] == ["tool.late_output", "frame.rejected"]
    assert answer(script).records[0].verb == "tool.forged_output", "once it was honest"


@pytest.mark.parametrize("change", GONE)
@pytest.mark.parametrize("late", [ToolAnswer('{"done":true}'), ToolAnswer(failure="timeout")])
def test_what_our_own_call_returns_later_goes_nowhere_and_is_on_record(
    change: dict[str, Any], late: ToolAnswer
) -> None:
    script = Script(policy(grants={"list_recent_orders": Grant(ORDERS), "refund_order": Grant(REFUND)}))
    run = script.server(*FunctionCall("refund_order", '{"order_id":"o1"}').all()).only(Run)
    orders = script.replace(version=8, **change)
    assert outputs(orders) == [NEUTRAL]
    assert abandoned(orders) == [("call_1", "revoked")]
    assert [each["type"] for each in orders.to_upstream][-1] == "response.create"
    returned = script.ran(run, late)
    assert returned.to_upstream == []
    assert [(each.verb, each.reason) for each in returned.records] == [("tool.late_output", late.failure)]
    assert script.wait(60).to_upstream == []


def test_a_call_of_another_tool_goes_on() -> None:
    script = Script()
    script.server(*FunctionCall("list_recent_orders", '{"account_id":"a"}').all())
    orders = script.replace(version=8, locked_tools=frozenset({"refund_order"}))
    assert (outputs(orders), abandoned(orders)) == ([], [])
    assert outputs(answer(script)) == [{"orders": ["secret"]}]


def test_while_the_model_speaks_it_is_not_asked_to_go_on() -> None:
    script = Script()
    script.server(*FunctionCall("list_recent_orders", '{"account_id":"a"}').all())
    script.server(response("response.created", id="r2"))
    orders = script.replace(version=8, grants={})
    assert "response.create" not in [each["type"] for each in orders.to_upstream]
    later = script.server(response("response.done", "completed", id="r2"))
    assert [each["type"] for each in later.to_upstream] == ["response.create"]
