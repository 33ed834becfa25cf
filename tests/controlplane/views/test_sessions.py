from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from controlplane.models import SessionBinding
from controlplane.operations.admission import redeem
from tests.controlplane.views.asking import error, post, signed_in, staff
from tests.controlplane.views.session_calls import ALL, END, NOBODYS, one, session, shown
from tests.people import handshake, ticket_for, user


def test_everybody_sees_his_own_and_staff_who_may_see_all(key, application):
    mine, theirs = session(), session("bob")
    keyed = session("bob", service_key=key[0])
    assert shown(signed_in("alice").get(ALL)) == [str(mine.pk)]
    assert shown(signed_in("bob").get(ALL)) == [str(keyed.pk), str(theirs.pk)]
    assert shown(application.get(ALL)) == [str(keyed.pk)]
    assert len(shown(staff("view_sessionbinding").get(ALL))) == 3


def test_staff_without_the_permission_sees_his_own_only(demo):
    session()
    assert shown(staff("view_lock").get(ALL)) == []


def test_a_permission_is_worth_nothing_to_who_is_no_staff(demo):
    session("bob")
    user("alice").user_permissions.set(Permission.objects.filter(codename="view_sessionbinding"))
    assert shown(signed_in("alice").get(ALL)) == []


def test_a_service_key_in_the_name_of_staff_is_still_a_service_key(key):
    session()
    as_carol = {"Authorization": f"Bearer {key[1]}", "Sallyport-User": "carol"}
    assert shown(Client(headers=as_carol).get(ALL)) == []


@pytest.mark.parametrize("method", ["get", "end"])
def test_what_is_not_yours_is_as_if_it_were_not_there(key, application, records, method):
    """The same status, body and record, down to the letter but for the id (T10)."""
    theirs = session("bob")
    for client in (signed_in("alice"), application, staff()):
        answers = []
        for session_id in (theirs.pk, NOBODYS):
            path = f"{ALL}/{session_id}"
            answer = post(client, f"{path}/end", {"reason": "x"}) if method == "end" else client.get(path)
            answers.append((answer.status_code, answer.content, sorted(answer.headers.items())))
        assert answers[0] == answers[1]
        assert (answers[0][0], json.loads(answers[0][1])["error"]["code"]) == (404, "not_found")
    denied = records("access.denied")
    assert [(each.actor_label, each.rule, each.outcome) for each in denied] == [
        (name, "not_found", "refused") for name in ("alice", "alice", "shop", "shop", "oscar", "oscar")
    ]
    assert str(theirs.pk) in denied[0].subject
    theirs.refresh_from_db()
    assert theirs.state == "pending"


def test_another_and_an_absent_session_are_looked_for_by_the_same_question(demo):
    """What differs in the work shows in the time."""
    theirs, alice = session("bob"), signed_in("alice")
    alice.get(f"{ALL}/{NOBODYS}")
    asked = []
    for session_id in (theirs.pk, NOBODYS):
        with CaptureQueriesContext(connection) as questions:
            alice.get(f"{ALL}/{session_id}")
        asked.append([each["sql"].split("WHERE")[0][:200] for each in questions])
    assert asked[0] == asked[1]


def test_nobody_in_particular_is_told_to_say_who_he_is(demo, records):
    assert error(Client().get(ALL), 401)["code"] == "invalid_api_key"
    wrong = Client(headers={"Authorization": "Bearer sp_wrong"})
    assert error(post(wrong, END, {"role": "admin", "reason": "x"}), 401)["code"] == "invalid_api_key"
    assert [each.actor_label for each in records("access.denied")] == ["anonymous", "anonymous"]


def test_a_browser_needs_its_csrf_token(demo):
    row = session()
    alice = Client(enforce_csrf_checks=True)
    alice.force_login(user("alice"))
    assert error(post(alice, f"{one(row)}/end", {"reason": "x"}), 403)["code"] == "csrf_failed"
    row.refresh_from_db()
    assert row.state == "pending"


def test_no_secret_is_shown(key, application):
    issued = ticket_for(service_key=key[0])
    redeem(handshake=handshake(issued.ticket))
    for path in (ALL, one(issued.binding)):
        text = application.get(path).content.decode()
        assert bytes(issued.binding.ticket_digest).hex() not in text
        assert issued.ticket not in text
        assert key[1][3:] not in text
        assert "digest" not in text


def test_a_session_is_described(key, application):
    issued = ticket_for(service_key=key[0])
    redeem(handshake=handshake(issued.ticket))
    found = application.get(one(issued.binding)).json()
    row = SessionBinding.objects.get()
    assert (found["object"], found["id"], found["state"]) == ("session", str(row.pk), "active")
    assert (found["username"], found["role"], found["service_key"]) == ("alice", "customer_support", "shop")
    assert found["end_by"] == int(row.end_by.timestamp())
    assert (found["ended_at"], found["end_reason"]) == (None, None)
