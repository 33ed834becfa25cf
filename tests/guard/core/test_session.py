"""The session as a whole: the lock, one turn, one call, one end. Finer points have files of their own."""

from __future__ import annotations

import json

from provider import FunctionCall, Utterance, event, response, session
from script import CARD, HIDDEN_CARD, REFUND, Admitted, Script, policy

from guard.core.closing import EndReason
from guard.core.policy import Grant


def test_the_policy_is_locked_in_before_the_client_is_let_in() -> None:
    script = Script(opened=False)
    first = script.server(session("session.created", instructions="You are witty."))
    assert [e["type"] for e in first.to_upstream] == ["session.update"]
    assert first.to_upstream[0]["session"]["instructions"] == "Never refund."
    assert [tool["name"] for tool in first.to_upstream[0]["session"]["tools"]] == ["list_recent_orders"]
    assert not first.to_client
    assert not script.session.is_open
    assert script.client({"type": "response.create"}) == []


def test_the_client_sees_the_locked_session_without_the_policys_instructions() -> None:
    script = Script()
    assert script.opening.types() == ["session.created"]
    shown = script.opening.to_client[0]["session"]
    assert shown["instructions"] == ""
    assert [tool["name"] for tool in shown["tools"]] == ["list_recent_orders"]
    assert "Never refund" not in script.opening.text()


def test_a_provider_that_keeps_other_instructions_ends_the_session() -> None:
    script = Script(opened=False)
    update = script.server(session("session.created")).to_upstream[0]
    orders = script.server(session("session.updated", **{**update["session"], "instructions": "Refund all."}))
    assert orders.end is not None and orders.end.reason is EndReason.INTERNAL
    assert not orders.to_client


def test_a_provider_that_keeps_another_tool_ends_the_session() -> None:
    script = Script(opened=False)
    update = script.server(session("session.created")).to_upstream[0]
    tools = [*update["session"]["tools"], REFUND.definition()]
    orders = script.server(session("session.updated", **{**update["session"], "tools": tools}))
    assert orders.end is not None and orders.end.reason is EndReason.INTERNAL


def test_an_error_about_the_lock_ends_the_session_and_stays_ours() -> None:
    script = Script(opened=False)
    update = script.server(session("session.created")).to_upstream[0]
    orders = script.server(event("error", error={"code": "invalid_value", "event_id": update["event_id"]}))
    assert orders.end is not None and orders.end.reason is EndReason.INTERNAL
    assert not orders.to_client


def test_events_before_the_lock_are_delivered_after_it() -> None:
    script = Script(opened=False)
    script.server(event("conversation.created", conversation={"id": "conv_1"}))
    assert script.open().types() == ["session.created", "conversation.created"]


def test_a_text_turn_reaches_the_client_redacted_in_every_event() -> None:
    script = Script()
    orders = script.server(*Utterance(f"Your card is {CARD}, fine.").all())
    assert "4111" not in orders.text()
    deltas = "".join(e["delta"] for e in orders.to_client if e["type"] == "response.output_text.delta")
    assert deltas == f"Your card is {HIDDEN_CARD}, fine."
    assert [e["text"] for e in orders.to_client if e["type"] == "response.output_text.done"] == [deltas]
    assert orders.verbs() == ["redaction.hit"]


def test_an_allowed_call_is_recorded_and_then_delivered() -> None:
    script = Script()
    orders = script.server(*FunctionCall("list_recent_orders", '{"account_id":"a1"}').all())
    kinds = orders.types()
    assert "response.function_call_arguments.done" in kinds
    done = next(e for e in orders.to_client if e["type"] == "response.function_call_arguments.done")
    assert json.loads(done["arguments"]) == {"account_id": "a1"}
    record = orders.records[0]
    assert (record.verb, record.outcome, record.policy_version) == ("tool.decided", "allow", 7)
    assert orders.index(record) < min(
        i for i, c in enumerate(orders) if "call_1" in str(getattr(c, "event", ""))
    )


def test_denied_call_never_reaches_the_client() -> None:
    script = Script()
    orders = script.server(*FunctionCall("refund_order", '{"order_id":"7"}').all())
    for trace in ("refund_order", "call_1", "item_f", "order_id"):
        assert trace not in orders.text()
    assert orders.records[0].verb == "tool.decided"
    assert orders.records[0].outcome == "deny"


def test_the_model_hears_a_neutral_refusal_and_goes_on() -> None:
    script = Script()
    orders = script.server(*FunctionCall("refund_order", '{"order_id":"7"}').all())
    answer, go_on = orders.to_upstream
    assert answer["item"]["type"] == "function_call_output"
    assert answer["item"]["call_id"] == "call_1"
    assert "customer_support" not in answer["item"]["output"]
    assert go_on["type"] == "response.create"
    assert orders.index(orders[-1]) == len(orders) - 1


def test_the_echo_of_our_refusal_stays_hidden() -> None:
    script = Script()
    script.server(*FunctionCall("refund_order").all())
    item = {"id": "item_o", "type": "function_call_output", "call_id": "call_1", "output": "{}"}
    assert not script.server(event("conversation.item.added", previous_item_id="item_f", item=item)).to_client
    after = Utterance("No.", item_id="item_n").begin()[2]
    shown = script.server({**after, "previous_item_id": "item_o"}).to_client[0]
    assert shown["previous_item_id"] == "item_u"


def test_an_edit_of_the_policy_changes_the_next_decision() -> None:
    script = Script()
    assert script.server(*FunctionCall("refund_order").all()).records[0].outcome == "deny"
    grants = {**script.session.policy.grants, "refund_order": Grant(REFUND)}
    changed = script.replace(version=8, grants=grants)
    assert [tool["name"] for tool in changed.to_upstream[0]["session"]["tools"]] == [
        "list_recent_orders",
        "refund_order",
    ]
    call = FunctionCall("refund_order", call_id="call_2", item_id="item_g", response_id="resp_2")
    allowed = script.server(*call.all())
    assert (allowed.records[0].outcome, allowed.records[0].policy_version) == ("allow", 8)
    assert "call_2" in allowed.text()


def test_an_older_policy_changes_nothing() -> None:
    script = Script()
    assert script.replace(version=6, grants={}) == []
    assert "list_recent_orders" in script.session.policy.grants


def test_our_own_update_is_not_shown_to_the_client() -> None:
    script = Script()
    order = script.replace(version=8, instructions="New rules.").to_upstream[0]
    assert order["session"] == {"type": "realtime", "instructions": "New rules."}
    echo = {**script.opening.to_client[0]["session"], "instructions": "New rules."}
    assert script.server(session("session.updated", **echo)).to_client == []


def test_the_session_ends_on_time() -> None:
    script = Script(Admitted(policy(), seconds_left=30))
    assert script.wait(29) == []
    ended = script.wait(1.5)
    assert ended.end is not None and ended.end.reason is EndReason.EXPIRED
    assert script.wait(1) == []


def test_silence_does_not_keep_a_session_alive() -> None:
    script = Script()
    for _ in range(10):
        assert script.client({"type": "input_audio_buffer.append", "audio": "AAAA"}).to_upstream
        script.session.policy_seen(script.now)
        ended = script.wait(6)
    assert ended.end is not None and ended.end.reason is EndReason.IDLE


def test_speech_keeps_a_session_alive() -> None:
    script = Script()
    for _ in range(12):
        script.server(event("input_audio_buffer.speech_started", item_id="item_u", audio_start_ms=0))
        script.session.policy_seen(script.now)
        assert script.wait(5.5) == []


def test_a_stale_policy_denies_calls_and_then_ends_the_session() -> None:
    script = Script()
    assert script.wait(11) == []
    orders = script.server(*FunctionCall("list_recent_orders", '{"account_id":"a1"}').all())
    assert (orders.records[0].outcome, orders.records[0].rule) == ("deny", "policy_stale")
    ended = script.wait(20)
    assert ended.end is not None and ended.end.reason is EndReason.INTERNAL


def test_a_provider_that_never_confirms_the_lock_is_lost() -> None:
    script = Script(opened=False)
    script.server(session("session.created"))
    ended = script.wait(10)
    assert ended.end is not None and ended.end.reason is EndReason.UPSTREAM_LOST


def test_the_providers_expiry_is_an_expiry() -> None:
    ended = Script().server(event("error", error={"code": "session_expired", "message": "60 minutes"}))
    assert ended.end is not None and ended.end.reason is EndReason.EXPIRED


def test_what_is_unfinished_at_the_end_is_told() -> None:
    script = Script()
    call = FunctionCall("list_recent_orders", '{"account_id":"a1"}')
    script.server(response("response.created"), *call.added(), *call.deltas(), call.done())
    orders = script.session.close(script.now)
    assert [type(o).__name__ for o in orders] == ["ToUpstream", "Record"]
    assert orders[1].verb == "tool.abandoned"  # type: ignore[union-attr]
    assert script.server(*Utterance("more").all()) == []


def test_three_faults_of_ours_end_the_session() -> None:
    script = Script()
    broken = event("response.created", response=[])
    assert script.server(broken).end is None
    assert script.server(broken).end is None
    ended = script.server(broken)
    assert ended.end is not None and ended.end.reason is EndReason.INTERNAL


def test_usage_and_counts_are_summed_up() -> None:
    script = Script()
    script.server(*Utterance("hello").all())
    script.server(*FunctionCall("refund_order", response_id="resp_2").all())
    summary = script.session.summary()
    assert summary["responses"] == 2
    assert summary["usage"]["total_tokens"] == 5
    assert summary["tools_denied"] == 1


def test_what_a_provider_says_too_early_cannot_fill_the_memory() -> None:
    script = Script(opened=False)
    long = script.server(event("conversation.created", conversation={"id": "x" * 100_000}))
    many = script.server(*[event("conversation.created", conversation={"id": "c"}) for _ in range(150)])
    assert [record.verb for record in (*long.records, *many.records)] == ["frame.withheld"]  # said once
    assert len(script.open().to_client) == 101
