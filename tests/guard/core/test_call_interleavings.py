"""Calls under policy when things come in another order than usual: late, twice, at once, or never."""

from __future__ import annotations

from typing import Any

from late_calls import (
    ALLOWS,
    CREATE,
    ENGINE,
    FIND,
    JUDGE,
    OVER_HTTP,
    REFUND,
    approve,
    creates,
    decisions,
    desk,
    orders_call,
    outputs,
    pass_time,
    refund,
    ups,
)
from provider import FunctionCall, event, response
from script import Orders

from guard.core.approval import ApprovalState, Approver
from guard.core.classifier import Judgement
from guard.core.commands import Ask, AskEngine, RequestApproval, Run
from guard.core.policy import Caps, Grant

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
    assert script.session.summary()["usage"]["total_tokens"] == 5


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
    """The provider began a response of its own accord at the same moment, so it refused ours."""
    script = desk(Grant(OVER_HTTP, approver=Approver.SUPERVISOR))
    asked = script.server(*refund().all()).only(RequestApproval)
    script.server(response("response.created", id="r2"), response("response.done", "completed", id="r2"))
    run = approve(script, asked).only(Run)
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
    assert creates(orders) == 1
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
