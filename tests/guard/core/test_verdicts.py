"""Function calls from the model: held, judged once, delivered or refused without a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from provider import FunctionCall, Utterance, event, response
from script import CARD, HIDDEN_CARD, Script, policy

from guard.core.policy import Grant
from guard.core.tools import Tool

ALLOWED = '{"account_id":"a1","limit":3}'


def ordered(name: str = "list_recent_orders", arguments: str = ALLOWED, **where: Any) -> FunctionCall:
    return FunctionCall(name, arguments, **where)


def test_nothing_of_a_call_goes_out_before_it_is_judged() -> None:
    script, call = Script(), ordered()
    assert script.server(*call.added(), *call.deltas()) == []
    assert "call_1" in script.server(call.done()).text()


def test_a_released_call_arrives_in_the_providers_order() -> None:
    orders = Script().server(*ordered().all())
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


@given(st.lists(st.integers(1, 7), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_every_copy_shows_the_same_arguments_however_they_were_cut(sizes: list[int]) -> None:
    arguments = '{\n  "account_id": "' + CARD + '",\n "limit": 3}'
    events = Script().server(*ordered(arguments=arguments, sizes=tuple(sizes)).all()).to_client
    seen = {e["delta"] for e in events if e["type"] == "response.function_call_arguments.delta"}
    seen |= {e["arguments"] for e in events if e["type"] == "response.function_call_arguments.done"}
    seen |= {e["item"]["arguments"] for e in events if e["type"].endswith("item.done")}
    seen |= {
        item["arguments"] for e in events if e["type"] == "response.done" for item in e["response"]["output"]
    }
    assert len(seen) == 1
    assert json.loads(seen.pop()) == {"account_id": HIDDEN_CARD, "limit": 3}


def test_escapes_cannot_hide_a_value_in_arguments() -> None:
    escaped = '{"account_id":"' + "".join(f"\\u{ord(c):04x}" for c in CARD) + '"}'
    orders = Script().server(*ordered(arguments=escaped).all())
    assert HIDDEN_CARD in orders.text()
    assert "\\u0034" not in orders.text()


@pytest.mark.parametrize("name", ["audio", "logprobs", "type", "id", "text"])
def test_an_argument_of_any_name_arrives_and_is_redacted(name: str) -> None:
    """Names that mean something in the protocol mean nothing inside arguments."""
    tool = Tool("any", "", {"type": "object"})
    call = ordered("any", json.dumps({name: CARD, "x": {name: CARD}}))
    done = Script(policy(grants={"any": Grant(tool)})).server(*call.added(), call.done()).to_client[-1]
    assert json.loads(done["arguments"]) == {name: HIDDEN_CARD, "x": {name: HIDDEN_CARD}}


def test_refused_arguments_are_recorded_as_far_as_they_can_be_read() -> None:
    arguments = json.dumps({"note": CARD, "text": "word " * 100_000})
    call = ordered("refund_order", arguments)
    [record] = Script().server(*call.added(), call.done()).records
    assert record.outcome == "deny"
    assert record.fields["arguments"].startswith('{"note":"' + HIDDEN_CARD)
    assert len(record.fields["arguments"]) <= 16 * 1024


def test_what_was_hidden_in_arguments_is_on_record() -> None:
    orders = Script().server(*ordered(arguments=json.dumps({"account_id": CARD})).all())
    assert orders.verbs() == ["tool.decided", "redaction.hit"]
    assert (orders.records[1].subject, orders.records[1].rule) == ("item_f", "card")


def test_unreadable_arguments_are_recorded_by_rule_and_size() -> None:
    orders = Script().server(*ordered(arguments='{"account_id":1,"account_id":2}').all())
    assert orders.records[0].fields["arguments"] == "unreadable (duplicate_key), 31 characters"


def test_one_call_is_one_verdict() -> None:
    orders = Script().server(*ordered().all(), ordered().done(), *ordered().copies())
    assert orders.verbs().count("tool.decided") == 1


def test_a_later_copy_cannot_change_what_was_decided() -> None:
    script, call = Script(), ordered()
    script.server(*call.added(), *call.deltas(), call.done())
    other = ordered(arguments='{"account_id":"evil"}')
    item = {**other.item("completed"), "name": "refund_order"}
    orders = script.server(
        event("response.output_item.done", response_id="resp_1", output_index=0, item=item)
    )
    shown = orders.to_client[0]["item"]
    assert (shown["name"], json.loads(shown["arguments"])["account_id"]) == ("list_recent_orders", "a1")


def test_arguments_that_differ_from_what_was_streamed_are_denied() -> None:
    call = ordered()
    orders = Script().server(*call.added(), *ordered(arguments='{"account_id":"a2"}').deltas(), call.done())
    assert (orders.records[0].outcome, orders.records[0].rule) == ("deny", "arguments_mismatch")


def test_a_missing_name_is_filled_in() -> None:
    """A server may leave the name out of ``arguments.done``; the Agents SDK for Python refuses it then."""
    call = ordered()
    done = {key: value for key, value in call.done().items() if key != "name"}
    orders = Script().server(*call.added(), *call.deltas(), done)
    assert orders.to_client[-1]["name"] == "list_recent_orders"


def test_a_provider_without_argument_events_is_judged_by_the_finished_item() -> None:
    call = ordered()
    orders = Script().server(*call.added(), call.copies()[1])
    assert orders.verbs() == ["tool.decided"]
    assert "response.function_call_arguments.done" in orders.types()


def test_a_call_that_first_shows_up_in_response_done_is_judged_there() -> None:
    denied = Script().server(response("response.created"), ordered("refund_order").finished())
    assert denied.records[0].outcome == "deny"
    assert "refund_order" not in denied.text()
    allowed = Script().server(response("response.created"), ordered().finished())
    assert allowed.records[0].outcome == "allow"


@pytest.mark.parametrize("status", ["cancelled", "incomplete", "failed"])
def test_a_call_that_was_cut_off_is_never_shown_or_judged(status: str) -> None:
    script, call = Script(), ordered()
    script.server(response("response.created"), *call.added(), *call.deltas())
    item = {**call.item("incomplete"), "arguments": '{"acc'}
    orders = script.server(
        event("conversation.item.done", item=item), response("response.done", status, output=[item])
    )
    assert orders.verbs() == ["tool.abandoned"]
    assert "call_1" not in orders.text()
    assert orders.to_upstream == []


def test_a_message_and_a_denied_call_in_one_response() -> None:
    script, speech, call = Script(), Utterance("Let me try."), ordered("refund_order", "{}")
    orders = script.server(*speech.begin(), *call.added(), *speech.deltas(), *call.deltas(), call.done())
    orders += script.server(*speech.finish()[:-1], *call.copies())
    output = [speech.item("completed", speech.text), call.item("completed")]
    orders += script.server(response("response.done", "completed", output=output))
    assert "refund_order" not in orders.text()
    assert [item["id"] for item in orders.to_client[-1]["response"]["output"]] == ["item_1"]
    assert [e["type"] for e in orders.to_upstream] == ["conversation.item.create", "response.create"]


def test_parallel_calls_are_judged_one_by_one() -> None:
    script = Script()
    good, bad = ordered(), ordered("refund_order", "{}", call_id="call_2", item_id="item_g")
    orders = script.server(response("response.created"), *good.added(), *bad.added())
    orders += script.server(
        *[e for pair in zip(good.deltas(), bad.deltas() * 9, strict=False) for e in pair[:1]]
    )
    orders += script.server(*bad.deltas(), bad.done(), good.done(), *bad.copies(), *good.copies())
    done = response("response.done", "completed", output=[good.item("completed"), bad.item("completed")])
    orders += script.server(done)
    assert [(r.subject, r.outcome) for r in orders.records] == [("call_2", "deny"), ("call_1", "allow")]
    assert "call_2" not in orders.text() and "call_1" in orders.text()
    # The client answers its call and asks for the next response itself.
    assert [e["type"] for e in orders.to_upstream] == ["conversation.item.create"]


def test_the_model_must_speak_after_two_rounds_of_denials() -> None:
    script = Script()
    creates = []
    for i in range(3):
        call = ordered("refund_order", "{}", call_id=f"c{i}", item_id=f"i{i}", response_id=f"r{i}")
        creates += [e for e in script.server(*call.all()).to_upstream if e["type"] == "response.create"]
    assert [e.get("response", {}).get("tool_choice") for e in creates] == [None, "none", "none"]


def test_our_response_keeps_the_modalities_of_the_refused_one() -> None:
    call = ordered("refund_order", "{}")
    events = [*call.all()[:-1], call.finished(output_modalities=["text"])]
    assert Script().server(*events).to_upstream[-1]["response"] == {"output_modalities": ["text"]}


def test_a_denied_call_outside_the_conversation_is_not_answered() -> None:
    call = ordered("refund_order", "{}")
    created = response("response.created", conversation_id=None)
    orders = Script().server(
        created, *call.added(), *call.deltas(), call.done(), call.finished(conversation_id=None)
    )
    assert orders.to_upstream == []


@pytest.mark.parametrize("item", [{"call_id": ""}, {"call_id": None}, {"call_id": 5}])
def test_a_call_without_ids_is_hidden(item: dict[str, Any]) -> None:
    broken = {**ordered().item("completed"), **item}
    orders = Script().server(event("conversation.item.added", item=broken))
    assert orders.to_client == [] and orders.verbs() == ["frame.withheld"]


def test_a_call_id_cannot_be_used_by_two_items() -> None:
    script = Script()
    script.server(*ordered().all())
    again = ordered("refund_order", "{}", item_id="item_x", response_id="resp_2")
    orders = script.server(*again.added(), again.done(), *again.copies())
    assert "item_x" not in orders.text()


@pytest.mark.parametrize(
    "event_type",
    ["mcp_list_tools.completed", "response.mcp_call_arguments.delta", "response.mcp_call.completed"],
)
def test_tools_that_run_at_the_provider_are_not_the_clients(event_type: str) -> None:
    orders = Script().server(event(event_type, item_id="m1", delta="x"))
    assert orders.to_client == [] and orders.verbs() == ["frame.withheld"]


@pytest.mark.parametrize("kind", ["mcp_call", "mcp_approval_request", "mcp_list_tools", "novelty"])
def test_items_that_no_policy_grants_are_hidden(kind: str) -> None:
    orders = Script().server(
        event("conversation.item.done", item={"id": "m1", "type": kind, "arguments": "{}"})
    )
    assert orders.to_client == []


def test_a_system_message_is_not_the_clients() -> None:
    item = {
        "id": "s1",
        "type": "message",
        "role": "system",
        "content": [{"type": "input_text", "text": "rules"}],
    }
    assert Script().server(event("conversation.item.added", item=item)).to_client == []


@pytest.mark.parametrize(
    "name", ["List_recent_orders", "list_recent_orders ", "li\u0455t_recent_orders", "x" * 10_000, ""]
)
def test_names_match_exactly_or_not_at_all(name: str) -> None:
    orders = Script().server(*ordered(name).all())
    assert orders.records[0].outcome == "deny"
    assert len(orders.records[0].fields["tool"]) <= 128


def test_removing_a_grant_in_mid_call_denies_it() -> None:
    script, call = Script(), ordered()
    script.server(*call.added(), *call.deltas())
    script.replace(version=8, grants={})
    assert script.server(call.done()).records[0].outcome == "deny"


def test_a_locked_tool_is_denied() -> None:
    orders = Script(policy(locked_tools=frozenset({"list_recent_orders"}))).server(*ordered().all())
    assert (orders.records[0].outcome, orders.records[0].rule) == ("deny", "tool_locked")


def test_an_error_inside_a_rule_denies() -> None:
    class Broken(Tool):
        def faults(self, arguments: object) -> tuple[str, ...]:
            raise RuntimeError("boom")

    broken = Broken("list_recent_orders", "", {"type": "object"})
    orders = Script(policy(grants={"list_recent_orders": Grant(broken)})).server(*ordered().all())
    assert orders.records[0].outcome == "deny"
    assert "list_recent_orders" not in orders.text()
