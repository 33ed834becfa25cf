from __future__ import annotations

import io
from datetime import timedelta
from unittest import mock

import pytest
from django.contrib.sessions.models import Session as Login
from django.core.management import call_command
from django.db.models.functions import Now
from django.test import Client

from controlplane import tickets
from controlplane.models import SessionBinding, User
from controlplane.operations.admission import redeem
from controlplane.operations.people import log_out_everywhere
from guard.core.closing import EndReason
from guard.ports import Refused
from tests.people import TESTER, handshake, ticket_for, user

NEW = "a-new-password-77"


@pytest.fixture
def browser(demo):
    client = Client()
    client.force_login(user("alice"))
    return client


def login_of(browser):
    return tickets.digest(browser.session.session_key)


def begun(browser):
    return redeem(handshake=handshake(ticket_for(login=login_of(browser)).ticket)).binding


def ends(records):
    return [(record.outcome, record.rule) for record in records("session.ended")]


def test_a_ticket_of_a_sign_in_and_its_session_end_with_it_at_the_latest(browser):
    expiry = Login.objects.get().expire_date
    ticket = ticket_for(login=login_of(browser))
    assert ticket.binding.start_by < expiry
    Login.objects.update(expire_date=Now() + timedelta(seconds=30))
    expiry = Login.objects.get().expire_date
    assert ticket_for(login=login_of(browser)).binding.start_by == expiry
    assert redeem(handshake=handshake(ticket.ticket)).binding.end_by == expiry


def test_under_a_sign_in_that_is_over_nothing_begins(browser, records):
    ticket = ticket_for(login=login_of(browser)).ticket
    Login.objects.update(expire_date=Now())
    with pytest.raises(Refused) as caught:
        redeem(handshake=handshake(ticket))
    assert caught.value.reason is EndReason.REVOKED
    assert [record.rule for record in records("session.refused")] == ["signed_out"]
    with pytest.raises(Refused):
        ticket_for(login=login_of(browser))


def test_signing_out_ends_what_was_asked_for_under_this_sign_in_and_no_more(browser, records):
    begun(browser)
    ticket_for(login=login_of(browser))
    other = ticket_for()
    browser.post("/accounts/logout/")
    assert ends(records) == [("revoked", "signed_out")] * 2
    assert [row.pk for row in SessionBinding.objects.exclude(state="ended")] == [other.binding.pk]


def test_signing_out_of_the_admin_does_the_same(demo, records):
    browser = Client()
    browser.force_login(user("carol"))
    redeem(handshake=handshake(ticket_for("carol", login=login_of(browser)).ticket))
    browser.post("/admin/logout/")
    assert ends(records) == [("revoked", "signed_out")]


def test_signing_in_as_somebody_else_ends_the_sign_in_before(browser, records):
    begun(browser)
    browser.post("/accounts/login/", {"username": "bob", "password": "demo-password"})
    assert ends(records) == [("revoked", "signed_out")]
    assert [record.actor_label for record in records("user.logged_out")] == ["alice"]


def test_signing_in_again_as_the_same_person_ends_nothing(browser, records):
    begun(browser)
    browser.post("/accounts/login/", {"username": "alice", "password": "demo-password"})
    assert ends(records) == []


def own_page(admin, alice):
    admin.post(
        "/admin/password_change/",
        {"old_password": "demo-password", "new_password1": NEW, "new_password2": NEW},
    )


def admin_s_page(admin, alice):
    admin.post(f"/admin/controlplane/user/{alice.pk}/password/", {"password1": NEW, "password2": NEW})


def admin_takes_it_away(admin, alice):
    admin.post(
        f"/admin/controlplane/user/{alice.pk}/password/",
        {"usable_password": "false", "unset-password": "", "password1": "", "password2": ""},
    )


def command(admin, alice):
    with mock.patch("getpass.getpass", return_value=NEW):
        call_command("changepassword", alice.username, stdout=io.StringIO())


def code(admin, alice):
    alice.set_password(NEW)
    alice.save(update_fields=["password"])


@pytest.mark.parametrize(
    ("way", "name", "actor"),
    [
        (own_page, "carol", "carol"),
        (admin_s_page, "alice", "carol"),
        (admin_takes_it_away, "alice", "carol"),
        (command, "alice", "set_password"),
        (code, "alice", "set_password"),
    ],
)
def test_whichever_way_a_password_is_changed_everything_under_the_old_one_ends(
    demo, records, way, name, actor
):
    admin, elsewhere = Client(), Client()
    admin.force_login(user("carol"))
    elsewhere.force_login(user(name))
    role = {"role": "admin"} if name == "carol" else {}
    redeem(handshake=handshake(ticket_for(name, **role).ticket))
    unused = ticket_for(name, login=login_of(elsewhere), **role)
    way(admin, user(name))
    (changed,) = records("user.password_changed")
    assert (changed.actor_label, changed.fields) == (actor, {"username": name, "sessions_ended": 2})
    assert ends(records) == [("revoked", "password_changed")] * 2
    assert "_auth_user_id" in admin.session
    assert admin.get("/admin/").status_code == 200, "who changed it stays"
    assert b"You are signed in" not in elsewhere.get("/").content
    with pytest.raises(Refused):
        redeem(handshake=handshake(unused.ticket))


def test_saving_a_user_for_another_reason_ends_nothing(demo, records):
    alice = user("alice")
    alice.first_name = "Alice"
    alice.save()
    alice.set_password(NEW)
    alice.save(update_fields=["first_name"])
    User.objects.create_user("new", password=NEW)
    assert not records("user.password_changed")


def test_a_stronger_hash_of_the_same_password_is_no_change(demo, records, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert user("alice").check_password("demo-password")
    assert user("alice").password.startswith("pbkdf2")
    assert not records("user.password_changed")


def test_logging_out_everywhere_ends_every_sign_in(browser):
    assert b"You are signed in" in browser.get("/").content
    log_out_everywhere(actor=TESTER, user=user("alice"), reason="test")
    assert b"You are signed in" not in browser.get("/").content
    again = Client()
    again.force_login(user("alice"))
    assert b"You are signed in" in again.get("/").content
