"""Who goes on when a response was cut in whose course Sallyport ran a call: one response tells the result, not two."""

from __future__ import annotations

from typing import Any

import pytest
from late_calls import CREATE, OVER_HTTP, REFUND, creates, desk, outputs, pass_time, refund, ups
from provider import FunctionCall, event, response
from script import Orders, Script

from guard.core.commands import Run
from guard.core.policy import Grant

BUSY = {
    "type": "invalid_request_error",
    "code": "conversation_already_has_active_response",
    "message": "busy",
}
COMMITTED = event("input_audio_buffer.committed", item_id="item_u", previous_item_id=None)
STARTED = event("input_audio_buffer.speech_started", item_id="item_u", audio_start_ms=5)


def cut(status: str, call: FunctionCall | None = None, response_id: str = "resp_1") -> dict[str, Any]:
    """The end of a response in which a whole call had been made."""
    item = (call or refund()).item("completed")
    return response("response.done", status, id=response_id, output=[item])


def running(**session: Any) -> tuple[Script, Run]:
    """The call of a response that is still under way."""
    script, call = desk(Grant(OVER_HTTP), **session), refund()
    begun = script.server(response("response.created"), *call.added(), *call.deltas(), call.done())
    script.server(*call.copies())
    return script, begun.only(Run)


def confirmed(orders: Orders) -> list[dict[str, Any]]:
    """What the provider says when it has taken the items in."""
    items = [e["item"] for e in orders.to_upstream if e["type"] == "conversation.item.create"]
    return [event("conversation.item.added", previous_item_id=None, item=item) for item in items]


def answered(script: Script, response_id: str = "resp_2") -> Orders:
    """A whole response without calls."""
    begun = script.server(response("response.created", id=response_id))
    return Orders(begun + script.server(response("response.done", "completed", id=response_id)))


@pytest.mark.parametrize("status", ["incomplete", "failed"])
def test_a_result_after_a_response_that_broke_off_is_told_by_one_that_we_ask_for(status: str) -> None:
    script, run = running()
    assert ups(script.server(cut(status))) == []
    orders = script.ran(run, "ok")
    assert ups(orders) == ["conversation.item.create", "response.create"]
    script.server(*confirmed(orders))
    assert creates(answered(script)) == creates(pass_time(script, 30)) == 0


@pytest.mark.parametrize("status", ["incomplete", "failed"])
def test_a_result_before_a_response_broke_off_is_asked_for_at_its_end(status: str) -> None:
    script, run = running()
    assert ups(script.ran(run, "ok")) == ["conversation.item.create"]
    assert ups(script.server(cut(status))) == ["response.create"]


def test_a_result_after_the_client_has_stopped_the_model_is_told_once() -> None:
    script, run = running()
    script.client({"type": "response.cancel"})
    assert ups(script.server(cut("cancelled"))) == []
    assert ups(script.ran(run, "ok")) == ["conversation.item.create", "response.create"]


def test_what_the_model_knew_when_it_was_stopped_is_not_asked_for() -> None:
    script, run = running()
    script.ran(run, "ok")
    assert ups(script.server(cut("cancelled"))) == [] == ups(pass_time(script, 30))


def barged_in() -> tuple[Script, Run]:
    script, run = running()
    assert ups(script.server(STARTED, cut("cancelled"))) == []
    return script, run


def test_the_answer_to_a_user_who_interrupts_tells_a_result_that_came_before_it() -> None:
    script, run = barged_in()
    orders = script.ran(run, "ok")
    assert ups(orders) == ["conversation.item.create"], "he speaks: nobody else does"
    assert ups(script.server(*confirmed(orders), COMMITTED)) == [] == ups(pass_time(script, 5))
    assert creates(answered(script)) == creates(pass_time(script, 30)) == 0


@pytest.mark.parametrize("when", ["after it has begun", "on its way while it begins"])
def test_an_answer_that_cannot_know_of_the_result_is_followed_by_one_that_does(when: str) -> None:
    script, run = barged_in()
    script.server(COMMITTED)
    if when == "after it has begun":
        script.server(response("response.created", id="resp_2"))
        orders = script.ran(run, "ok")
    else:
        orders = script.ran(run, "ok")
        script.server(response("response.created", id="resp_2"))
    assert ups(orders) == ["conversation.item.create"]
    assert ups(script.server(*confirmed(orders))) == []
    assert creates(script.server(response("response.done", "completed", id="resp_2"))) == 1
    assert creates(answered(script, "resp_3")) == creates(pass_time(script, 30)) == 0


def test_a_user_who_is_not_answered_does_not_hold_the_result_for_ever() -> None:
    script, run = barged_in()
    script.server(COMMITTED)
    assert ups(script.ran(run, "ok")) == ["conversation.item.create"]
    assert creates(pass_time(script, 9)) == 0
    assert creates(pass_time(script, 2)) == 1


def test_a_user_who_was_never_heard_to_end_does_not_either() -> None:
    script, run = barged_in()
    script.ran(run, "ok")
    assert creates(pass_time(script, 59)) == 0
    assert creates(pass_time(script, 2)) == 1


def test_nobody_is_asked_while_the_user_interrupts_the_answer_to_his_interruption() -> None:
    script, run = barged_in()
    script.server(COMMITTED, response("response.created", id="resp_2"))
    script.ran(run, "ok")
    again = script.server(STARTED, response("response.done", "cancelled", id="resp_2"))
    assert creates(again) == 0


def test_the_clients_own_request_tells_the_result_and_ours_is_not_needed() -> None:
    script, run = running()
    script.server(cut("incomplete"))
    assert ups(script.client(CREATE)) == [], "the model would not know of the result"
    orders = script.ran(run, "ok")
    assert ups(orders) == ["conversation.item.create", "response.create"]
    assert (
        not orders.to_upstream[-1]["event_id"].startswith("sp_")
        or "sp_c" in orders.to_upstream[-1]["event_id"]
    )
    script.server(*confirmed(orders))
    assert creates(answered(script)) == creates(pass_time(script, 30)) == 0


def test_while_the_clients_request_is_on_its_way_ours_waits_and_follows_it() -> None:
    script, run = running()
    run_two = refund(call_id="call_2", item_id="item_2", response_id="resp_2")
    script.ran(run, "ok")
    assert creates(script.server(cut("failed"))) == 1
    begun = script.server(response("response.created", id="resp_2"), *run_two.added(), run_two.done())
    script.server(cut("cancelled", run_two, "resp_2"))
    assert ups(script.client(CREATE)) == []
    [_, theirs] = script.ran(begun.only(Run), "ok").to_upstream
    assert theirs["event_id"].startswith("sp_c")
    refused = event("error", error={**BUSY, "event_id": theirs["event_id"]})
    assert script.server(refused).types() == ["error"]
    assert creates(pass_time(script, 1)) == 1


def test_a_refusal_of_ours_that_names_no_event_stays_between_us_and_the_provider() -> None:
    script, run = running()
    script.server(cut("incomplete"))
    assert creates(script.ran(run, "ok")) == 1
    script.server(response("response.created", id="resp_2"))  # of the user's turn, as it turns out
    refused = script.server(event("error", error=BUSY))
    assert refused.to_client == [] and refused.verbs() == ["frame.withheld"]
    assert creates(script.server(response("response.done", "completed", id="resp_2"))) == 1


def test_a_request_that_was_refused_is_not_made_again_where_the_other_response_knows() -> None:
    script, run = running()
    script.server(cut("incomplete"))
    orders = script.ran(run, "ok")
    script.server(*confirmed(orders), response("response.created", id="resp_2"))
    refused = event("error", error={**BUSY, "event_id": orders.to_upstream[-1]["event_id"]})
    assert script.server(refused).to_client == []
    done = script.server(response("response.done", "completed", id="resp_2"))
    assert creates(done) == creates(pass_time(script, 30)) == 0


def test_a_refusal_of_the_clients_request_is_the_clients_to_hear() -> None:
    script = desk()
    script.server(response("response.created"))
    asked = script.client({**CREATE, "event_id": "mine"})
    assert ups(asked) == ["response.create"]
    [told] = script.server(event("error", error={**BUSY, "event_id": "mine"})).to_client
    assert told["error"]["code"] == BUSY["code"]
    assert script.server(event("error", error=BUSY)).types() == ["error"], "nothing of ours could be meant"


def test_a_denied_call_of_a_response_that_broke_off_is_followed_too_but_not_one_that_was_stopped() -> None:
    for status, expected in (("incomplete", 1), ("cancelled", 0)):
        script, call = desk(), refund()
        orders = script.server(response("response.created"), *call.added(), *call.deltas(), call.done())
        assert len(outputs(orders)) == 1
        assert creates(script.server(*call.copies(), cut(status, call))) == expected


def test_the_client_goes_on_where_a_call_of_the_response_is_its_own() -> None:
    script, call = desk(Grant(REFUND)), refund()
    script.server(response("response.created"), *call.added(), *call.deltas(), call.done())
    assert ups(script.server(*call.copies(), cut("incomplete", call))) == []


def test_an_aside_tells_nothing() -> None:
    script, run = barged_in()
    orders = script.ran(run, "ok")
    script.server(*confirmed(orders), COMMITTED)
    aside = response("response.created", id="resp_x", conversation_id=None)
    script.server(aside, response("response.done", "completed", id="resp_x", conversation_id=None))
    assert creates(pass_time(script, 11)) == 1
