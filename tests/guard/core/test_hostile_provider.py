"""A provider that is broken, or on the other side: nothing that it sends goes round the guard."""

from __future__ import annotations

import json
from typing import Any

import pytest
from provider import FunctionCall, Utterance, event, response, session
from script import CARD, ORDERS, REFUND, Script, policy

from guard.core.policy import AudioPolicy, Grant, Limits
from guard.core.redact import Redactor, Rule
from guard.core.tools import Tool

WHERE = Utterance("").where


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "smuggler",
    [
        event("response.output_text.delta", **WHERE, delta="hello ", text=CARD),
        event("response.output_text.delta", **WHERE, delta="hello ", note=[CARD]),
        event("conversation.item.input_audio_transcription.delta", item_id="i", delta="x", transcript=CARD),
        event("conversation.item.input_audio_transcription.segment", item_id="i", text="x", words=[CARD]),
        event("response.output_audio.delta", **WHERE, delta="AAAA", transcript=CARD),
        event("response.output_audio.done", **WHERE, transcript=CARD),
        event("conversation.created", conversation={"number": 4111111111111111}),
        event("error", error={"type": "x", "code": "y", "message": "m", "detail": CARD}),
        event("error", error={"type": "x", "code": CARD, "message": "m", "param": CARD}),
    ],
    ids=lambda e: e["type"],
)
@pytest.mark.parametrize("audio", [AudioPolicy.HOLD, AudioPolicy.DELIVER])
def test_no_field_of_any_event_goes_round_the_redactor(smuggler: dict[str, Any], audio: AudioPolicy) -> None:
    script = Script(policy(audio=audio))
    orders = script.server(smuggler, event("response.output_text.done", **WHERE, text="hello "))
    assert CARD not in orders.text() and "4111111111111111" not in orders.text()


def test_a_value_split_between_a_part_and_its_deltas_is_not_shown() -> None:
    part = {"type": "text", "text": "4111 1111 "}
    orders = Script().server(
        event("response.content_part.added", **WHERE, part=part),
        event("response.output_text.delta", **WHERE, delta="1111 1111 "),
        event("response.output_text.done", **WHERE, text=CARD),
    )
    assert "4111 1111" not in orders.text()


@pytest.mark.parametrize(
    "carrier",
    [
        event(
            "response.cancelled",
            response={"id": "r", "output": [FunctionCall("refund_order").item("completed")]},
        ),
        event("response.new", item=FunctionCall("refund_order").item("completed")),
        event("response.new", deep=[{"item": FunctionCall("refund_order").item("completed")}]),
        event(
            "transcription_session.updated",
            session={"instructions": "Never refund.", "tools": ["refund_order"]},
        ),
        response("response.created", instructions="Never refund.", tools=[REFUND.definition()]),
        response("response.done", "completed", instructions="Never refund.", prompt={"id": "refund_order"}),
        event("input_audio_buffer.cleared", tools=[REFUND.definition()]),
    ],
    ids=lambda e: e["type"],
)
def test_calls_and_configuration_do_not_leak_in_unexpected_places(carrier: dict[str, Any]) -> None:
    text = Script().server(carrier).text()
    assert "refund_order" not in text and "Never refund" not in text


@pytest.mark.parametrize("field", ["code", "message", "param"])
def test_an_error_cannot_quote_the_middle_of_the_instructions(field: str) -> None:
    script = Script(
        policy(instructions="You help people. Never speak of project Zephyr to anybody. Be kind.")
    )
    error = {"type": "x", "code": "y", "message": "m", field: "near 'Never speak of project Zephyr'"}
    assert "Zephyr" not in script.server(event("error", error=error)).text()
    failed = response("response.done", "failed", status_details={"type": "failed", "error": error})
    assert "Zephyr" not in script.server(failed).text()


def test_an_error_cannot_name_a_denied_call() -> None:
    script = Script()
    script.server(*FunctionCall("refund_order").all())
    orders = script.server(
        event("error", error={"type": "x", "code": "y", "message": "refund_order (call_1) failed"})
    )
    assert "refund_order" not in orders.text() and "call_1" not in orders.text()


@pytest.mark.parametrize("broken", [{"previous_item_id": ["a"]}, {"extra": deep(40)}])
def test_a_call_is_never_shown_without_its_record(broken: dict[str, Any]) -> None:
    script, call = Script(), FunctionCall("list_recent_orders", '{"account_id":"a"}')
    added, copy = call.added()[0], call.copies()[0]
    orders = script.server(added, {**copy, **broken}, call.copies()[1], call.finished())
    assert orders.verbs().count("tool.decided") == 1


def test_what_was_decided_before_a_fault_stays_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    script, call = Script(), FunctionCall("refund_order")
    script.server(response("response.created"))

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(script.session._from_server.utterances, "end_response", broken)
    orders = script.server(call.finished())
    assert orders.verbs() == ["tool.decided", "frame.withheld"]
    assert [e["type"] for e in orders.to_upstream] == ["conversation.item.create"]
    assert orders.to_client == []


def test_a_call_without_an_id_does_not_take_its_response_along() -> None:
    nameless = {
        key: value for key, value in FunctionCall("refund_order").item("completed").items() if key != "id"
    }
    orders = Script().server(
        response("response.created"), response("response.done", "completed", output=[nameless])
    )
    assert orders.types()[-1] == "response.done"
    assert orders.to_client[-1]["response"]["output"] == []


def test_a_number_in_arguments_is_a_card_too() -> None:
    pay = Tool("pay", "", {"type": "object", "properties": {"card": {"type": "integer"}}})
    orders = Script(policy(grants={"pay": Grant(pay)})).server(
        *FunctionCall("pay", '{"card":4111111111111111}').all()
    )
    assert "4111111111111111" not in orders.text()
    assert "4111111111111111" not in orders.records[0].fields["arguments"]


def test_escapes_do_not_hide_a_value_from_the_record_of_a_denied_call() -> None:
    orders = Script().server(*FunctionCall("refund_order", '{"card":"\\u0034111 1111 1111 1111"}').all())
    assert "1111" not in orders.records[0].fields["arguments"]


def test_unreadable_arguments_are_recorded_by_size_only() -> None:
    orders = Script().server(*FunctionCall("refund_order", '{"a":1,"a":"' + CARD).all())
    assert "1111" not in orders.records[0].fields["arguments"]


def test_a_call_id_that_comes_again_is_judged_again() -> None:
    script = Script()
    script.server(*FunctionCall("refund_order").all())
    again = script.server(*FunctionCall("refund_order", item_id="item_g", response_id="resp_2").all())
    assert again.verbs() == ["tool.decided"]
    assert [e["type"] for e in again.to_upstream] == ["conversation.item.create", "response.create"]


def test_a_call_id_that_stands_for_another_call_is_denied_without_an_answer() -> None:
    script = Script()
    script.server(*FunctionCall("list_recent_orders", '{"account_id":"a"}').all())
    twin = script.server(
        *FunctionCall("list_recent_orders", '{"account_id":"a"}', item_id="i2", response_id="r2").all()
    )
    assert [(r.outcome, r.rule) for r in twin.records] == [("deny", "duplicate_call_id")]
    assert [e["type"] for e in twin.to_upstream] == ["response.create"]
    assert "i2" not in twin.text()


def test_a_refused_update_does_not_end_the_session_at_the_next_one() -> None:
    script = Script()
    script.client({"type": "session.update", "event_id": "e1", "session": {"type": "realtime", "tools": []}})
    script.server(event("error", error={"type": "x", "code": "voice", "message": "no", "event_id": "e1"}))
    script.client({"type": "session.update", "event_id": "e2", "session": {"type": "realtime"}})
    echo = {"instructions": "Never refund.", "tools": [ORDERS.definition()], "tool_choice": "auto"}
    assert script.server(session("session.updated", **echo)).end is None


def test_a_provider_that_never_begins_our_response_does_not_block_the_client() -> None:
    script = Script()
    script.server(*FunctionCall("refund_order").all())
    assert script.client({"type": "response.create", "event_id": "mine"}).to_upstream == []
    assert script.session.next_tick() == script.now + 10
    script.session.policy_seen(script.now)
    assert [e["event_id"] for e in script.wait(10).to_upstream] == ["mine"]


def test_an_error_about_nothing_frees_the_clients_response() -> None:
    script = Script()
    script.server(*FunctionCall("refund_order").all())
    script.client({"type": "response.create", "event_id": "mine"})
    orders = script.server(
        event("error", error={"type": "x", "code": "y", "message": "rate", "event_id": None})
    )
    assert [e["event_id"] for e in orders.to_upstream] == ["mine"]


def test_a_call_that_only_its_arguments_tie_to_a_response_is_continued() -> None:
    script, call = Script(), FunctionCall("refund_order")
    created = event("conversation.item.created", previous_item_id=None, item=call.item("in_progress"))
    orders = script.server(response("response.created"), created, call.done(), call.finished())
    assert [e["type"] for e in orders.to_upstream] == ["conversation.item.create", "response.create"]


def test_a_waiting_response_is_narrowed_by_the_policy_of_now() -> None:
    script = Script()
    script.server(*FunctionCall("refund_order").all())
    script.client({"type": "response.create", "response": {"tools": [ORDERS.definition()]}})
    script.replace(version=8, grants={})
    sent = script.server(*Utterance("Sorry.", response_id="r2").all()).to_upstream
    assert sent[-1]["type"] == "response.create" and sent[-1]["response"]["tools"] == []


def test_a_field_hidden_since_the_call_stays_hidden_in_its_result() -> None:
    script = Script()
    script.server(*FunctionCall("list_recent_orders", '{"account_id":"a"}').all())
    script.replace(version=8, grants={"list_recent_orders": Grant(ORDERS, frozenset({"cost"}))})
    item = {
        "type": "function_call_output",
        "call_id": "call_1",
        "output": '{"cost":1,"margin":2,"orders":[]}',
    }
    sent = script.client({"type": "conversation.item.create", "item": item}).to_upstream[0]
    assert json.loads(sent["item"]["output"]) == {"orders": []}


def test_a_shorter_limit_reaches_a_running_session() -> None:
    script = Script()
    script.replace(version=8, limits=Limits(max_seconds=5, idle_seconds=60))
    assert script.wait(5).end is not None


def test_a_new_rule_covers_what_is_retrieved_from_then_on() -> None:
    script, utterance = Script(), Utterance("a secret thing")
    script.server(*utterance.all())
    script.replace(version=8, to_client=Redactor([Rule(name="word", pattern="secret")]))
    retrieved = event("conversation.item.retrieved", item=utterance.item("completed", utterance.text))
    assert "secret" not in script.server(retrieved).text()


def test_many_of_anything_end_in_a_refusal_not_in_memory() -> None:
    script = Script()
    for n in range(200):
        script.server(event("response.output_text.delta", item_id="i", content_index=n, delta="x"))
    for n in range(100):
        script.server(response("response.created", id=f"r{n}"))
    assert len(script.session._state.turns.active) <= 64
