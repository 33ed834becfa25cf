"""Values that only a rule can put into the arguments of a call: no reader's bounds end the session over them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from provider import FunctionCall
from script import ORDERS, Script, policy

from guard.core import deliveries
from guard.core.arguments import parse
from guard.core.policy import Grant, Principal
from guard.core.tools import Tool

ANY = Tool("anything", "", {"type": "object"})


def fixing(value: Any, tool: Tool = ORDERS, **attributes: Any) -> Script:
    grant = Grant(tool, rules=parse("owner", {"fixed": value}))
    return Script(policy(grants={tool.name: grant}, principal=Principal("u", "alice", "r", attributes)))


@pytest.mark.parametrize(
    ("value", "attributes"),
    [
        (9_223_372_036_854_775_807, {}),
        ("@account", {"account": 12_345_678_901_234_567_890}),
        ("@account", {"account": 2**80}),
        (-0.0, {}),
    ],
)
def test_a_number_that_a_rule_has_set_is_delivered_as_it_is(value: Any, attributes: dict[str, Any]) -> None:
    script = fixing(value, **attributes)
    orders = script.server(*FunctionCall(ORDERS.name, '{"account_id":"a"}').all())
    assert [record.outcome for record in orders.records if record.verb == "tool.decided"] == ["constrain"]
    done = next(e for e in orders.to_client if e["type"] == "response.function_call_arguments.done")
    assert json.loads(done["arguments"]) == {"account_id": "a", "owner": attributes.get("account", value)}
    answer = {"type": "function_call_output", "call_id": "call_1", "output": "ok"}
    told = script.client({"type": "conversation.item.create", "item": answer}).to_upstream[0]["item"][
        "output"
    ]
    assert json.loads(told)["carried_out_with"] == json.loads(done["arguments"])


def test_as_many_arguments_as_a_call_may_have_and_one_that_a_rule_has_set_are_delivered() -> None:
    arguments = json.dumps({f"k{number}": 1 for number in range(1_000)})
    orders = fixing("me", ANY).server(*FunctionCall(ANY.name, arguments, sizes=(100_000,)).all())
    done = next(e for e in orders.to_client if e["type"] == "response.function_call_arguments.done")
    assert len(json.loads(done["arguments"])) == 1_001


def test_arguments_that_cannot_be_written_are_a_denial_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(*_: Any) -> Any:
        raise OverflowError("no such number")

    monkeypatch.setattr(deliveries, "redacted", torn)
    orders = fixing("me").server(*FunctionCall(ORDERS.name, '{"account_id":"a"}').all())
    [decided] = [record for record in orders.records if record.verb == "tool.decided"]
    assert (decided.outcome, decided.rule) == ("deny", "error")
    assert decided.reason == "OverflowError in what the rules made of the arguments"
    assert "function_call" not in orders.text().replace("function_call_output", "")
    assert [e["type"] for e in orders.to_upstream] == ["conversation.item.create", "response.create"]
