"""Rows that must not exist cannot be written, whoever writes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from controlplane.models import Provider, Role, SessionBinding
from guard.core.closing import EndReason
from tests.people import user

NOW = timezone.now()
LATER = NOW + timedelta(minutes=1)
MUCH_LATER = NOW + timedelta(hours=1)
STARTED = {"started_at": NOW, "end_by": MUCH_LATER}


def write(**values):
    shape = {
        "user": user("alice"),
        "role": Role.objects.get(name="customer_support"),
        "provider": Provider.objects.get(is_default=True),
        "ticket_digest": b"d" * 32,
        "model": "gpt-realtime",
        "policy_version": 1,
        "created_at": NOW,
        "start_by": LATER,
    }
    with transaction.atomic():
        return SessionBinding.objects.create(**{**shape, **values})


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"state": "active", **STARTED},
        {"state": "ended", "ended_at": LATER, "end_reason": "expired"},
        {"state": "ended", **STARTED, "ended_at": LATER, "end_reason": "client_left"},
    ],
)
def test_possible_rows_can_be_written(demo, values):
    assert write(**values).pk


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("binding_state_is_known", {"state": "paused"}),
        ("pending_binding_has_not_started", STARTED),
        ("active_binding_has_start_and_end_by", {"state": "active"}),
        ("binding_has_a_start_or_has_none", {"end_by": MUCH_LATER}),
        ("only_an_ended_binding_has_end_and_reason", {"ended_at": LATER, "end_reason": "expired"}),
        ("only_an_ended_binding_has_end_and_reason", {"state": "ended", "ended_at": LATER}),
        ("only_an_ended_binding_has_end_and_reason", {"state": "ended", "end_reason": "expired"}),
        ("binding_must_start_after_it_was_created", {"start_by": NOW}),
        ("binding_started_in_time", {"state": "active", **STARTED, "started_at": LATER}),
        ("binding_ends_after_it_starts", {"state": "active", **STARTED, "end_by": NOW}),
        (
            "binding_ended_after_it_began",
            {"state": "ended", "ended_at": NOW - timedelta(seconds=1), "end_reason": "expired"},
        ),
        ("binding_end_reason_is_known", {"state": "ended", "ended_at": LATER, "end_reason": "bored"}),
        ("ticket_digest_has_32_bytes", {"ticket_digest": b"short"}),
    ],
)
def test_impossible_rows_are_refused_by_the_database(demo, constraint, values):
    with pytest.raises(IntegrityError, match=constraint):
        write(**values)


def test_a_ticket_digest_belongs_to_one_session(demo):
    write()
    with pytest.raises(IntegrityError, match="ticket_digest"):
        write()


def test_every_end_reason_of_the_guard_can_be_stored(demo):
    for number, reason in enumerate(EndReason):
        write(
            state="ended", ended_at=LATER, end_reason=reason, ticket_digest=number.to_bytes(32, "big")
        ).refresh_from_db()


def test_rows_that_a_session_refers_to_cannot_be_deleted(demo):
    binding = write()
    for row in (binding.user, binding.role, binding.provider):
        with pytest.raises(IntegrityError):
            row.delete()
