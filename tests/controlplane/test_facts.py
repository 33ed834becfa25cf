from __future__ import annotations

from datetime import UTC, datetime

import pytest

from controlplane.facts import BadFact, Facts
from guard.core.decision import Decision

GIVEN = {
    "tool_in_turn": 1,
    "tool_in_session": 2,
    "tool_on_day": 0,
    "calls_in_turn": 4,
    "approved": True,
    "engine": "deny",
    "session": {"seconds": 9, "model": "m"},
    "now": "2026-11-22T20:16:03+00:00",
}


def test_facts_are_read_and_written_in_one_shape():
    facts = Facts.parse(GIVEN)
    assert facts.as_json() == GIVEN
    assert facts.now == datetime(2026, 11, 22, 20, 16, 3, tzinfo=UTC)


def test_what_is_taken_for_granted_is_not_written():
    assert Facts.parse({}).as_json() == {}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"tool_in_turn": -1}, "tool_in_turn"),
        ({"tool_in_turn": True}, "tool_in_turn"),
        ({"tool_on_day": "3"}, "tool_on_day"),
        ({"tool_on_day": None}, "tool_on_day"),
        ({"calls_in_turn": 10**9}, "calls_in_turn"),
        ({"approved": "yes"}, "approved"),
        ({"engine": "maybe"}, "engine"),
        ({"engine": []}, "engine"),
        ({"session": []}, "session"),
        ({"session": {"calls": "1"}}, "session.calls"),
        ({"session": {"calls": True}}, "session.calls"),
        ({"session": {"owner": "x"}}, "session.owner"),
        ({"now": "yesterday"}, "now"),
        ({"now": "2026-11-22T20:16:03"}, "now"),
        ({"now": 5}, "now"),
        ({"stale": False}, "stale"),
        ({"is_superuser": True}, "is_superuser"),
    ],
)
def test_what_is_no_such_fact_is_refused_by_name(given, name):
    with pytest.raises(BadFact) as refused:
        Facts.parse(given)
    assert refused.value.name == name
    assert name in str(refused.value)


def test_the_engine_s_answer_is_the_one_that_is_assumed():
    assert Facts().engine_answer is None
    assert Facts(engine="require_approval").engine_answer.decision is Decision.REQUIRE_APPROVAL
    assert Facts(engine="no answer").engine_answer.failure
