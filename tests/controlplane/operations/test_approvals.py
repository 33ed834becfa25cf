"""T62 on the side of the database: who may consent, to what exactly, until when, and how often. Races are in
``test_approval_races``."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db.models.functions import Now

from audit import log
from audit.actors import of_user, system
from controlplane.models import Approval, Epoch
from controlplane.operations import approvals, people, sessions
from controlplane.operations.admission import actor_of
from guard.core.approval import ApprovalOutcome, ApprovalState, Approver, digest_of
from guard.core.closing import EndReason
from tests.controlplane.asked import ARGUMENTS, DIGEST, asked, running, wanted
from tests.people import TESTER, user

LOOK = "approval.refused"


def decide(row, by="carol", approve=True, reason=""):
    person = user(by)
    return approvals.decide(actor=of_user(person), by=person, approval=row, approve=approve, reason=reason)


def refused(row, code, by="carol", **more):
    with pytest.raises(approvals.NotDecided) as refusal:
        decide(row, by, **more)
    assert refusal.value.code == code


def use(binding, number=1, digest=DIGEST):
    return approvals.use(actor=actor_of(binding), session_id=binding.pk, number=number, digest=digest)


def overdue(row):
    times = {"requested_at": Now() - timedelta(minutes=2), "expires_at": Now() - timedelta(seconds=1)}
    if row.decided_at:
        times["decided_at"] = Now() - timedelta(minutes=1)
    Approval.objects.filter(pk=row.pk).update(**times)


def supervisor(name):
    user(name).groups.add(Group.objects.get(name="supervisors"))
    return name


def rings():
    return Epoch.objects.get().value


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
    people.disable_user(actor=TESTER, user=user_row)
    refused(row, "permission_missing", by="bob")
    refused(own, "not_the_requester", by="bob")


def test_what_the_user_must_confirm_only_that_user_confirms(demo, records):
    binding = running()
    row = asked(binding, approver=Approver.USER)
    refused(row, "not_the_requester", by="carol")
    refused(row, "not_the_requester", by="bob")
    assert decide(row, by="alice").state == "approved"
    assert use(binding) is True


# -- once, in time, for this very action


def test_a_decision_is_made_once(demo, records):
    row = asked(running())
    decide(row)
    refused(row, "already_decided", approve=False)
    assert Approval.objects.get().state == "approved"
    assert len(records("approval.decided")) == 1
    assert records(LOOK)[0].rule == "already_decided"


def test_after_its_time_a_request_is_denied_by_itself_and_not_decided(demo, records):
    binding = running()
    row = asked(binding)
    overdue(row)
    refused(row, "approval_expired")
    assert approvals.outcomes(binding.pk) == [ApprovalOutcome(1, DIGEST, ApprovalState.EXPIRED)]
    assert use(binding) is False


def test_an_expiry_is_recorded_once_whoever_notices_it(demo, records):
    binding = running()
    overdue(asked(binding))
    approvals.outcomes(binding.pk)
    approvals.outcomes(binding.pk)
    assert approvals.expire_overdue(actor=system("reaper")) == 0
    (record,) = records("approval.expired")
    assert (record.actor_kind, record.outcome) == ("session", "expired")


def test_the_sweep_expires_what_no_session_looks_at(demo, records):
    row, fresh = asked(running()), asked(running())
    overdue(row)
    assert approvals.expire_overdue(actor=system("reaper")) == 1
    assert approvals.expire_overdue(actor=system("reaper")) == 0
    assert {each.pk: each.state for each in Approval.objects.all()} == {
        row.pk: "expired",
        fresh.pk: "pending",
    }
    assert records("approval.expired")[0].actor_label == "reaper"


def test_one_row_that_cannot_be_expired_does_not_keep_the_others_alive(demo, monkeypatch, caplog):
    first, second = asked(running()), asked(running())
    overdue(first)
    overdue(second)
    original = approvals._expire

    def break_once(actor, row):
        if row.pk == first.pk:
            raise OSError("disk full")
        return original(actor, row)

    monkeypatch.setattr(approvals, "_expire", break_once)
    assert approvals.expire_overdue(actor=system("reaper")) == 1
    assert "could not be expired" in caplog.text


def test_consent_that_was_not_used_in_time_lapses(demo, records):
    binding = running()
    overdue(decide(asked(binding)))
    assert use(binding) is False
    assert [outcome.state for outcome in approvals.outcomes(binding.pk)] == ["expired"]
    assert records(LOOK)[0].rule == "approval_expired"


def test_an_approval_is_used_once(demo, records):
    binding = running()
    decide(asked(binding))
    assert use(binding) is True
    assert use(binding) is False
    assert approvals.outcomes(binding.pk) == []
    (used,) = records("approval.used")
    assert (used.actor_label, used.fields["tool"]) == ("alice", "refund_order")
    assert records(LOOK)[0].rule == "approval_used"


@pytest.mark.parametrize(
    "digest",
    [
        digest_of("refund_order", {"order_id": "A18"}),
        digest_of("delete_account", ARGUMENTS),
        "",
        DIGEST.upper(),
    ],
)
def test_one_changed_character_is_another_action(demo, records, digest):
    binding = running()
    decide(asked(binding))
    assert use(binding, digest=digest) is False
    assert Approval.objects.get().state == "approved"
    (record,) = records(LOOK)
    assert (record.rule, record.reason) == ("another_action", "The call is another one.")
    assert use(binding) is True


def test_what_nobody_has_decided_is_not_used(demo, records):
    binding = running()
    asked(binding)
    assert use(binding) is False
    assert records(LOOK)[0].rule == "approval_pending"


def test_one_session_does_not_use_the_approval_of_another(demo):
    binding, other = running(), running()
    decide(asked(binding))
    assert use(other) is False
    assert approvals.outcomes(other.pk) == []


def test_outcomes_are_what_the_session_still_has_to_act_on(demo):
    binding = running()
    rows = [asked(binding, n) for n in range(1, 6)]
    decide(rows[0])
    decide(rows[1], approve=False)
    overdue(rows[2])
    decide(rows[3])
    use(binding, 4)
    assert [(o.number, o.state.value) for o in approvals.outcomes(str(binding.pk))] == [
        (1, "approved"),
        (2, "denied"),
        (3, "expired"),
    ]


# -- who is told


def test_a_decision_rings_so_that_the_session_looks_again(demo, rung, django_capture_on_commit_callbacks):
    row, before = asked(running()), rings()
    with django_capture_on_commit_callbacks(execute=True):
        decide(row)
        assert rung == []
    assert rings() == before + 1
    assert rung == [1]


def test_the_sweep_rings_and_a_session_that_looks_itself_does_not(demo):
    first, second = running(), running()
    overdue(asked(first))
    overdue(asked(second))
    before = rings()
    approvals.outcomes(first.pk)
    assert rings() == before
    approvals.expire_overdue(actor=system("reaper"))
    assert rings() == before + 1


def test_a_session_that_ends_takes_its_requests_with_it(demo, records):
    binding = running()
    asked(binding, 1)
    decide(asked(binding, 2))
    decide(asked(binding, 3), approve=False)
    sessions.end_session(actor=TESTER, session_id=binding.pk, reason=EndReason.REVOKED)
    assert list(Approval.objects.order_by("number").values_list("state", flat=True)) == [
        "expired",
        "expired",
        "denied",
    ]
    assert [record.reason for record in records("approval.expired")] == ["The session ended."] * 2
    refused(Approval.objects.get(number=1), "approval_expired")


def test_request_carries_the_words_of_the_guard(demo):
    assert {kind.value for kind in Approver} - {"none"} == set(Approval.Kind.values)
    assert {state.value for state in ApprovalState} == set(Approval.State.values)
    assert wanted().digest == DIGEST
