from __future__ import annotations

import re

import pytest
from django.test import Client

from controlplane.models import SessionBinding
from controlplane.operations.admission import redeem
from tests.controlplane.views.asking import BETA, SECRETS, error
from tests.people import edit_role, handshake, user

ABSENT = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def running(post):
    """A session that the shop has asked for in alice's name."""
    edit_role("customer_support", reauthenticate_seconds=60)
    return redeem(handshake=handshake(post().json()["value"])).binding


def of(binding):
    return {"Sallyport-Session": str(getattr(binding, "pk", binding))}


def show(post, binding, ticket, **said):
    return post(f"/api/sessions/{getattr(binding, 'pk', binding)}/reauthenticate", {"ticket": ticket}, **said)


def test_a_fresh_ticket_comes_in_the_official_shape_and_names_the_running_session(post, running):
    answer = post(**of(running)).json()
    assert answer.keys() == {"value", "expires_at", "session"}
    assert re.fullmatch(r"ek_[A-Za-z0-9_-]{43}", answer["value"])
    assert answer["session"]["id"] == str(running.pk)
    assert answer["session"]["expires_at"] == int(running.end_by.timestamp())
    assert answer["expires_at"] < answer["session"]["expires_at"]
    assert SessionBinding.objects.count() == 1


def test_the_life_of_a_fresh_ticket_can_be_chosen_within_the_role_s(post, running):
    short = post(body={"expires_after": {"seconds": 10}}, **of(running)).json()["expires_at"]
    long = post(body={"expires_after": {"seconds": 7000}}, **of(running)).json()["expires_at"]
    assert 48 <= long - short <= 52


def test_the_configuration_of_a_running_session_is_what_it_is(post, running):
    assert post(body={"session": {"type": "realtime"}}, **of(running)).status_code == 200
    body = {"session": {"type": "realtime", "output_modalities": ["text"]}}
    assert error(post(body=body, **of(running)), 400)["param"] == "session"


def test_the_application_shows_the_ticket_for_its_client(post, running, records):
    ticket = post(**of(running)).json()["value"]
    answer = show(post, running, ticket).json()
    renewed = SessionBinding.objects.get()
    assert answer == {
        "object": "realtime.session",
        "id": str(running.pk),
        "reauthenticate_by": int(renewed.reauthenticate_by.timestamp()),
    }
    assert renewed.reauthenticate_by > running.reauthenticate_by
    assert [record.source_ip for record in records("session.reauthenticated")] == ["127.0.0.1"]
    assert error(show(post, running, ticket), 401)["code"] == "invalid_api_key"
    assert len(records("ticket.refused")) == 1 and not records("mint.refused")


@pytest.mark.parametrize("body", [{}, {"ticket": 7}, {"ticket": ""}, {"ticket": "x" * 201}])
def test_a_body_without_a_ticket_is_refused(post, running, body):
    assert error(post(f"/api/sessions/{running.pk}/reauthenticate", body), 400)["param"] == "ticket"


@pytest.mark.parametrize("way", ["issue", "show"])
def test_another_s_session_and_none_at_all_look_alike_and_are_on_record(post, running, records, way):
    def ask(session, name):
        return post(user=name, **of(session)) if way == "issue" else show(post, session, "ek_x", user=name)

    theirs, absent = ask(running, "bob"), ask(ABSENT, "bob")
    assert theirs.status_code == absent.status_code == 404
    assert theirs.content == absent.content
    assert [record.subject for record in records("access.denied")] == [
        f"session:{running.pk}",
        f"session:{ABSENT}",
    ]
    assert {record.fields["code"] for record in records("access.denied")} == {"not_found"}


def browser_of(name):
    browser = Client()
    browser.force_login(user(name))
    return browser


def test_a_browser_renews_what_its_own_sign_in_has_begun(demo):
    browser, other = browser_of("alice"), browser_of("alice")
    began = browser.post(SECRETS, "{}", content_type="application/json").json()["value"]
    binding = redeem(handshake=handshake(began)).binding
    assert binding.login_digest
    fresh = browser.post(SECRETS, "{}", content_type="application/json", headers=of(binding))
    assert fresh.status_code == 200
    assert other.post(SECRETS, "{}", content_type="application/json", headers=of(binding)).status_code == 404


def test_the_retired_shape_knows_no_fresh_tickets(post, running):
    assert error(post(BETA, **of(running)), 400)["param"] == "Sallyport-Session"
