from __future__ import annotations

from django.test import Client

from controlplane.operations.admission import redeem
from controlplane.operations.people import disable_user, log_out_everywhere
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
    disable_user(actor=TESTER, user=user("dana"))
    assert browser.get("/admin/").status_code == 302


def test_logging_out_everywhere_ends_what_runs_and_leaves_the_user_able_to_come_back(demo, records):
    redeem(handshake=handshake(ticket_for().ticket))
    assert log_out_everywhere(actor=TESTER, user=user("alice")) == 1
    assert user("alice").is_active
    assert len(records("user.logged_out")) == 1
    assert ticket_for()
