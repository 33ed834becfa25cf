from __future__ import annotations

import pytest
from django.test import Client

from controlplane.models import Epoch, Role
from controlplane.operations.admission import redeem
from controlplane.operations.people import disable_user, log_out_everywhere, remove_role
from controlplane.operations.reasons import BadReason
from tests.people import TESTER, handshake, ticket_for, user


def test_disabling_a_user_ends_what_runs_and_says_so(demo, records):
    redeem(handshake=handshake(ticket_for().ticket))
    ticket_for()
    assert disable_user(actor=TESTER, user=user("alice"), reason="left") == 2
    assert not user("alice").is_active
    assert not user("alice").bindings.exclude(state="ended", end_reason="revoked").exists()
    (record,) = records("user.disabled")
    assert (record.reason, record.fields["sessions_ended"]) == ("left", 2)


def test_a_disabled_user_is_signed_out_of_the_browser_too(demo):
    browser = Client()
    browser.force_login(user("dana"))
    assert browser.get("/admin/").status_code == 200
    disable_user(actor=TESTER, user=user("dana"), reason="left")
    assert browser.get("/admin/").status_code == 302


def test_logging_out_everywhere_ends_what_runs_and_leaves_the_user_able_to_come_back(demo, records):
    redeem(handshake=handshake(ticket_for().ticket))
    assert log_out_everywhere(actor=TESTER, user=user("alice"), reason="lost laptop") == 1
    assert user("alice").is_active
    assert len(records("user.logged_out")) == 1
    assert ticket_for()


def test_a_role_that_is_taken_away_ends_what_runs_as_it_and_nothing_else(demo, records):
    both, role = user("alice"), Role.objects.get(name="customer_support")
    both.roles.add(Role.objects.get(name="analyst"))
    mine, other = ticket_for(role="customer_support"), ticket_for(role="analyst")
    before = Epoch.objects.get().value
    assert remove_role(actor=TESTER, user=both, role=role, reason="moved on", source_ip="203.0.113.9") == 1
    assert Epoch.objects.get().value > before
    mine.binding.refresh_from_db(), other.binding.refresh_from_db()
    assert (mine.binding.state, other.binding.state) == ("ended", "pending")
    (record,) = records("object.changed", reason="moved on")
    assert record.fields["changes"] == {
        "roles": {"before": ["analyst", "customer_support"], "after": ["analyst"]}
    }
    assert record.source_ip == "203.0.113.9"
    assert records("session.ended")[0].reason == "moved on"


def test_a_role_that_the_user_does_not_hold_cannot_be_taken_away(demo, records):
    analyst = Role.objects.get(name="analyst")
    assert remove_role(actor=TESTER, user=user("alice"), role=analyst, reason="moved on") is None
    assert records("object.changed", reason="moved on") == []


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 501])
def test_nothing_is_taken_from_a_person_without_a_reason_that_can_be_read(demo, reason):
    ticket_for()
    role = Role.objects.get(name="customer_support")
    with pytest.raises(BadReason, match="reason"):
        disable_user(actor=TESTER, user=user("alice"), reason=reason)
    with pytest.raises(BadReason, match="reason"):
        log_out_everywhere(actor=TESTER, user=user("alice"), reason=reason)
    with pytest.raises(BadReason, match="reason"):
        remove_role(actor=TESTER, user=user("alice"), role=role, reason=reason)
    assert user("alice").is_active
    assert user("alice").bindings.get().state == "pending"
