from __future__ import annotations

import pytest

from controlplane.models import Epoch, SessionBinding
from controlplane.operations.admission import redeem
from controlplane.operations.reasons import BadReason
from controlplane.operations.revocation import end_sessions
from tests.people import TESTER, handshake, ticket_for


def test_all_that_were_chosen_end_each_with_its_record(demo, records):
    redeem(handshake=handshake(ticket_for("alice").ticket))
    ticket_for("alice"), ticket_for("bob")
    before = Epoch.objects.get().value
    chosen = SessionBinding.objects.filter(user__username="alice")
    assert end_sessions(actor=TESTER, chosen=chosen, reason=" incident 7 ") == 2
    assert end_sessions(actor=TESTER, chosen=chosen, reason="again") == 0
    assert [record.reason for record in records("session.ended")] == ["incident 7"] * 2
    assert SessionBinding.objects.get(user__username="bob").state == "pending"
    assert Epoch.objects.get().value > before


def test_nothing_ends_without_a_reason(demo):
    ticket_for()
    with pytest.raises(BadReason):
        end_sessions(actor=TESTER, chosen=SessionBinding.objects.all(), reason="")
    assert SessionBinding.objects.get().state == "pending"


def test_who_ends_many_rings_once(demo, rung, django_capture_on_commit_callbacks):
    """With a hung Redis each nudge takes its whole time-out."""
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(5):
            ticket_for()
        assert end_sessions(actor=TESTER, chosen=SessionBinding.objects.all(), reason="drill") == 5
    assert len(rung) == 1
