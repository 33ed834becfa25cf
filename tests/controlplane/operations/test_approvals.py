"""T62 on the side of the database: who may consent, to what exactly, until when, and how often. Races are in
``test_approval_races``."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit import log
from audit.actors import of_user
from controlplane.models import Approval
from controlplane.operations import approvals, people, sessions
from controlplane.operations.admission import actor_of
from guard.core.approval import ApprovalOutcome, ApprovalState, Approver
from guard.core.closing import EndReason
from tests.controlplane.asked import DIGEST, asked, running
from tests.controlplane.consenting import decide, overdue, refused, supervisor, use
from tests.people import TESTER, user

LOOK = "approval.refused"


# -- asking


def test_a_request_is_kept_and_recorded_with_all_that_people_need(demo, records):
    binding = running()
    row = asked(binding)
    assert (row.binding, row.user, row.number, row.state) == (binding, user("alice"), 1, "pending")
    assert row.expires_at - row.requested_at == timedelta(seconds=60)
    (record,) = records("approval.requested")
    assert (record.actor_label, record.role, record.policy_version) == ("alice", "customer_support", 1)
    assert record.session_id == str(binding.pk)
    assert record.subject == f"approval:{row.pk}"
    assert record.fields == {
        "number": 1,
        "approver": "supervisor",
        "call_id": "call_1",
        "tool": "refund_order",
        "username": "alice",
        "arguments": '{"order_id":"A17"}',
    }


def test_the_digest_is_on_no_record_because_it_would_give_away_what_was_redacted(demo, records):
    binding = running()
    decide(asked(binding))
    use(binding)
    found = records("approval.requested", "approval.decided", "approval.used")
    assert len(found) == 3
    assert not [record for record in found if DIGEST in str(record.fields)]


def test_a_request_whose_answer_got_lost_is_asked_again_and_is_one(demo, records):
    binding = running()
    assert asked(binding) == asked(binding)
    assert len(records("approval.requested")) == 1


def test_a_session_has_so_many_requests_waiting_and_not_one_more(demo, records):
    binding = running()
    rows = [asked(binding, n) for n in range(approvals.MOST_PENDING)]
    with pytest.raises(approvals.NotAsked) as refusal:
        asked(binding, 99)
    assert refusal.value.code == "too_many_pending"
    (record,) = records(LOOK)
    assert (record.rule, record.session_id) == ("too_many_pending", str(binding.pk))
    asked(running(), 99)
    decide(rows[0])
    overdue(rows[1])
    asked(binding, 100)
    asked(binding, 101)


def test_nobody_is_asked_about_more_than_a_person_reads(demo, records):
    with pytest.raises(approvals.NotAsked) as refusal:
        asked(running(), arguments="x" * (approvals.LONGEST_ARGUMENTS + 1))
    assert refusal.value.code == "arguments_too_long"
    assert not Approval.objects.exists()
    assert records(LOOK)[0].rule == "arguments_too_long"


def test_a_session_that_is_over_asks_nobody(demo, records):
    binding = running()
    sessions.end_session(actor=TESTER, session_id=binding.pk, reason=EndReason.REVOKED)
    with pytest.raises(approvals.NotAsked) as refusal:
        asked(binding)
    assert refusal.value.code == "session_over"


def test_a_request_that_cannot_be_recorded_is_not_made(demo, monkeypatch):
    binding = running()

    def full(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(log, "record", full)
    with pytest.raises(OSError, match="disk full"):
        asked(binding)
    assert not Approval.objects.exists()


def test_characters_that_the_database_cannot_hold_do_not_fail_the_request(demo):
    row = asked(running(), arguments='{"a":"\0"}', call_id="c\0" + "x" * 500)
    assert "\0" not in row.arguments + row.call_id
    assert len(row.call_id) == 200


# -- who decides


def test_a_supervisor_decides_and_the_session_learns_it(demo, records):
    binding = running()
    row = decide(asked(binding), reason="checked with the shop")
    assert (row.state, row.decided_by, row.decided_by_user) == ("approved", "carol", user("carol"))
    assert approvals.outcomes(binding.pk) == [
        ApprovalOutcome(1, DIGEST, ApprovalState.APPROVED, "carol"),
    ]
    (record,) = records("approval.decided")
    assert (record.actor_label, record.outcome, record.reason) == (
        "carol",
        "approved",
        "checked with the shop",
    )
    assert record.fields["decided_by"] == "carol"
    assert record.fields["waited_seconds"] >= 0


def test_a_denial_is_a_decision_too(demo, records):
    binding = running()
    decide(asked(binding), approve=False)
    assert [outcome.state for outcome in approvals.outcomes(binding.pk)] == ["denied"]
    assert records("approval.decided")[0].outcome == "denied"
    assert use(binding) is False


def test_nobody_decides_on_his_own_request_not_even_a_superuser(demo, records):
    row = asked(running("carol"))
    refused(row, "own_request")
    assert Approval.objects.get().state == "pending"
    (record,) = records(LOOK)
    assert (record.actor_label, record.rule, record.outcome) == ("carol", "own_request", "refused")
    assert record.fields["decided_by"] == "carol"


def test_another_session_of_the_requester_is_still_the_requester(demo):
    row, other = asked(running("carol")), running("carol")
    with pytest.raises(approvals.NotDecided) as refusal:
        approvals.decide(actor=actor_of(other), by=user("carol"), approval=row, approve=True)
    assert refusal.value.code == "own_request"


def test_the_requester_may_not_even_deny_his_own_request(demo):
    refused(asked(running(supervisor("bob"))), "own_request", by="bob", approve=False)


def test_to_decide_needs_the_permission_as_it_is_now(demo, records):
    row = asked(running())
    refused(row, "permission_missing", by="bob")
    bob = user(supervisor("bob"))
    assert bob.has_perm("controlplane.decide_approval")  # remembered on this object from now on
    bob.groups.clear()
    with pytest.raises(approvals.NotDecided) as refusal:
        approvals.decide(actor=of_user(bob), by=bob, approval=row, approve=True)
    assert refusal.value.code == "permission_missing"
    assert len(records(LOOK)) == 2
    decide(row, by=supervisor("bob"))


def test_somebody_who_was_disabled_decides_nothing(demo):
    row, own = asked(running()), asked(running("bob"), approver=Approver.USER)
    supervisor("bob")
    user_row = user("bob")
    people.disable_user(actor=TESTER, user=user_row, reason="left")
    refused(row, "permission_missing", by="bob")
    refused(own, "not_the_requester", by="bob")


def test_what_the_user_must_confirm_only_that_user_confirms(demo, records):
    binding = running()
    row = asked(binding, approver=Approver.USER)
    refused(row, "not_the_requester", by="carol")
    refused(row, "not_the_requester", by="bob")
    assert decide(row, by="alice").state == "approved"
    assert use(binding) is True
