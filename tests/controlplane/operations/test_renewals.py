from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from controlplane.models import SessionBinding
from controlplane.operations import renewals
from controlplane.operations.admission import redeem
from controlplane.operations.keys import create_service_key
from controlplane.operations.people import disable_user
from controlplane.operations.tickets import Wish
from guard.core.closing import EndReason
from guard.ports import Refused
from tests.people import TESTER, edit_role, handshake, ticket_for, user


@pytest.fixture
def running(demo):
    """A session of alice that must show a fresh ticket after a minute."""
    edit_role("customer_support", reauthenticate_seconds=60, grace_seconds=20)
    return redeem(handshake=handshake(ticket_for().ticket)).binding


def fresh(binding, **wish):
    wanted = Wish(**{"user": binding.user, **wish})
    return renewals.issue(actor=TESTER, wish=wanted, session_id=str(binding.pk))


def refused(binding, ticket):
    with pytest.raises(Refused) as caught:
        renewals.redeem(session_id=str(binding.pk), ticket=ticket)
    return caught.value


def test_admission_says_by_when_a_fresh_ticket_must_be_shown(demo):
    edit_role("customer_support", reauthenticate_seconds=60, grace_seconds=20)
    admitted = redeem(handshake=handshake(ticket_for().ticket))
    assert admitted.binding.reauthenticate_by - admitted.binding.started_at == timedelta(seconds=80)
    assert 79 < admitted.renewal.seconds_left <= 80
    assert admitted.renewal.stamp == admitted.binding.reauthenticate_by.timestamp()


def test_a_role_that_asks_for_none_says_nothing(demo):
    assert redeem(handshake=handshake(ticket_for().ticket)).renewal is None


def test_a_fresh_ticket_starts_the_clock_anew_and_moves_no_other_limit(running, records):
    issued = fresh(running)
    before = renewals.current(str(running.pk))
    renewal = renewals.redeem(session_id=str(running.pk), ticket=issued.ticket)
    assert renewal.stamp > before.stamp and 79 < renewal.seconds_left <= 80
    after = SessionBinding.objects.get(pk=running.pk)
    assert (after.end_by, after.state) == (running.end_by, "active")
    (record,) = records("session.reauthenticated")
    assert (record.session_id, record.actor_label) == (str(running.pk), "alice")
    assert record.fields["reauthenticate_by"] == after.reauthenticate_by.isoformat()


def test_a_fresh_ticket_lives_as_long_as_any_other(running, records):
    issued = fresh(running, seconds=7200)
    left = issued.binding.renewal_start_by - SessionBinding.objects.values_list(Now(), flat=True).get()
    assert timedelta(seconds=58) < left <= timedelta(seconds=60)
    issue = records("ticket.issued")[-1]
    assert (issue.session_id, issue.fields["start_by"]) == (
        str(running.pk),
        issued.binding.renewal_start_by.isoformat(),
    )


def test_a_fresh_ticket_is_good_once(running, records):
    issued = fresh(running)
    renewals.redeem(session_id=str(running.pk), ticket=issued.ticket)
    assert refused(running, issued.ticket).reason is EndReason.REAUTHENTICATION
    (record,) = records("ticket.refused")
    assert (record.session_id, record.rule) == (str(running.pk), "unknown_ticket")


def test_the_newest_ticket_voids_the_one_before(running):
    first, second = fresh(running), fresh(running)
    refused(running, first.ticket)
    assert renewals.redeem(session_id=str(running.pk), ticket=second.ticket)


def test_a_late_ticket_is_refused_by_the_database_s_clock(running, records):
    issued = fresh(running)
    SessionBinding.objects.update(renewal_start_by=Now() - timedelta(milliseconds=1))
    refused(running, issued.ticket)
    assert [record.rule for record in records("ticket.refused")] == ["expired"]


def test_a_ticket_of_another_session_is_refused(running, records):
    other = redeem(handshake=handshake(ticket_for("bob").ticket)).binding
    refused(running, fresh(other).ticket)
    refused(running, ticket_for("bob").ticket)
    assert [record.rule for record in records("ticket.refused")] == ["other_session"] * 2


def test_the_ticket_that_began_the_session_is_used(demo, records):
    issued = ticket_for()
    binding = redeem(handshake=handshake(issued.ticket)).binding
    refused(binding, issued.ticket)
    assert [record.rule for record in records("ticket.refused")] == ["replayed"]


def test_whoever_may_not_go_on_cannot_re_authenticate(running, records):
    issued = fresh(running)
    disable_user(actor=TESTER, user=user("alice"), reason="left")
    refused(running, issued.ticket)
    assert [record.rule for record in records("ticket.refused")] == ["logged_out_everywhere"]


def test_a_session_that_is_over_cannot_be_renewed(running):
    issued = fresh(running)
    SessionBinding.objects.update(
        started_at=F("created_at"), end_by=F("created_at") + timedelta(microseconds=1)
    )
    refused(running, issued.ticket)


@pytest.mark.parametrize("theirs", ["user", "key", "login", "role", "absent", "no id"])
def test_somebody_else_s_session_is_not_there(running, theirs):
    key = create_service_key(actor=TESTER, name="other")[0]
    wish = {
        "user": Wish(user("bob")),
        "key": Wish(user("alice"), service_key=key),
        "login": Wish(user("alice"), login=b"x" * 32),
        "role": Wish(user("alice"), role="analyst"),
    }.get(theirs, Wish(user("alice")))
    asked_for = {"absent": "11111111-1111-4111-8111-111111111111", "no id": "?"}.get(theirs, str(running.pk))
    with pytest.raises(renewals.NotTheirs) as caught:
        renewals.issue(actor=TESTER, wish=wish, session_id=asked_for)
    assert (caught.value.code, caught.value.message) == ("not_found", "There is no such session.")
    assert SessionBinding.objects.get(pk=running.pk).renewal_digest is None


def test_a_ticket_that_was_shown_elsewhere_rings(running, rung, django_capture_on_commit_callbacks):
    issued = fresh(running)
    with django_capture_on_commit_callbacks(execute=True):
        renewals.redeem(session_id=str(running.pk), ticket=issued.ticket, elsewhere="192.0.2.1")
    assert rung
