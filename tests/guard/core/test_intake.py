"""What the user says is judged before the model may answer it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judging import NAMES, names
from provider import FunctionCall, Utterance, event, response
from script import CARD, HIDDEN_CARD
from users import BAD, CREATE, GATED, desk, transcript, turn, typed, ups

from guard.core.classifier import OnFinding, Timing

# -- typed words


def test_typed_words_go_up_once_they_have_been_judged() -> None:
    judge = desk()
    judge.hold = True
    assert ups(judge.client(typed("hello"))) == []
    assert ups(judge.answer()) == ["conversation.item.create"]


def test_flagged_words_are_refused_and_never_go_up() -> None:
    orders = desk().client(typed(BAD))
    assert ups(orders) == []
    [error] = orders.to_client
    assert (error["error"]["code"], error["error"]["event_id"], error["error"]["param"]) == (
        "policy_denied",
        "mine",
        "item",
    )
    assert BAD not in orders.text()
    assert "classifier.found" in orders.verbs()


def test_a_classifier_is_shown_the_users_words_without_what_patterns_hide() -> None:
    judge = desk()
    judge.client(typed(f"my card is {CARD}"))
    assert [question.text for question in judge.asked] == [f"my card is {HIDDEN_CARD}"]
    assert [question.direction for question in judge.asked] == ["to_model"]


def test_named_places_are_hidden_from_the_model() -> None:
    judge = desk(classifier=replace(NAMES, on_finding=OnFinding.HIDE), judgement=names("Ann Lee"))
    [sent] = judge.client(typed("I am Ann Lee, hi")).to_upstream
    assert sent["item"]["content"][0]["text"] == "I am [PERSON_REDACTED], hi"


def test_what_the_client_sends_behind_words_that_wait_keeps_its_order() -> None:
    judge = desk()
    judge.hold = True
    silence = {"type": "input_audio_buffer.append", "audio": "AAAA"}
    assert ups(judge.client(typed("one"), typed("two"), CREATE, silence)) == ["input_audio_buffer.append"]
    assert ups(judge.answer()) == ["conversation.item.create"]
    assert ups(judge.answer()) == ["conversation.item.create", "response.create"]


def test_a_response_does_not_answer_words_that_were_refused_later() -> None:
    judge = desk()
    judge.hold = True
    judge.client(typed(BAD), CREATE)
    orders = judge.answer()
    assert ups(orders) == ["response.create"]
    assert orders.to_client[0]["error"]["code"] == "policy_denied"


def test_only_so_many_events_wait() -> None:
    judge = desk()
    judge.hold = True
    orders = judge.client(typed("one"), *[CREATE] * 70)
    assert orders.to_client[0]["error"]["code"] == "rate_limit_exceeded"
    assert len(orders.to_client) == 6


def test_the_input_of_one_response_is_judged_too() -> None:
    request = {"type": "response.create", "response": {"conversation": "none", "input": [typed(BAD)["item"]]}}
    judge = desk()
    assert ups(judge.client(request)) == []
    request["response"]["input"] = [typed("fine")["item"]]
    assert ups(judge.client(request)) == ["response.create"]


def test_a_tools_result_is_judged_and_a_bad_one_is_replaced() -> None:
    judge, call = desk(), FunctionCall("list_recent_orders", '{"account_id":"acct_42"}')
    judge.server(*call.all())
    output = {"type": "function_call_output", "call_id": "call_1", "output": f'{{"note":"{BAD}"}}'}
    [sent] = judge.client({"type": "conversation.item.create", "item": output}).to_upstream
    assert sent["item"]["call_id"] == "call_1"
    assert "forbidden" not in sent["item"]["output"]


def test_words_that_flow_are_taken_back_when_something_is_found() -> None:
    judge = desk(classifier=replace(NAMES, timing=Timing.FLOWING))
    judge.hold = True
    [sent] = judge.client(typed(BAD)).to_upstream
    judge.server(response("response.created"))
    orders = judge.answer()
    assert ups(orders) == ["response.cancel", "conversation.item.delete"]
    assert orders.to_upstream[1]["item_id"] == sent["item"]["id"]
    assert "turn.refused" in orders.verbs()


# -- what flows, and what is taken back

FLOWING = replace(NAMES, timing=Timing.FLOWING)


def test_a_response_that_was_asked_for_before_its_words_were_taken_back_is_never_shown() -> None:
    judge = desk(classifier=FLOWING)
    judge.hold = True
    judge.client(typed(BAD), CREATE)
    assert ups(judge.answer()) == ["conversation.item.delete"]
    orders = judge.server(*Utterance("As you wish.").all())
    assert "As you wish" not in orders.text()
    assert ups(orders) == ["response.cancel", "conversation.item.delete"]
    assert "Hello" in judge.server(*Utterance("Hello.", item_id="i2", response_id="r2").all()).text()


def test_a_tools_result_that_flowed_is_forgotten_by_the_model() -> None:
    judge, call = desk(classifier=FLOWING), FunctionCall("list_recent_orders", '{"account_id":"acct_42"}')
    judge.server(*call.all())
    judge.hold = True
    output = {"type": "function_call_output", "call_id": "call_1", "output": BAD}
    [sent] = judge.client({"type": "conversation.item.create", "item": output}).to_upstream
    [delete] = judge.answer().to_upstream
    assert (delete["type"], delete["item_id"]) == ("conversation.item.delete", sent["item"]["id"])


def test_a_spoken_turn_that_flowed_is_forgotten_though_no_item_has_been_shown() -> None:
    judge = desk(classifier=FLOWING, **GATED)
    judge.hold = True
    assert ups(judge.server(turn(), transcript(BAD))) == ["response.create"]
    assert ups(judge.answer()) == ["conversation.item.delete"]
    assert "So be it" not in judge.server(*Utterance("So be it.").all()).text()


def test_words_that_cannot_be_taken_back_end_the_session() -> None:
    judge = desk(classifier=FLOWING)
    [_, delete] = judge.client(typed(BAD)).to_upstream
    refused = event("error", error={"type": "x", "message": "no", "event_id": delete["event_id"]})
    assert judge.server(refused).end is not None


def test_an_item_that_the_client_deleted_first_ends_nothing() -> None:
    judge = desk(classifier=FLOWING)
    [sent, delete] = judge.client(typed(BAD)).to_upstream
    judge.server(event("conversation.item.deleted", item_id=sent["item"]["id"]))
    refused = event("error", error={"type": "x", "message": "no", "event_id": delete["event_id"]})
    assert judge.server(refused).end is None


@pytest.mark.parametrize("where", ["session", "response"])
def test_the_clients_instructions_are_judged_like_its_words(where: str) -> None:
    judge = desk(accepts_client_instructions=True)
    kind = {"session": "session.update", "response": "response.create"}[where]
    shape = {"type": "realtime"} if where == "session" else {}
    bad = judge.client({"type": kind, where: {**shape, "instructions": BAD}})
    assert ups(bad) == []
    assert bad.to_client[0]["error"]["param"] in ("session.instructions", "response")
    [sent] = judge.client({"type": kind, where: {**shape, "instructions": "Be brief."}}).to_upstream
    assert sent[where]["instructions"] == "Never refund.\n\nBe brief."
