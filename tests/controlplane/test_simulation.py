"""The real decision, on a call that nobody makes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from audit.models import Record
from controlplane import compile, drafted, simulation
from controlplane.facts import Facts
from controlplane.models import DailyCalls, Role, ToolGrant
from controlplane.operations.locks import raise_lock
from controlplane.operations.policy import publish_policy
from controlplane.simulation import settled, simulate
from tests.controlplane.deciding import draft
from tests.people import TESTER, user

pytestmark = pytest.mark.usefixtures("demo")
ORDERS, LIMIT = "list_recent_orders", '{"limit": 3}'


def asked(arguments=LIMIT, tool=ORDERS, role="customer_support", name="alice", snapshot=None, **facts):
    verdict = simulate(user(name), role, tool, arguments, facts=Facts.parse(facts), snapshot=snapshot)
    return verdict.decision.value, verdict.rule


def edit(**values):
    ToolGrant.objects.filter(role__name="customer_support", tool__name=ORDERS).update(**values)
    publish_policy(actor=TESTER)


def test_the_verdict_says_everything_about_itself():
    verdict = simulate(user("alice"), "customer_support", ORDERS, '{"limit": 30}')
    assert (verdict.decision.value, verdict.rule) == ("constrain", "argument:limit:at_most")
    assert verdict.arguments == {"limit": 20}
    assert verdict.policy_version == compile.in_force().number
    assert verdict.considered[0] == "policy_stale"
    assert {duty.kind for duty in verdict.obligations} == {"narrow", "hide_fields"}


def test_nothing_is_recorded_counted_or_published():
    edit(per_day=3)
    before = Record.objects.count()
    asked()
    assert Record.objects.count() == before
    assert not DailyCalls.objects.exists()


@pytest.mark.parametrize(
    ("grant", "fact"),
    [
        ({"per_turn": 2}, {"tool_in_turn": 2}),
        ({"per_session": 2}, {"tool_in_session": 2}),
        ({"per_day": 2}, {"tool_on_day": 2}),
    ],
)
def test_each_cap_meets_the_count_that_is_assumed(grant, fact):
    edit(**grant)
    (cap,) = grant
    assert asked()[0] == "allow"
    assert asked(**fact) == ("deny", f"cap:{cap}")


def test_the_calls_of_today_are_read_and_those_of_yesterday_are_not():
    edit(per_day=2)
    today = datetime.now(UTC).date()
    DailyCalls.objects.create(user=user("alice"), tool=ORDERS, day=today - timedelta(days=1), count=9)
    assert settled(Facts(), user("alice"), ORDERS).tool_on_day == 0
    DailyCalls.objects.create(user=user("alice"), tool=ORDERS, day=today, count=2)
    assert asked() == ("deny", "cap:per_day")
    assert asked(tool_on_day=1)[0] == "allow"


def test_the_limit_of_a_turn_meets_the_count_of_all_tools():
    assert asked(calls_in_turn=25) == ("deny", "calls_per_turn")


def test_consent_may_be_assumed_for_exactly_this():
    edit(approver="supervisor", rules={"limit": {"at_most": 2}})
    assert asked() == ("require_approval", "approval")
    assert asked(approved=True) == ("constrain", "argument:limit:at_most")


def test_consent_changes_nothing_where_none_is_needed():
    assert asked(approved=True)[0] == "allow"
    assert asked(tool="refund_order", approved=True) == ("deny", "default_deny")


def test_an_engine_is_not_asked_and_the_answer_says_so():
    Role.objects.update(engine_url="http://127.0.0.1:1/v1/data/x")
    publish_policy(actor=TESTER)
    verdict = simulate(user("alice"), "customer_support", ORDERS, LIMIT)
    assert (verdict.decision.value, verdict.rule) == ("deny", "engine")
    assert "not asked" in verdict.reason
    assert asked(engine="allow")[0] == "allow"
    assert asked(engine="deny") == ("deny", "engine")
    assert asked(engine="no answer") == ("deny", "engine")
    assert asked(engine="require_approval") == ("require_approval", "approval")


def test_conditions_see_a_fresh_session_and_the_time_unless_told_otherwise():
    edit(condition="session.calls < 2 && now < timestamp('2100-01-01T00:00:00Z')")
    assert asked()[0] == "allow"
    assert asked(session={"calls": 2}) == ("deny", "condition")
    assert asked(now="2100-11-22T00:00:00+00:00") == ("deny", "condition")


def test_rules_that_are_only_tried_stand_beside_the_verdict():
    edit(mode="shadow", rules={"limit": {"at_most": 1}})
    verdict = simulate(user("alice"), "customer_support", ORDERS, LIMIT)
    assert verdict.decision.value == "allow"
    assert verdict.shadow.rule == "argument:limit:at_most"


@pytest.mark.parametrize(
    ("name", "role", "rule"),
    [("alice", "analyst", "role_not_assigned"), ("bob", "customer_support", "role_not_assigned")],
)
def test_who_may_not_have_a_session_is_denied_by_that_bar(name, role, rule):
    assert asked(name=name, role=role) == ("deny", rule)


def test_a_lock_or_a_disabled_user_bars():
    raise_lock(actor=TESTER, kind="role", target="customer_support", reason="incident")
    assert asked() == ("deny", "lock:role")
    type(user("alice")).objects.filter(username="alice").update(is_active=False)
    assert asked() == ("deny", "user_disabled")


def test_a_draft_or_another_version_can_be_asked():
    first = compile.in_force()
    edit(per_turn=0)
    assert asked() == ("deny", "cap:per_turn")
    assert asked(snapshot=compile.numbered(first.number))[0] == "allow"
    granted = drafted.from_content(draft(refund_order={"rules": {}}))
    assert asked('{"order_id": "7"}', "refund_order", snapshot=granted)[0] == "allow"


def test_a_role_that_only_the_draft_knows_nobody_has():
    content = draft()
    content["roles"]["newcomer"] = content["roles"]["customer_support"]
    assert asked(role="newcomer", snapshot=drafted.from_content(content)) == ("deny", "role_not_assigned")
    with pytest.raises(compile.NotInForce):
        asked(role="newcomer")


def test_the_public_shape_has_its_six_keys():
    verdict = simulate(user("alice"), "customer_support", ORDERS, LIMIT)
    assert list(simulation.as_json(verdict)) == [
        "decision",
        "rule",
        "reason",
        "obligations",
        "arguments",
        "policy_version",
    ]
