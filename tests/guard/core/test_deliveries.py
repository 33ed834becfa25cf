"""Calls that the client watches being written: redacted as they come, never made before they are decided."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from provider import FunctionCall, event, response
from script import CARD, CARD_RULE, HIDDEN_CARD, ORDERS, REFUND, Orders, Script, policy
from test_tool_outputs import answer, forged

from guard.core import verdicts
from guard.core.policy import Decision, Grant, Obligation, Policy, Verdict
from guard.core.redact import Redactor, Rule

DELTA = "response.function_call_arguments.delta"
DONE = "response.function_call_arguments.done"
ENDS = ["conversation.item.done", "response.output_item.done"]
ALLOWED = '{"account_id":"a1","limit":3}'
WATCHED = {ORDERS.name: Grant(ORDERS, streams_arguments=True)}


def watching(**changes: Any) -> Script:
    return Script(policy(**{"grants": WATCHED, **changes}))


def ordered(arguments: str = ALLOWED, **where: Any) -> FunctionCall:
    return FunctionCall("list_recent_orders", arguments, **where)


def begun(script: Script, call: FunctionCall, deltas: int | None = None) -> Orders:
    orders = script.server(response("response.created"), *call.added(), *call.deltas()[:deltas])
    orders.pop(0)
    return orders


def watched(orders: Orders) -> str:
    return "".join(e["delta"] for e in orders.to_client if e["type"] == DELTA)


def said(orders: Orders) -> str:
    """Everything but the ids of the events, which may be any number."""
    return re.sub(r"event_\w+", "", orders.text())


def ends(orders: Orders) -> list[tuple[str, str, str]]:
    return [
        (e["type"], e["item"]["status"], e["item"]["arguments"])
        for e in orders.to_client
        if e["type"] in ENDS
    ]


def closed(orders: Orders, shown: str) -> None:
    """The call ended for the client, and in a way that no SDK acts on."""
    assert ends(orders) == [(kind, "incomplete", shown) for kind in ENDS]
    assert DONE not in orders.types()
    assert "completed" not in [e.get("item", {}).get("status") for e in orders.to_client]


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


# -- a call that is refused


def test_a_refused_call_is_closed_as_incomplete() -> None:
    script, call = watching(), ordered('{"account_id":"a1","limit":99}')
    shown = watched(begun(script, call))
    orders = script.server(call.done())
    closed(orders, shown)
    assert orders.records[0].outcome == "deny"
    assert orders.records[0].reason.endswith("; part of the arguments had been shown")
    assert "not accepted" in orders.to_upstream[0]["item"]["output"]


def test_no_later_copy_of_a_closed_call_says_more() -> None:
    script, call = watching(), ordered('{"account_id":"a1","limit":99}')
    shown = watched(begun(script, call))
    script.server(call.done())
    late = script.server(call.done(), *call.deltas(), *call.added(), *call.copies())
    assert (late.to_client, late.records) == ([], [])
    finished = script.server(call.finished())
    [item] = finished.to_client[0]["response"]["output"]
    assert (item["status"], item["arguments"]) == ("incomplete", shown)
    assert [e["type"] for e in finished.to_upstream] == ["response.create"]


def test_the_echo_of_the_refusal_stays_hidden() -> None:
    script, call = watching(), ordered('{"account_id":"a1","limit":99}')
    begun(script, call)
    refusal = script.server(call.done()).to_upstream[0]["item"]
    echo = event("conversation.item.added", previous_item_id="item_f", item={"id": "item_o", **refusal})
    assert script.server(echo).to_client == []


def test_a_refused_call_that_came_complete_leaves_no_trace() -> None:
    call = ordered('{"account_id":"a1","limit":99}')
    orders = watching().server(*call.copies(), call.finished())
    assert orders.records[0].outcome == "deny"
    assert "call_1" not in orders.text()


def test_a_late_announcement_repeats_no_arguments() -> None:
    script, call = watching(), ordered()
    script.server(call.added()[0], *call.deltas())
    [shown] = script.server({**call.added()[1], "item": call.item("completed")}).to_client
    assert (shown["item"]["status"], shown["item"]["arguments"]) == ("in_progress", "")


def test_a_closed_call_can_not_be_answered() -> None:
    script, call = watching(), ordered('{"account_id":"a1","limit":99}')
    begun(script, call)
    script.server(call.done())
    forged(script, answer())


def test_other_final_arguments_than_the_watched_ones_are_refused() -> None:
    script, call = watching(), ordered()
    begun(script, call)
    orders = script.server({**call.done(), "arguments": '{"account_id":"a2","limit":3}'})
    closed(orders, ALLOWED)
    assert orders.records[0].rule == "arguments_mismatch"


@pytest.mark.parametrize("final", [{"arguments": None}, {"arguments": 5}, {"arguments": ""}])
def test_final_arguments_that_are_none_are_refused(final: dict[str, Any]) -> None:
    script, call = watching(), ordered()
    begun(script, call)
    closed(script.server({**call.done(), **final}), ALLOWED)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ('{"account_id":"a1",,' + f'"x":"{CARD}"}}', '{"account_id":"a1",'),
        ('{"account_id":"a1","account_id":"a2"}', '{"account_id":"a1",'),
        ('{"account_id":"a1"}{"x":1}', '{"account_id":"a1"}'),
        ('{"account_id":"a1","limit":NaN}', '{"account_id":"a1","limit":'),
        ('{"account_id":"a1 \\ud83d"}', '{"account_id":"a1 '),
        ('{"account_id":' + "[" * 40, '{"account_id":' + "[" * 31),
        ('["a1"]', '["a1"]'),
        ("a1", ""),
    ],
)
def test_arguments_that_are_no_strict_json_end_where_they_break(arguments: str, shown: str) -> None:
    script, call = watching(), ordered(arguments, sizes=(1,))
    assert watched(begun(script, call)) == shown
    closed(script.server(call.done()), shown)


def test_arguments_that_the_decision_changed_were_not_the_ones_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def narrower(call: Any, policy: Policy, state: Any) -> Verdict:
        obligations = (Obligation("limit"),)
        return Verdict(Decision.CONSTRAIN, "c", "", "", 7, {"account_id": "a1", "limit": 1}, obligations)

    monkeypatch.setattr(verdicts, "decide", narrower)
    script, call = watching(), ordered()
    begun(script, call)
    orders = script.server(call.done())
    closed(orders, ALLOWED)
    assert (orders.records[0].outcome, orders.records[0].rule) == ("deny", "arguments_shown")
    assert [e["type"] for e in orders.to_upstream] == ["conversation.item.create"]
    buffered = Script().server(*ordered().all())
    assert json.loads(watched(buffered)) == {"account_id": "a1", "limit": 1}


def test_a_megabyte_is_watched_no_further_than_it_could_be_allowed() -> None:
    script, call = watching(), ordered('{"account_id":"' + "x " * 512 * 1024 + '"}', sizes=(64 * 1024,))
    shown = watched(begun(script, call))
    assert 200 * 1024 < len(shown) <= 256 * 1024
    orders = script.server(call.done())
    closed(orders, shown)
    assert len(orders.records[0].fields["arguments"]) <= 16 * 1024


def test_a_delta_that_is_no_text_goes_nowhere() -> None:
    script, call = watching(), ordered()
    begun(script, call, deltas=2)
    assert script.server({**call.deltas()[2], "delta": 5}).to_client == []


# -- the policy changes in mid-call

CHANGES = {
    "locked": {"locked_tools": frozenset({"list_recent_orders"})},
    "revoked": {"grants": {}},
    "no longer streamed": {"grants": {ORDERS.name: Grant(ORDERS)}},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_policy_stops_the_next_delta(change: dict[str, Any]) -> None:
    script, call = watching(), ordered()
    begun(script, call, deltas=3)
    script.replace(version=8, **change)
    assert script.server(*call.deltas()[3:]).to_client == []


@pytest.mark.parametrize("change", ["locked", "revoked"])
def test_the_new_policy_decides_on_a_watched_call(change: str) -> None:
    script, call = watching(), ordered()
    shown = watched(begun(script, call, deltas=3))
    script.replace(version=8, **CHANGES[change])
    closed(script.server(*call.deltas()[3:], call.done()), shown)


def test_a_call_that_is_not_streamed_any_more_is_completed_in_one_piece() -> None:
    script, call = watching(), ordered()
    orders = begun(script, call, deltas=3)
    script.replace(version=8, **CHANGES["no longer streamed"])
    rest = script.server(*call.deltas()[3:], call.done(), *call.copies())
    assert rest.types() == [DELTA, DONE, *ENDS]
    assert watched(orders) + watched(rest) == ALLOWED


def test_a_stopped_stream_does_not_go_on_with_a_gap() -> None:
    script, call = watching(), ordered()
    orders = begun(script, call, deltas=3)
    script.replace(version=8, locked_tools=frozenset({"list_recent_orders"}))
    orders += script.server(*call.deltas()[3:5])
    script.replace(version=9, locked_tools=frozenset())
    orders += script.server(*call.deltas()[5:], call.done())
    assert watched(orders) == ALLOWED
    assert orders.to_client[-1]["arguments"] == ALLOWED


def test_a_policy_that_went_stale_stops_the_stream() -> None:
    script, call = watching(), ordered()
    shown = watched(begun(script, call, deltas=3))
    script.wait(11)
    closed(script.server(*call.deltas()[3:], call.done()), shown)


def test_a_locked_tool_is_never_watched() -> None:
    script, call = watching(locked_tools=frozenset({"list_recent_orders"})), ordered()
    assert script.server(*call.added(), *call.deltas()) == []


def test_rules_that_change_in_mid_call_do_not_make_copies_differ() -> None:
    script, call = watching(), ordered('{"account_id":"' + CARD + ' secret","limit":3}')
    orders = begun(script, call, deltas=4)
    stricter = Redactor([CARD_RULE, Rule("word", keywords=("secret",)), Rule("id", "account")])
    script.replace(version=8, to_client=stricter)
    orders += script.server(*call.deltas()[4:], call.done(), *call.copies(), call.finished())
    assert DONE in orders.types()
    copies = {watched(orders), *(arguments for _, _, arguments in ends(orders))}
    assert copies == {f'{{"account_id":"{HIDDEN_CARD} secret","limit":3}}'}
    asked = script.server(event("conversation.item.retrieved", item=call.item("completed")))
    shown = json.loads(asked.to_client[0]["item"]["arguments"])
    assert shown == {"[ID_REDACTED]_id": f"{HIDDEN_CARD} [WORD_REDACTED]", "limit": 3}


def test_rules_that_were_pinned_to_the_item_before_hold_for_deltas_and_copies() -> None:
    script, call = watching(), ordered('{"account_id":"secret","limit":3}')
    script.server(event("response.output_text.delta", item_id="item_f", response_id="resp_0", delta="x"))
    script.replace(version=8, to_client=Redactor([Rule("word", keywords=("secret",))]))
    orders = script.server(*call.all())
    assert (watched(orders), DONE in orders.types()) == (call.arguments, True)


def test_streaming_that_is_switched_on_waits_for_the_next_call() -> None:
    script, call = watching(grants={ORDERS.name: Grant(ORDERS)}), ordered()
    assert script.server(call.added()[0], *call.deltas()[:3]) == []
    script.replace(version=8, grants=WATCHED)
    assert script.server(call.added()[1], *call.deltas()[3:]) == []
    assert watched(script.server(call.done())) == ALLOWED


def test_a_grant_under_another_tools_name_streams_nothing() -> None:
    script, call = watching(grants={"refund_order": WATCHED[ORDERS.name]}), FunctionCall("refund_order")
    assert script.server(*call.added(), *call.deltas()) == []


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
