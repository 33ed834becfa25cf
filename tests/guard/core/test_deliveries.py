"""Calls that the client watches being written: redacted as they come, to the end or until they are cut off."""

from __future__ import annotations

import json
from typing import Any

import pytest
from provider import FunctionCall, event, response
from script import CARD, CARD_RULE, HIDDEN_CARD, REFUND
from test_tool_outputs import answer, forged
from watched_calls import (
    ALLOWED,
    DELTA,
    DONE,
    ENDS,
    WATCHED,
    begun,
    closed,
    ends,
    ordered,
    said,
    watched,
    watching,
)

from guard.core.policy import Grant
from guard.core.redact import Redactor, Rule

# -- a call that is allowed


def test_arguments_are_watched_while_the_model_writes_them() -> None:
    script, call = watching(), ordered()
    orders = begun(script, call)
    assert orders.types()[:2] == ["response.output_item.added", "conversation.item.added"]
    assert watched(orders) == ALLOWED
    assert orders.records == []


def test_a_watched_call_arrives_in_the_providers_order() -> None:
    orders = watching().server(*ordered(sizes=(9,)).all())
    kinds = ["response.created", "response.output_item.added", "conversation.item.added", *[DELTA] * 4]
    assert orders.types() == [*kinds, DONE, *ENDS, "response.done"]
    assert orders.verbs() == ["tool.decided"]


def test_a_call_is_announced_without_arguments_and_as_in_progress() -> None:
    call = ordered()
    added = {**call.added()[0], "item": {**call.item("completed")}}
    shown = watching().server(added).to_client[0]["item"]
    assert (shown["status"], shown["arguments"]) == ("in_progress", "")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 1000])
def test_deltas_and_every_copy_are_the_same_to_the_byte(size: int) -> None:
    text = '{\n  "account_id": "x \\u0034111 1111 1111 1111 \\ud83d\\ude00",\n "limit": 3}'
    orders = watching().server(*ordered(text, sizes=(size,)).all())
    copies = {e["arguments"] for e in orders.to_client if e["type"] == DONE}
    copies |= {arguments for _, _, arguments in ends(orders)}
    copies |= {item["arguments"] for item in orders.to_client[-1]["response"]["output"]}
    assert copies == {watched(orders)}
    assert json.loads(copies.pop()) == {"account_id": f"x {HIDDEN_CARD} \U0001f600", "limit": 3}


def test_a_card_leaks_at_no_cut_of_the_deltas() -> None:
    tool = Grant(REFUND, streams_arguments=True)
    text = json.dumps({"order_id": CARD, "n": 4111111111111111, CARD: ["x " + CARD]})
    for at in range(len(text)):
        call = FunctionCall("refund_order", text, sizes=(at, len(text)))
        orders = watching(grants={"refund_order": tool}).server(*call.all())
        assert "1111" not in said(orders)
        assert watched(orders).count(HIDDEN_CARD) == 4


def test_padding_tells_nothing_of_what_was_hidden() -> None:
    script, call = watching(), ordered('{"account_id":"' + CARD + '"}', sizes=(1000,))
    delta = {**call.deltas()[0], "obfuscation": "x" * 7, "note": CARD}
    shown = script.server(*call.added(), delta).to_client[-1]
    assert len(shown["delta"] + shown["obfuscation"]) % 16 == 0
    assert CARD not in str(shown)


def test_what_was_hidden_is_on_record_once() -> None:
    orders = watching().server(*ordered('{"account_id":"' + CARD + '"}').all())
    assert orders.verbs() == ["redaction.hit", "tool.decided"]
    assert (orders.records[0].subject, orders.records[0].fields["end"]) == ("item_f", len(CARD))


def test_a_tool_that_does_not_stream_shows_nothing_before_its_verdict() -> None:
    both = {"refund_order": Grant(REFUND), **WATCHED}
    call = FunctionCall("refund_order", '{"order_id":"o"}')
    assert watching(grants=both).server(*call.added(), *call.deltas()) == []


def test_a_provider_without_deltas_is_shown_whole() -> None:
    call = ordered()
    orders = watching().server(*call.added(), call.done(), *call.copies())
    assert (watched(orders), orders.types().count(DONE)) == (ALLOWED, 1)
    assert [status for _, status, _ in ends(orders)] == ["completed"] * 2


def test_the_client_answers_only_after_the_decision() -> None:
    script, call = watching(), ordered()
    begun(script, call)
    forged(script, answer())
    script.server(call.done())
    assert script.client(answer()).to_upstream
    forged(script, answer())


def test_a_call_whose_id_stands_for_a_watched_one_is_hidden() -> None:
    script, call = watching(), ordered()
    begun(script, call)
    twin = ordered('{"account_id":"b"}', item_id="item_x", response_id="resp_2")
    orders = script.server(*twin.added(), *twin.deltas(), twin.done(), *twin.copies())
    assert orders.to_client == [] and orders.records[0].rule == "duplicate_call_id"
    assert script.server(call.done()).records[0].outcome == "allow"


# -- a call that is cut off or asked for


@pytest.mark.parametrize("status", ["cancelled", "incomplete", "failed"])
@pytest.mark.parametrize("with_items", [True, False])
def test_a_call_that_was_cut_off_is_closed_with_what_was_shown(status: str, with_items: bool) -> None:
    call = ordered('{"account_id":"' + CARD + '"}')
    cut = {**call.item("incomplete"), "arguments": call.arguments[:30]}
    tail = [event("conversation.item.done", previous_item_id=None, item=cut)] if with_items else []
    for deltas in range(len(call.deltas())):
        script = watching()
        orders = begun(script, call, deltas)
        shown = watched(orders)
        orders += script.server(*tail, response("response.done", status, output=[cut]))
        closed(orders, shown)
        assert "4111" not in said(orders)
        [item] = orders.to_client[-1]["response"]["output"]
        assert (item["status"], item["arguments"]) == ("incomplete", shown)
        assert orders.verbs()[-1] == "tool.abandoned" and orders.to_upstream == []


def test_the_record_of_a_call_that_was_cut_off_tells_what_was_shown() -> None:
    script, call = watching(), ordered()
    shown = watched(begun(script, call, deltas=3))
    record = script.server(response("response.done", "cancelled", output=[])).records[0]
    assert (record.verb, record.fields["arguments"]) == ("tool.abandoned", shown)
    assert record.reason == "part of the arguments had been shown"


def test_a_watched_call_that_only_response_done_completes_is_decided_there() -> None:
    script, call = watching(), ordered()
    orders = begun(script, call)
    orders += script.server(call.finished())
    assert orders.types()[-3:] == [DONE, "response.output_item.done", "response.done"]
    assert orders.to_client[-1]["response"]["output"][0]["arguments"] == watched(orders)


@pytest.mark.parametrize("closing", [False, True])
def test_an_undecided_or_refused_call_is_retrieved_as_far_as_it_was_shown(closing: bool) -> None:
    script, call = watching(), ordered('{"account_id":"a1 ' + CARD + '","limit":99}')
    shown = watched(begun(script, call, deltas=7))
    if closing:
        closed(script.server(response("response.done", "cancelled", output=[])), shown)
    assert script.client({"type": "conversation.item.retrieve", "item_id": "item_f"}).to_upstream
    [answered] = script.server(event("conversation.item.retrieved", item=call.item("completed"))).to_client
    expected = ("incomplete" if closing else "in_progress", shown)
    assert (answered["item"]["status"], answered["item"]["arguments"]) == expected


def test_a_client_may_ask_for_a_call_any_number_of_times() -> None:
    script, call = watching(), ordered()
    begun(script, call)
    answered = event("conversation.item.retrieved", item=call.item("completed"))
    orders = script.server(*[answered] * 1_001)
    assert (len(orders), orders.to_client[-1]["item"]["arguments"]) == (1_001, ALLOWED)


def test_rules_of_now_apply_to_an_incomplete_call_that_is_retrieved() -> None:
    script, call = watching(), ordered('{"account_id":"secret plan nine')
    begun(script, call)
    script.server(response("response.done", "cancelled", output=[]))
    script.replace(version=8, to_client=Redactor([Rule("word", keywords=("secret plan",))]))
    asked = script.server(event("conversation.item.retrieved", item=call.item("completed")))
    assert asked.to_client[0]["item"]["arguments"] == '{"account_id":"[WORD_REDACTED] nine'


def test_a_refused_call_outside_the_conversation_is_closed_and_not_answered() -> None:
    script, call = watching(), ordered('{"account_id":"a1","limit":99}')
    created = response("response.created", conversation_id=None)
    script.server(created, call.added()[0], *call.deltas())
    orders = script.server(call.done())
    assert [kind for kind, _, _ in ends(orders)] == ["response.output_item.done"]
    assert orders.to_upstream == []


def test_a_fault_of_ours_shows_nothing_more_of_the_call() -> None:
    class Faulty(Redactor):
        def stream(self) -> Any:
            raise RuntimeError("boom")

    script, call = watching(to_client=Faulty([CARD_RULE])), ordered(sizes=(1,))
    orders = begun(script, call)
    assert watched(orders) == "{"
    assert orders.verbs() == ["frame.withheld"]


def test_calls_that_are_written_at_the_same_time_do_not_mix() -> None:
    script = watching()
    one, two = ordered(), ordered('{"account_id":"b2"}', call_id="call_2", item_id="item_g")
    script.server(*one.added(), *two.added())
    shown = {"item_f": "", "item_g": ""}
    for pair in zip(one.deltas()[:5], two.deltas(), strict=True):
        for delta in script.server(*pair).to_client:
            shown[delta["item_id"]] += delta["delta"]
    assert shown == {"item_f": ALLOWED[:19], "item_g": '{"account_id":"b2"}'}
