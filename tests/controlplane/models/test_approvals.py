"""Approvals that must not exist cannot be written, whoever writes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from controlplane.models import Approval
from tests.controlplane.asked import asked, running
from tests.people import user

NOW = timezone.now()
LATER = NOW + timedelta(minutes=1)
YES = {"state": "approved", "decided_by": "carol", "decided_at": NOW}


def write(binding, **values):
    if "by" in values:
        values["decided_by_user"] = user(values.pop("by"))
    shape = {
        "binding": binding,
        "user": binding.user,
        "number": 7,
        "approver": "supervisor",
        "call_id": "call_7",
        "tool": "refund_order",
        "digest": "0" * 64,
        "arguments": "{}",
        "policy_version": 1,
        "requested_at": NOW,
        "expires_at": LATER,
    }
    with transaction.atomic():
        return Approval.objects.create(**{**shape, **values})


@pytest.mark.parametrize(
    "values",
    [
        {},
        {**YES, "by": "carol"},
        {**YES, "state": "denied", "by": "carol", "reason": "no"},
        {**YES, "state": "used", "by": "carol"},
        {"state": "expired"},
        {**YES, "state": "expired", "by": "carol"},
        {**YES, "approver": "user", "decided_by": "alice", "by": "alice"},
    ],
)
def test_rows_that_make_sense_are_written(demo, values):
    write(running(), **values)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"state": "maybe"}, "approval_says_who_decided_and_when"),
        ({"approver": "none"}, "approval_is_for_the_user_or_a_supervisor"),
        ({"digest": "0" * 63}, "approval_digest_is_sha256_in_hex"),
        ({"digest": "G" * 64}, "approval_digest_is_sha256_in_hex"),
        ({"expires_at": NOW}, "approval_expires_after_it_was_requested"),
        ({"state": "approved"}, "approval_says_who_decided_and_when"),
        ({"state": "used"}, "approval_says_who_decided_and_when"),
        ({**YES, "state": "pending"}, "approval_says_who_decided_and_when"),
        ({**YES, "decided_by": ""}, "approval_says_who_decided_and_when"),
        ({**YES, "decided_at": LATER}, "approval_is_decided_in_time"),
        ({**YES, "by": "alice"}, "nobody_supervises_his_own_request"),
        ({**YES, "approver": "user", "by": "carol"}, "user_approval_is_decided_by_that_user"),
    ],
)
def test_rows_that_contradict_themselves_are_refused_by_name(demo, values, rule):
    with pytest.raises(IntegrityError, match=rule):
        write(running(), **values)


def test_a_session_counts_each_of_its_requests_once(demo):
    binding = running()
    write(binding)
    with pytest.raises(IntegrityError, match="approval_number_is_the_session_s_own"):
        write(binding)
    write(running())


def test_a_request_past_its_time_stands_as_expired_before_anybody_has_noticed(demo):
    binding = running()
    old, fresh = asked(binding, 1), asked(binding, 2)
    Approval.objects.filter(pk=old.pk).update(
        requested_at=Now() - timedelta(hours=1), expires_at=Now() - timedelta(seconds=1)
    )
    rows = Approval.objects.judged()
    assert rows.get(pk=old.pk).stands == "expired"
    assert rows.get(pk=old.pk).time_left < timedelta(0)
    assert rows.get(pk=fresh.pk).stands == "pending"
    assert timedelta(seconds=50) < rows.get(pk=fresh.pk).time_left <= timedelta(seconds=60)
    assert [row.pk for row in rows.standing("pending")] == [fresh.pk]
    assert [row.pk for row in rows.standing("expired")] == [old.pk]
    assert [row.pk for row in rows.pending_first()] == [fresh.pk, old.pk]


def test_what_lapses_first_comes_first_and_what_is_over_comes_newest_first(demo):
    binding = running()
    late, soon = asked(binding, 1, seconds=90), asked(binding, 2, seconds=30)
    over = [write(binding, number=n, state="expired", requested_at=NOW - timedelta(days=n)) for n in (8, 7)]
    found = [row.pk for row in Approval.objects.pending_first()]
    assert found == [soon.pk, late.pk, over[1].pk, over[0].pk]
