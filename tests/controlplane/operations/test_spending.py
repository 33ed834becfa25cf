"""The account of a user's day: nothing is lost, nothing counts twice, and it lets sessions in or not."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import date, timedelta

import pytest
from django.db import connection

from controlplane.models import DailyUse, Provider, SessionBinding
from controlplane.operations import sessions, spending
from controlplane.operations.admission import redeem
from controlplane.operations.policy import publish_policy
from guard.core.budget import Use
from guard.core.closing import EndReason
from guard.ports import Refused
from tests.controlplane.scratch import seeded_database
from tests.people import TESTER, edit_role, handshake, ticket_for, user

ROLE = "customer_support"
PRICES = {"text_input": 4, "audio_input": 32, "text_output": 16, "audio_output": 64}


def started(name="alice"):
    return redeem(handshake=handshake(ticket_for(name).ticket)).binding


def settle(binding, *counts):
    return spending.settle(session_id=binding.pk, total=Use(*counts)).use


def used(name, **counts):
    day = DailyUse.objects.get_or_create(user=user(name), day=today())[0]
    DailyUse.objects.filter(pk=day.pk).update(**counts)


def today() -> date:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (now() AT TIME ZONE 'UTC')::date")
        return cursor.fetchone()[0]


def refusal_of(step, *arguments, **named):
    with pytest.raises(Refused) as refusal:
        step(*arguments, **named)
    return refusal.value


# -- the account


def test_what_has_come_on_top_is_added_and_the_day_is_answered(demo):
    binding = started()
    assert settle(binding, 1000, 5, 300, 70) == Use(1000, 5, 300, 70)
    assert settle(binding, 2000, 8, 300, 90) == Use(2000, 8, 300, 90)
    assert DailyUse.objects.get().tokens == 8


def test_a_total_that_is_told_twice_counts_once(demo):
    binding = started()
    settle(binding, 1000, 5, 300, 70)
    assert settle(binding, 1000, 5, 300, 70) == Use(1000, 5, 300, 70)


def test_a_total_that_was_overtaken_takes_nothing_back(demo):
    binding = started()
    settle(binding, 2000, 8, 300, 90)
    assert settle(binding, 1000, 5, 0, 0) == Use(2000, 8, 300, 90)
    assert settle(binding, 2500, 9, 300, 90) == Use(2500, 9, 300, 90)


def test_all_sessions_of_a_user_count_together_and_users_apart(demo):
    settle(started(), 0, 5, 0, 0)
    assert settle(started(), 0, 5, 0, 0).tokens == 10
    assert settle(started("bob"), 0, 1, 0, 0).tokens == 1
    assert spending.today(user("alice")).use.tokens == 10
    assert spending.today(user("carol")).use == Use()


def test_each_day_has_an_account_of_its_own(demo):
    DailyUse.objects.create(user=user("alice"), day=today() - timedelta(days=1), tokens=10**6)
    assert spending.today(user("alice")).use == Use()
    assert settle(started(), 0, 5, 0, 0).tokens == 5
    assert 0 < spending.today(user("alice")).seconds_left <= 86_400


def test_the_end_of_a_session_settles_what_was_not_told_yet(demo, control):
    session = str(started().pk)
    asyncio.run(control.spend(session, Use(1000, 5, 0, 0)))
    usage = {
        "total_tokens": 9,
        "input_tokens": 4,
        "milliseconds": 1500,
        "audio_milliseconds": 20,
        "micros": 3,
    }
    assert asyncio.run(control.end(session, EndReason.CLIENT_LEFT, {"usage": usage}))
    assert not asyncio.run(control.end(session, EndReason.CLIENT_LEFT, {"usage": usage}))
    assert asyncio.run(control.spend(session, Use(1500, 9, 20, 3))).use == Use(1500, 9, 20, 3)


def test_a_session_that_somebody_else_has_ended_settles_all_the_same(demo, records):
    binding = started()
    sessions.end_session(actor=TESTER, session_id=binding.pk, reason=EndReason.REVOKED)
    assert settle(binding, 0, 7, 0, 0).tokens == 7


@pytest.mark.slow
def test_of_many_who_settle_at_once_nothing_is_lost_and_nothing_counts_twice():
    with seeded_database("spending") as env:
        command = [sys.executable, "-m", "tests.controlplane.spending_race"]
        day = json.loads(subprocess.check_output(command, env=env, text=True, timeout=240))
    assert day == {"milliseconds": 100, "tokens": 200, "audio_milliseconds": 300, "micros": 400}


# -- who is let in


@pytest.mark.parametrize(
    ("budget", "column", "count"),
    [
        ("day_tokens", "tokens", 10),
        ("day_seconds", "milliseconds", 10_000),
        ("day_audio_seconds", "audio_milliseconds", 10_000),
    ],
)
def test_nobody_gets_a_ticket_or_in_when_his_day_is_used_up(demo, records, budget, column, count):
    edit_role(ROLE, **{budget: 10})
    used("alice", **{column: count - 1})
    issued = ticket_for()
    used("alice", **{column: count})
    refused = refusal_of(ticket_for)
    assert (refused.reason, refused.code) == (EndReason.BUDGET_EXHAUSTED, "")
    assert budget in refused.message
    assert refusal_of(redeem, handshake=handshake(issued.ticket)).reason is EndReason.BUDGET_EXHAUSTED
    (record,) = records("session.refused")
    assert record.rule == budget
    assert SessionBinding.objects.get().state == "pending"


def test_a_budget_of_the_day_is_nobody_else_s(demo):
    edit_role(ROLE, day_tokens=10)
    used("alice", tokens=10)
    edit_role("analyst", day_tokens=None)
    assert ticket_for("bob")


def test_a_session_lasts_no_longer_than_the_day_has_time_left(demo):
    edit_role(ROLE, day_seconds=100)
    used("alice", milliseconds=70_000)
    admitted = redeem(handshake=handshake(ticket_for().ticket))
    to_midnight = spending.today(user("alice")).seconds_left
    most = 30 if to_midnight > 35 else to_midnight + 101
    assert most - 2 < admitted.seconds_left <= most
    assert admitted.day.use.milliseconds == 70_000


def test_without_budgets_of_the_day_nobody_looks(demo):
    used("alice", tokens=10**9)
    assert redeem(handshake=handshake(ticket_for().ticket)).day is None


@pytest.mark.parametrize("budget", ["session_cents", "day_cents"])
def test_a_cost_without_a_price_lets_nobody_in_and_says_why(demo, records, budget):
    issued = ticket_for()
    edit_role(ROLE, **{budget: 10})
    refused = refusal_of(ticket_for)
    assert (refused.reason, refused.code) == (EndReason.NOT_ALLOWED, "no_price")
    assert "no price" in refused.message
    assert refusal_of(redeem, handshake=handshake(issued.ticket)).reason is EndReason.NOT_ALLOWED
    (record,) = records("session.refused")
    assert record.rule == "no_price"


@pytest.mark.parametrize("left_out", [None, "audio_output"])
def test_a_price_that_leaves_out_what_every_session_may_use_is_none(demo, left_out):
    provider = Provider.objects.get(is_default=True)
    prices = {kind: price for kind, price in PRICES.items() if kind != left_out}
    Provider.objects.filter(pk=provider.pk).update(prices={name: prices for name in provider.model_names})
    edit_role(ROLE, session_cents=10)
    publish_policy(actor=TESTER)
    if left_out:
        assert refusal_of(ticket_for).code == "no_price"
    else:
        policy = redeem(handshake=handshake(ticket_for().ticket)).policy
        assert policy.budgets.session_cents == 10
        assert policy.prices[provider.model_names[0]].audio_output == 64
