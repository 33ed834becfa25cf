"""The client wants something else while a call of the model's is under way: nothing of ours holds it up."""

from __future__ import annotations

from typing import Any

import pytest
from provider import FunctionCall, event, response
from script import ORDERS, Orders, Script, policy
from test_own_runs import desk, refund, ups

from guard.core.commands import AskEngine, Run
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.running import Runner

CREATE = {"type": "response.create", "event_id": "mine"}
CANCEL = {"type": "response.cancel", "event_id": "stop"}
WORDS = {
    "type": "conversation.item.create",
    "item": {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "what time is it?"}],
    },
}
ENGINE = Engine("http://engine/", 2.0)


def running() -> tuple[Script, Run]:
    script = desk()
    return script, script.server(*refund().all()).only(Run)


def theirs(script: Script, status: str = "completed") -> Orders:
    return script.server(response("response.created", id="r2"), response("response.done", status, id="r2"))


def said(orders: Orders) -> list[Any]:
    return [(e["error"]["code"], e["error"]["event_id"]) for e in orders.to_client if e["type"] == "error"]


# -- while a tool of ours runs


def test_what_the_client_asks_for_waits_for_the_result() -> None:
    script, run = running()
    assert ups(script.client(CREATE)) == []
    assert ups(script.ran(run, "ok")) == ["conversation.item.create", "response.create"]


@pytest.mark.parametrize("first", [WORDS, CANCEL])
def test_something_new_is_answered_at_once_and_the_result_follows_as_a_response_of_its_own(
    first: Any,
) -> None:
    script, run = running()
    assert ups(script.client(first, CREATE))[-1:] == ["response.create"]
    script.server(response("response.created", id="r2"))
    assert ups(script.ran(run, "ok")) == ["conversation.item.create"]
    assert ups(script.server(response("response.done", "completed", id="r2"))) == ["response.create"]


def test_a_turn_that_the_user_has_spoken_frees_what_waits() -> None:
    script, _ = running()
    assert ups(script.client(CREATE)) == []
    spoken = script.server(
        event("input_audio_buffer.committed", item_id="item_u", previous_item_id=None),
    )
    assert ups(spoken) == ["response.create"]


def test_a_call_that_is_made_afterwards_holds_again() -> None:
    script, _ = running()
    script.client(WORDS, CREATE)
    script.server(*refund(call_id="call_2", item_id="item_2", response_id="r2").all())
    assert ups(script.client(CREATE)) == []


# -- a request that waits


def test_a_request_that_waits_is_withdrawn_by_a_cancel_behind_it() -> None:
    script, run = running()
    assert ups(script.client(CREATE)) == []
    cancelled = script.client(CANCEL)
    assert (ups(cancelled), said(cancelled)) == ([], [("response_cancelled", "mine")])
    told = script.ran(run, "ok")
    assert [e.get("event_id") for e in told.to_upstream if e["type"] == "response.create"] != ["mine"]


def test_what_was_asked_for_behind_the_cancel_is_made() -> None:
    script, _ = running()
    script.client(CREATE)
    asked = script.client(CANCEL, CREATE | {"event_id": "again"})
    assert [e["event_id"] for e in asked.to_upstream] == ["again"]


def test_a_cancel_of_ours_takes_the_request_behind_it_as_well() -> None:
    script = Script()
    script.server(*FunctionCall("refund_order").all())  # denied: a response of ours is due
    script.client(CREATE)
    script.server(response("response.created", id="r2"))
    cancelled = script.client(CANCEL)
    assert (ups(cancelled), said(cancelled)) == (["response.cancel"], [("response_cancelled", "mine")])
    assert ups(script.server(response("response.done", "cancelled", id="r2"))) == []


def test_a_cancel_of_one_response_leaves_what_waits() -> None:
    script = Script()
    script.server(*FunctionCall("refund_order").all())
    script.client(CREATE)
    script.server(response("response.created", id="r2"))
    assert said(script.client(CANCEL | {"response_id": "r2"})) == []
    assert ups(script.server(response("response.done", "cancelled", id="r2"))) == ["response.create"]


# -- a call that somebody still thinks about


@pytest.mark.parametrize("runner", [Runner.CLIENT, Runner.HTTP])
@pytest.mark.parametrize("status", ["cancelled", "completed"])
def test_a_call_that_the_client_has_cancelled_while_it_was_judged_is_not_made(
    runner: Runner, status: str
) -> None:
    is_theirs = runner is Runner.CLIENT
    call = FunctionCall(ORDERS.name, '{"account_id":"a"}') if is_theirs else refund()
    script = desk(engine=ENGINE)
    asked = script.server(*call.all()[:-1]).only(AskEngine)
    script.client(CANCEL)
    script.server(response("response.done", status, output=[call.item("completed")]))
    after = script.engine(asked, EngineAnswer(Decision.ALLOW))
    assert [each for each in after if isinstance(each, Run)] == []
    assert [(r.verb, r.outcome) for r in after.records] == [("tool.abandoned", "cut_off")]
    assert call.call_id not in str(after.to_client)
    assert ups(after) == []


def test_a_user_who_speaks_meanwhile_cancels_no_call() -> None:
    script = Script(policy(engine=ENGINE))
    asked = script.server(*FunctionCall(ORDERS.name, '{"account_id":"a"}').all()).only(AskEngine)
    script.server(event("input_audio_buffer.speech_started", item_id="item_u", audio_start_ms=1))
    assert "call_1" in str(script.engine(asked, EngineAnswer(Decision.ALLOW)).to_client)
