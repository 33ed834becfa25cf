"""People without a place in the admin sign in and out here."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.shortcuts import resolve_url
from django.test import Client

from audit import log
from tests.controlplane.views.asking import SECRETS
from tests.people import user

LOGIN, LOGOUT = "/accounts/login/", "/accounts/logout/"
PASSWORD = "demo-password"


@pytest.fixture
def browser(demo):
    return Client(enforce_csrf_checks=True)


def token(browser, path=LOGIN):
    return re.search(r'csrfmiddlewaretoken" value="([^"]+)', browser.get(path).content.decode())[1]


def sign_in(browser, username="alice", password=PASSWORD, **more):
    posted = {"username": username, "password": password, "csrfmiddlewaretoken": token(browser), **more}
    return browser.post(LOGIN, posted)


def test_somebody_who_is_no_staff_signs_in_and_the_front_page_says_so(browser, records):
    assert "You are signed in" not in browser.get("/").content.decode()
    assert f'href="{LOGIN}"' in browser.get("/").content.decode()
    response = sign_in(browser)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert not user("alice").is_staff
    assert "<strong>alice</strong>" in browser.get("/").content.decode()
    (record,) = records("user.logged_in")
    assert (record.actor_label, record.subject) == ("alice", f"user:{user('alice').pk}")
    assert record.fields["path"] == LOGIN


def test_a_session_from_here_asks_for_a_ticket(browser):
    sign_in(browser)
    response = browser.post(
        SECRETS, "{}", content_type="application/json", headers={"X-CSRFToken": token(browser, "/")}
    )
    assert response.status_code == 200


def test_signing_out_is_recorded_and_ends_the_session(browser, records):
    sign_in(browser)
    response = browser.post(LOGOUT, {"csrfmiddlewaretoken": token(browser, "/")})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert "_auth_user_id" not in browser.session
    assert [record.actor_label for record in records("user.logged_out")] == ["alice"]


def test_nobody_is_signed_out_by_a_link_or_by_another_site(browser, records):
    sign_in(browser)
    assert browser.get(LOGOUT).status_code == 405
    assert browser.post(LOGOUT).status_code == 403
    assert "_auth_user_id" in browser.session
    assert records("user.logged_out") == []


@pytest.mark.parametrize(
    ("username", "password"), [("alice", "guess-77"), ("nobody", "guess-77"), ("a\0b", "guess-77")]
)
def test_a_failed_sign_in_is_recorded_without_the_password(browser, records, username, password):
    response = sign_in(browser, username, password)
    assert response.status_code == 200
    assert "staff" not in response.content.decode()
    (record,) = records("user.login_failed")
    assert (record.actor_label, record.outcome) == ("anonymous", "refused")
    assert password not in str(vars(record))


def test_a_disabled_user_does_not_come_in(browser):
    alice = user("alice")
    alice.is_active = False
    alice.save()
    assert sign_in(browser).status_code == 200
    assert "_auth_user_id" not in browser.session


def test_nobody_is_let_in_unrecorded(browser, monkeypatch):
    def refuse(*args, **kwargs):
        raise DatabaseError("no space left on device")

    monkeypatch.setattr(log, "record", refuse)
    with pytest.raises(DatabaseError):
        sign_in(browser)
    assert "_auth_user_id" not in browser.session


@pytest.mark.parametrize("where", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"])
@pytest.mark.parametrize("page", [LOGIN, "/admin/login/"])
def test_a_next_page_elsewhere_leads_to_the_front_page(browser, page, where):
    name = "alice" if page == LOGIN else "carol"
    posted = {"username": name, "password": PASSWORD, "next": where}
    response = browser.post(page, {**posted, "csrfmiddlewaretoken": token(browser, page)})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_the_pages_carry_nothing_inline_and_are_kept_by_no_cache(browser):
    for path in (LOGIN, "/"):
        response = browser.get(path)
        assert "no-store" in response["Cache-Control"]
        assert not re.search(r"<style|<script|\sstyle=|\son[a-z]+=|javascript:", response.content.decode())


def test_pages_that_ask_for_a_person_lead_here():
    assert resolve_url(settings.LOGIN_URL) == LOGIN
