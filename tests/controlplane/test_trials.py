from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.actors import system
from audit.models import Record
from controlplane import trials
from controlplane.models import RedactionPattern, ToolGrant

pytestmark = pytest.mark.django_db
REFUND = ("support", "refund")


def call(decision, rule="", outcome="allow", ago=timedelta(hours=1), role="support", **fields):
    shadow = {"shadow": {"decision": decision, "rule": rule}} if decision else {}
    return record(
        "tool.decided", ago, role=role, outcome=outcome, fields={"tool": "refund", **shadow, **fields}
    )


def find(pattern="ssn", mode="shadow", session="s1", ago=timedelta(hours=1)):
    return record("redaction.hit", ago, session_id=session, fields={"pattern": pattern, "mode": mode})


def record(verb, ago, **values):
    actor = system("test")
    return Record.objects.create(verb=verb, actor_kind=actor.kind, occurred_at=timezone.now() - ago, **values)


def test_calls_are_counted_by_what_the_rules_would_have_said():
    for _ in range(3):
        call("allow", "grant:refund")
    call("constrain", "argument:amount:at_most")
    call("deny", "cap:per_day")
    call("deny", "condition")
    call("deny", "cap:per_day")
    trial = trials.of_calls("day")[REFUND]
    assert (trial.calls, dict(trial.would)) == (7, {"allow": 3, "constrain": 1, "deny": 3})
    assert trial.rule_of("deny") == "cap:per_day"
    assert trial.rule_of("require_approval") == ""
    assert trial.commonest[0] == ("deny", "cap:per_day", 2)


def test_what_is_denied_in_any_case_says_nothing_about_the_rules():
    call("deny", "schema", outcome="deny")
    call("allow", "grant:refund")
    trial = trials.of_calls("day")[REFUND]
    assert (trial.calls, trial.denied, trial.commonest) == (1, 1, [])


def test_only_the_five_commonest_rules_are_named():
    for number in range(7):
        for _ in range(number + 1):
            call("deny", f"rule{number}")
    assert [rule for _, rule, _ in trials.of_calls("day")[REFUND].commonest] == [
        "rule6",
        "rule5",
        "rule4",
        "rule3",
        "rule2",
    ]


def test_a_call_counts_for_its_own_role_tool_and_period_only():
    call("deny", "x", role="admin")
    call("deny", "x", tool="status")
    call("deny", "x", ago=timedelta(days=3))
    call("", outcome="deny")
    assert trials.of_calls("day").keys() == {("admin", "refund"), ("support", "status")}
    assert trials.of_calls("week").keys() == {("admin", "refund"), ("support", "status"), REFUND}


def test_the_first_and_the_last_call_are_told():
    first = call("allow", ago=timedelta(hours=5))
    call("deny", "x", ago=timedelta(hours=3))
    last = call("allow", ago=timedelta(hours=1), outcome="deny")
    seen = trials.of_calls("day")[REFUND].seen
    assert (seen.first, seen.last) == (first.occurred_at, last.occurred_at)


def test_finds_are_counted_with_their_sessions():
    find()
    find()
    find(session="s2")
    find(mode="enforce")
    find("email")
    find(ago=timedelta(days=2))
    day, week = trials.of_finds("day"), trials.of_finds("week")
    assert (day["ssn"].finds, day["ssn"].sessions) == (3, 2)
    assert (week["ssn"].finds, day["email"].finds) == (4, 1)


def test_all_grants_and_patterns_take_one_question_each(django_assert_num_queries):
    for number in range(5):
        call("deny", "x", role=f"role{number}")
        find(f"pattern{number}")
    with django_assert_num_queries(2):
        assert len(trials.of_calls("week")) == 5
        assert len(trials.of_finds("week")) == 5


def test_what_is_on_trial_is_in_use_and_in_shadow_mode(demo):
    assert not trials.grants().exists()
    ToolGrant.objects.filter(role__name="analyst").update(mode="shadow")
    RedactionPattern.objects.filter(name="ssn").update(mode="shadow")
    assert trials.grants().count() == 2
    ToolGrant.objects.filter(role__name="analyst").update(retired_at=timezone.now())
    assert not trials.grants().exists()
    assert [row.name for row in trials.patterns()] == ["ssn"]
