"""Tool outputs from the client, and whose response comes next."""

from __future__ import annotations

import json
from typing import Any

from provider import FunctionCall, Utterance, event, response
from script import CARD, Script

ALLOWED = '{"account_id":"a1","limit":3}'


def ordered(name: str = "list_recent_orders", arguments: str = ALLOWED, **where: Any) -> FunctionCall:
    return FunctionCall(name, arguments, **where)


def answer(call_id: str = "call_1", output: str = '{"orders":[],"margin":0.4}') -> dict[str, Any]:
    item = {"type": "function_call_output", "call_id": call_id, "output": output}
    return {"type": "conversation.item.create", "item": item}


def test_a_result_goes_up_without_its_hidden_fields() -> None:
    script = Script()
    script.server(*ordered().all())
    orders = script.client(answer())
    assert json.loads(orders.to_upstream[0]["item"]["output"]) == {"orders": []}
    assert orders.verbs() == ["tool.result"]
    assert orders.records[0].fields["removed"] == ["margin"] or "margin" in str(
        orders.records[0].fields["removed"]
    )


def test_a_result_is_redacted_on_its_way_to_the_model() -> None:
    script = Script()
    script.server(*ordered().all())
    orders = script.client(answer(output=json.dumps({"card": CARD, "n": 4111111111111111})))
    assert "4111" not in json.dumps(orders.to_upstream)


def test_a_result_may_come_before_the_response_is_done() -> None:
    script, call = Script(), ordered()
    script.server(response("response.created"), *call.added(), *call.deltas(), call.done())
    assert script.client(answer()).to_upstream


def forged(script: Script, frame: dict[str, Any]) -> None:
    orders = script.client(frame)
    assert orders.to_upstream == []
    assert orders.verbs() == ["tool.forged_output", "frame.rejected"]
    assert orders.to_client[0]["error"]["code"] == "policy_denied"


def test_results_of_no_denied_unfinished_or_answered_calls_are_forged() -> None:
    script = Script()
    forged(script, answer("call_nobody"))
    script.server(*ordered("refund_order", "{}").all())
    forged(script, answer("call_1"))
    good = ordered(call_id="call_2", item_id="item_g", response_id="resp_2")
    script.server(*good.added(), *good.deltas())
    forged(script, answer("call_2"))
    script.server(good.done())
    assert script.client(answer("call_2")).to_upstream
    forged(script, answer("call_2"))


def test_the_echo_of_a_result_shows_what_went_up() -> None:
    script = Script()
    script.server(*ordered().all())
    sent = script.client(answer()).to_upstream[0]["item"]
    echo = event("conversation.item.added", previous_item_id="item_f", item={"id": "item_o", **sent})
    assert script.server(echo).to_client[0]["item"]["output"] == sent["output"]


def test_the_clients_next_response_waits_for_ours() -> None:
    script = Script()
    script.server(*ordered("refund_order", "{}").all())
    assert script.client({"type": "response.create", "event_id": "mine"}).to_upstream == []
    ours = Utterance("Sorry.", item_id="item_s", response_id="resp_2")
    orders = script.server(*ours.all())
    assert [e["event_id"] for e in orders.to_upstream] == ["mine"]


def test_when_ours_fails_the_clients_response_goes() -> None:
    script = Script()
    own = script.server(*ordered("refund_order", "{}").all()).to_upstream[-1]
    script.client({"type": "response.create", "event_id": "mine"})
    orders = script.server(
        event("error", error={"code": "busy", "message": "m", "event_id": own["event_id"]})
    )
    assert orders.to_client == []
    assert [e["event_id"] for e in orders.to_upstream] == ["mine"]


def test_too_many_waiting_responses_are_refused() -> None:
    script = Script()
    script.server(*ordered("refund_order", "{}").all())
    orders = [script.client({"type": "response.create"}) for _ in range(10)][-1]
    assert orders.to_client[0]["error"]["code"] == "rate_limit_exceeded"
    assert "response.create" in orders.to_client[0]["error"]["message"]


def test_a_result_after_its_time_is_late_and_not_forged_and_one_that_comes_twice_is() -> None:
    script = Script()
    script.server(*ordered().all())
    for _ in range(4):
        script.session.policy_seen(script.now)
        script.wait(9)
    orders = script.client(answer())
    assert orders.to_upstream == [] and orders.to_client[0]["error"]["code"] == "policy_denied"
    [late, rejected] = orders.records
    assert (late.verb, late.reason) == ("tool.late_output", "the time to answer was over")
    assert late.fields["duration_seconds"] == 36 and late.fields["tool"] == "list_recent_orders"
    assert (rejected.verb, rejected.rule) == ("frame.rejected", "late_output")
    forged(script, answer())
