"""Consent is given once, in time, for one action, and whoever waits for it is told."""

from __future__ import annotations

import pytest

from audit.actors import system
from controlplane.models import Approval
from controlplane.operations import approvals, sessions
from guard.core.approval import ApprovalOutcome, ApprovalState, Approver, digest_of
from guard.core.closing import EndReason
from tests.controlplane.asked import ARGUMENTS, DIGEST, asked, running, wanted
from tests.controlplane.consenting import decide, overdue, refused, rings, use
from tests.people import TESTER

LOOK = "approval.refused"


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
