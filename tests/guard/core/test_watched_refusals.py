"""Watched calls that are refused: closed as incomplete, and no SDK acts on them. Also by a policy that changes in
mid-call."""

from __future__ import annotations

import json
from typing import Any

import pytest
from provider import FunctionCall, event
from script import CARD, CARD_RULE, HIDDEN_CARD, ORDERS, Script
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
    watched,
    watching,
)

from guard.core import judging
from guard.core.decision import Decision
from guard.core.policy import Grant, Obligation, Policy, Verdict
from guard.core.redact import Redactor, Rule

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

    monkeypatch.setattr(judging, "decide", narrower)
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
