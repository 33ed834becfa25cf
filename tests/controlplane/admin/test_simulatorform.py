"""A question as an address, and back. No rows but users."""

from __future__ import annotations

import pytest

from audit.models import Record
from controlplane.admin.simulatorform import SimulatorForm, of_question, of_record
from controlplane.facts import Facts
from controlplane.models import User
from controlplane.operations.simulations import Question

FACTS = {
    "tool_in_turn": 1,
    "tool_on_day": 0,
    "approved": True,
    "engine": "no answer",
    "session": {"calls": 2},
    "now": "2026-11-22T20:16:03+00:00",
}
RECORDED = {
    "stale": False,
    "tool_in_turn": 0,
    "tool_in_session": 3,
    "tool_on_day": None,
    "calls_in_turn": 1,
    "approved": "",
    "engine": {"decision": "deny", "reason": "no", "failure": ""},
    "session": {"id": "s", "model": "m", "seconds": 4, "calls": 1},
    "now": "2026-11-22T20:16:03+00:00",
}


@pytest.mark.django_db
@pytest.mark.parametrize("facts", [{}, FACTS])
def test_what_the_address_says_is_the_question(facts):
    question = Question(User.objects.create_user("alice"), "r", "t", '{"a": 1}', Facts.parse(facts), 3)
    form = SimulatorForm(of_question(question))
    assert form.is_valid(), form.errors
    assert form.question() == question


def row(**fields):
    return Record(actor_label="alice", role="support", policy_version=4, fields={"tool": "t", **fields})


def test_recorded_facts_are_filled_in():
    query = of_record(row(arguments="{}", inputs=RECORDED))
    assert query["engine"] == "deny"
    assert query["tool_in_session"] == "3"
    assert "tool_on_day" not in query
    assert "approved" not in query


def test_an_engine_that_failed_gives_no_answer_again():
    failed = {**RECORDED, "engine": {"decision": "deny", "reason": "", "failure": "timeout"}}
    assert of_record(row(arguments="{}", inputs=failed))["engine"] == "no answer"


@pytest.mark.parametrize("inputs", [None, "[truncated: 9 characters of JSON]", {"tool_in_turn": "x"}, {}])
def test_a_record_without_usable_inputs_fills_in_the_rest(inputs):
    assert of_record(row(arguments={"a": 1}, inputs=inputs)) == {
        "user": "alice",
        "role": "support",
        "tool": "t",
        "arguments": '{"a": 1}',
        "policy_version": "4",
    }
