from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from controlplane import compile
from controlplane.models import Node, SessionBinding
from controlplane.operations import places
from controlplane.operations.admission import redeem
from guard.core.closing import EndReason
from guard.ports import Refused
from tests.people import edit_role, handshake, ticket_for


@pytest.fixture
def node(demo):
    return Node.objects.create(name="a process", started_at=Now(), seen_at=Now())


@pytest.fixture
def enter(node):
    """Let somebody in, into a process that is alive."""

    def enter(name="alice"):
        redeem(handshake=handshake(ticket_for(name).ticket))
        SessionBinding.objects.filter(state="active").update(node=node)

    return enter


def refused(name="alice"):
    with pytest.raises(Refused) as refusal:
        redeem(handshake=handshake(ticket_for(name).ticket))
    assert refusal.value.reason is EndReason.RATE_LIMITED


def cap(records):
    return records("session.refused")[-1].rule


def test_without_caps_everybody_finds_a_place(enter):
    for _ in range(5):
        enter()


def test_a_role_bounds_the_sessions_of_one_user(enter, records):
    edit_role("customer_support", sessions_per_user=2)
    enter(), enter()
    refused()
    assert cap(records) == "sessions_of_user_in_role"
    enter("bob")


def test_a_role_bounds_its_sessions_in_all(enter, records):
    edit_role("customer_support", sessions_at_once=1)
    enter()
    refused()
    assert cap(records) == "sessions_of_role"
    enter("bob")


def test_a_setting_bounds_the_sessions_of_one_user_over_all_roles(enter, records, settings):
    settings.SESSIONS_PER_USER = 1
    enter()
    refused()
    assert cap(records) == "sessions_of_user"
    enter("bob")


def test_a_setting_bounds_all_sessions(enter, records, settings):
    settings.SESSIONS_AT_ONCE = 2
    enter(), enter("bob")
    refused("carol")
    assert cap(records) == "all_sessions"


def test_a_session_that_has_ended_gives_its_place_back(enter, settings):
    settings.SESSIONS_AT_ONCE = 1
    enter()
    SessionBinding.objects.update(state="ended", ended_at=Now(), end_reason="client_left")
    enter()


def test_the_sessions_of_a_lost_process_take_no_place(enter, node, settings):
    settings.SESSIONS_AT_ONCE = 1
    enter()
    Node.objects.update(seen_at=Now() - places.LOST_AFTER - timedelta(seconds=1))
    redeem(handshake=handshake(ticket_for().ticket))


def test_who_finds_no_place_may_try_the_ticket_again(enter, settings):
    settings.SESSIONS_AT_ONCE = 1
    enter()
    ticket = ticket_for("bob").ticket
    with pytest.raises(Refused):
        redeem(handshake=handshake(ticket))
    settings.SESSIONS_AT_ONCE = 2
    assert redeem(handshake=handshake(ticket))


def test_a_used_ticket_is_a_replay_even_when_the_house_is_full(enter, records, settings):
    settings.SESSIONS_AT_ONCE = 1
    enter()
    binding = SessionBinding.objects.get()
    late = SessionBinding.objects.create(
        user=binding.user,
        role=binding.role,
        provider=binding.provider,
        ticket_digest=b"x" * 32,
        model=binding.model,
        policy_version=1,
        created_at=Now(),
        start_by=Now() + timedelta(seconds=60),
    )
    late.state = "pending"
    assert places.full(late, compile.in_force().role(late.role.name)) == "all_sessions"
