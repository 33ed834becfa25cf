"""What a running session asks about its calls: today's count, and whether one may still be run."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from controlplane import compile
from controlplane.models import DailyCalls, Tool, ToolGrant
from controlplane.operations import calls
from controlplane.operations.admission import redeem
from controlplane.operations.locks import raise_lock
from controlplane.operations.people import disable_user
from controlplane.operations.policy import publish_policy
from guard.core.running import Endpoint, Execution
from tests.people import TESTER, edit_role, handshake, ticket_for, user

URL = "https://tools.example/orders"


def started(name: str = "alice"):
    return redeem(handshake=handshake(ticket_for(name).ticket)).binding


@pytest.fixture
def hosted(demo):
    Tool.objects.filter(name="list_recent_orders").update(runner="http", url=URL)
    publish_policy(actor=TESTER)
    binding = started()
    version = compile.in_force().number
    execution = Execution(1, "call_1", "list_recent_orders", Endpoint(URL), {}, 5.0, version)
    return binding, execution


def test_each_call_counts_until_the_day_is_full(demo):
    binding = started()
    seen = [calls.count(session_id=binding.pk, tool="refund_order", most=3) for _ in range(5)]
    assert seen == [0, 1, 2, 3, 3]
    assert DailyCalls.objects.get().count == 3


def test_a_limit_that_was_lowered_counts_what_was_made_before(demo):
    binding = started()
    for _ in range(4):
        calls.count(session_id=binding.pk, tool="refund_order", most=10)
    assert calls.count(session_id=binding.pk, tool="refund_order", most=2) == 2
    assert calls.count(session_id=binding.pk, tool="refund_order", most=0) == 0
    assert DailyCalls.objects.get().count == 4


def test_sessions_of_one_user_count_together_and_users_and_tools_apart(demo):
    first, second, other = started(), started(), started("bob")
    assert calls.count(session_id=first.pk, tool="a", most=9) == 0
    assert calls.count(session_id=second.pk, tool="a", most=9) == 1
    assert calls.count(session_id=other.pk, tool="a", most=9) == 0
    assert calls.count(session_id=first.pk, tool="b", most=9) == 0


def test_yesterday_does_not_count(demo):
    binding = started()
    yesterday = timezone.now().date() - timedelta(days=1)
    DailyCalls.objects.create(user=binding.user, tool="a", day=yesterday, count=9)
    assert calls.count(session_id=binding.pk, tool="a", most=3) == 0


def test_a_call_may_be_run_while_nothing_about_it_has_changed(hosted):
    binding, execution = hosted
    assert calls.may_run(binding.pk, execution)
    edit_role("analyst", idle_seconds=77)
    assert calls.may_run(binding.pk, execution)


def test_t70_a_call_may_not_be_run_once_its_grant_is_gone(hosted):
    binding, execution = hosted
    ToolGrant.objects.filter(role=binding.role, tool__name=execution.tool).update(retired_at=timezone.now())
    publish_policy(actor=TESTER)
    assert not calls.may_run(binding.pk, execution)


@pytest.mark.parametrize(
    "change",
    [
        {"rules": {"limit": {"at_most": 5}}},
        {"per_day": 1},
        {"approver": "supervisor"},
        {"condition": "args.limit < 5"},
    ],
)
def test_a_call_may_not_be_run_under_other_rules_than_it_was_decided_by(hosted, change):
    binding, execution = hosted
    ToolGrant.objects.filter(role=binding.role, tool__name=execution.tool).update(**change)
    publish_policy(actor=TESTER)
    assert not calls.may_run(binding.pk, execution)


def test_a_call_is_not_sent_to_where_the_tool_has_been(hosted):
    binding, execution = hosted
    Tool.objects.filter(name=execution.tool).update(url="https://elsewhere.example")
    publish_policy(actor=TESTER)
    assert not calls.may_run(binding.pk, execution)


def test_a_locked_tool_is_not_run(hosted):
    binding, execution = hosted
    raise_lock(actor=TESTER, kind="tool", target=execution.tool, reason="test")
    assert not calls.may_run(binding.pk, execution)


def test_a_user_who_may_not_have_the_session_any_more_runs_nothing(hosted):
    binding, execution = hosted
    disable_user(actor=TESTER, user=user("alice"), reason="test")
    assert not calls.may_run(binding.pk, execution)


def test_the_secret_of_a_tool_goes_to_its_own_address_only(hosted):
    tool = Tool.objects.get(name="list_recent_orders")
    tool.set_api_key("whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=")
    tool.save()
    assert calls.secret_of(tool.name, URL).startswith("whsec_")
    assert calls.secret_of(tool.name, "https://elsewhere.example") == ""
    assert calls.secret_of("no_such_tool", URL) == ""
