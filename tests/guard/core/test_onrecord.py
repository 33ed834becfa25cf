"""Names and ids of the peers' own choosing: nothing that the redactor hides gets on record in one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from judging import NAMES, Judge
from late_calls import REFUND, asked_of, desk, refund
from provider import FunctionCall, Utterance, event, response
from script import CARD, CARD_RULE, HIDDEN_CARD, ORDERS, Orders, Script, policy

from guard.core.approval import Approver
from guard.core.classifier import Judgement
from guard.core.commands import DecideApproval, Record, RequestApproval
from guard.core.evidence import hash_of
from guard.core.onrecord import id_on_record, name_on_record
from guard.core.policy import Grant
from guard.core.redact import Operator, Redactor, Rule

POLICY = policy(evidence_key=b"k" * 32)
SAID = f"pay_{CARD}"
SPELT = f"a card {CARD}"


def everything(records: list[Record]) -> str:
    return json.dumps([[r.verb, r.subject, r.outcome, r.rule, r.reason, dict(r.fields)] for r in records])


def test_a_granted_tool_keeps_its_name_and_any_other_is_redacted_whole_before_it_is_cut() -> None:
    greedy = policy(to_client=Redactor([Rule("orders", "orders")]))
    assert name_on_record(ORDERS.name, greedy) == ORDERS.name
    assert name_on_record("all_orders", greedy) == "all_[ORDERS_REDACTED]"
    assert name_on_record(SPELT, POLICY) == f"a card {HIDDEN_CARD}"
    assert name_on_record("x" * 120 + f" {CARD}", POLICY) == "x" * 120 + f" {HIDDEN_CARD}"[:8]


def test_an_id_stays_what_it_is_unless_it_holds_what_is_hidden_or_is_too_long() -> None:
    for plain in ("call_1", "item_BjxRk3oLmVq5nTyUzA1", "", "response.done"):
        assert id_on_record(plain, POLICY) == plain
    assert id_on_record(SPELT, POLICY) == f"a card {HIDDEN_CARD}~{hash_of(SPELT, b'k' * 32)[:16]}"
    other = SPELT.replace("4111 ", "4000 ", 1)
    assert id_on_record(SPELT, POLICY) != id_on_record(other, POLICY), "two calls stay two"
    long = [id_on_record("c" * 200 + end, POLICY) for end in "ab"]
    assert len(set(long)) == 2 and {len(each) for each in long} == {128}


def test_types_of_events_are_no_secret_whatever_the_patterns_say() -> None:
    greedy = policy(to_client=Redactor([Rule("any", "[a-z]+")]))
    assert id_on_record("conversation.item.create", greedy) == "conversation.item.create"
    assert "anna" not in id_on_record("anna", greedy)


def test_a_redactor_with_a_fault_costs_the_record_the_text_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Redactor, "whole", None)
    assert id_on_record("call_1", POLICY) == f"~{hash_of('call_1', b'k' * 32)[:16]}"
    assert name_on_record("tool", POLICY) == ""


# -- in a session


def denied_call() -> Orders:
    call = FunctionCall(SPELT, '{"a":1}', call_id=f"call {CARD}", item_id=f"item {CARD}")
    return Script().server(*call.all())


def cut_off() -> Orders:
    call = FunctionCall(SPELT, "{}", call_id=f"call {CARD}", item_id=f"item {CARD}")
    script = Script()
    script.server(response("response.created"), *call.added())
    item = call.item("incomplete")
    return script.server(response("response.done", "cancelled", output=[item]))


def left_open() -> Orders:
    call = FunctionCall(ORDERS.name, '{"account_id":"a"}', call_id=f"call {CARD}")
    script = Script()
    script.server(*call.all())
    return Orders(script.session.close(script.now))


def answered() -> Orders:
    call = FunctionCall(ORDERS.name, '{"account_id":"a"}', call_id=f"call {CARD}")
    script = Script()
    script.server(*call.all())
    item = {"type": "function_call_output", "call_id": f"call {CARD}", "output": "{}"}
    return script.client({"type": "conversation.item.create", "item": item})


def forged() -> Orders:
    item = {"type": "function_call_output", "call_id": f"call {CARD}", "output": "{}"}
    return Script().client({"type": "conversation.item.create", "item": item})


def unknown_field() -> Orders:
    dashed = Redactor([Rule("card", r"\d{4}-\d{4}-\d{4}-\d{4}")])
    script = Script(policy(to_client=dashed, to_model=dashed))
    return script.client({"type": "response.create", "response": {CARD.replace(" ", "-"): 1}})


def unknown_type() -> Orders:
    script = Script(policy(to_client=Redactor([Rule("anna", "anna", operator=Operator.MASK)])))
    return script.client({"type": "anna.lives.here"})


def a_hit() -> Orders:
    return Script().server(*Utterance(f"it is {CARD}", item_id=f"item {CARD}").all())


def unknown_from_the_provider() -> Orders:
    return Script().server(event("response.output_text.done", item_id=f"item {CARD}", text=CARD))


@pytest.mark.parametrize(
    "story",
    [
        *(denied_call, cut_off, left_open, answered, forged),
        *(unknown_field, unknown_type, a_hit, unknown_from_the_provider),
    ],
)
def test_no_record_holds_what_is_hidden_in_a_name_of_the_peers(story: Any) -> None:
    records = story().records
    assert records
    said = everything(records)
    assert CARD not in said and CARD.replace(" ", "-") not in said and "anna" not in said


def test_all_records_of_one_call_name_it_alike() -> None:
    call = FunctionCall(ORDERS.name, '{"account_id":"a"}', call_id=f"call {CARD}")
    script = Script()
    [decided] = [r for r in script.server(*call.all()).records if r.verb == "tool.decided"]
    [last] = script.session.close(script.now)
    assert isinstance(last, Record)
    assert decided.subject == last.subject == decided.fields["call_id"] != "call_1"
    assert decided.fields["tool"] == last.fields["tool"] == ORDERS.name


def test_people_are_asked_about_a_call_under_the_name_that_is_on_record() -> None:
    script = desk(Grant(REFUND, approver=Approver.SUPERVISOR))
    orders = script.server(*refund(call_id=f"call {CARD}").all())
    [asked] = asked_of(orders, RequestApproval)
    [decided] = [r for r in orders.records if r.verb == "tool.decided"]
    assert asked.request.call_id == decided.subject and CARD not in decided.subject


def test_the_reason_that_the_user_gives_is_redacted() -> None:
    script = desk(Grant(REFUND, approver=Approver.USER))
    orders = script.server(*refund().all())
    [request] = {
        e["item"]["id"] for e in orders.to_client if e.get("item", {}).get("type") == "mcp_approval_request"
    }
    item = {"type": "mcp_approval_response", "approval_request_id": request, "approve": True, "reason": SPELT}
    decision = script.client({"type": "conversation.item.create", "item": item}).only(DecideApproval)
    assert decision.reason == f"a card {HIDDEN_CARD}"


def test_labels_of_a_classifier_are_redacted() -> None:
    judged = policy(client_classifiers=(NAMES,))
    judge = Judge(Script(judged), lambda question: Judgement(flagged=True, labels=(SPELT,)))
    [found] = [r for r in judge.server(*Utterance("A word.").all()).records if r.verb == "classifier.found"]
    assert found.fields["labels"] == [f"a card {HIDDEN_CARD}"]


def test_the_rule_of_these_tests_hides_the_card() -> None:
    assert Redactor([CARD_RULE]).whole(SPELT).text == f"a card {HIDDEN_CARD}"
