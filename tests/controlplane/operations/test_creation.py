from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from controlplane.models import CreationCount
from controlplane.operations import creation
from controlplane.operations.keys import create_service_key
from guard.core.closing import EndReason
from guard.ports import Refused
from tests.people import TESTER, ticket_for, user


def ask(name="alice", service_key=None, address=""):
    creation.count(user=user(name), service_key=service_key, address=address)


def refused(*args, **who):
    with pytest.raises(Refused) as refusal:
        ask(*args, **who)
    assert refusal.value.reason is EndReason.RATE_LIMITED
    return refusal.value.message


def test_a_user_who_has_asked_too_often_is_refused_and_others_are_not(demo, settings):
    settings.TICKETS_PER_MINUTE = 2
    ask(), ask()
    assert "for a user" in refused()
    ask("bob")


def test_a_service_key_has_a_limit_of_its_own(demo, settings):
    settings.TICKETS_PER_MINUTE_OF_KEY = 2
    key, other = (create_service_key(actor=TESTER, name=name)[0] for name in ("shop", "desk"))
    ask("alice", key), ask("bob", key)
    assert "for a service key" in refused("carol", key)
    ask("carol", other)


@pytest.mark.parametrize(
    ("first", "second", "counts_together"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_the_users_behind_one_address_have_one_limit(demo, settings, first, second, counts_together):
    settings.TICKETS_PER_MINUTE_OF_ADDRESS = 1
    ask("alice", address=first)
    if counts_together:
        assert "for an address" in refused("bob", address=second)
    else:
        ask("bob", address=second)


def test_all_tickets_together_have_a_limit(demo, settings):
    settings.TICKETS_PER_MINUTE_OF_ALL = 2
    ask("alice"), ask("bob")
    assert "for everybody" in refused("carol")


def test_who_floods_uses_up_nobody_elses_minute(demo, settings):
    settings.TICKETS_PER_MINUTE, settings.TICKETS_PER_MINUTE_OF_ALL = 1, 3
    ask("alice")
    for _ in range(10):
        refused("alice")
    ask("bob"), ask("carol")


def test_the_next_minute_is_a_new_one(demo, settings):
    settings.TICKETS_PER_MINUTE = 1
    ask()
    refused()
    CreationCount.objects.update(minute=F("minute") - timedelta(minutes=1))
    ask()


def test_the_mint_counts_before_it_looks_at_anything_else(demo, settings):
    settings.TICKETS_PER_MINUTE = 1
    with pytest.raises(Refused) as refusal:
        ticket_for("alice", role="admin")
    assert refusal.value.code == "role_not_allowed"
    with pytest.raises(Refused) as refusal:
        ticket_for("alice")
    assert refusal.value.reason is EndReason.RATE_LIMITED
