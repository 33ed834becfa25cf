from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from controlplane.models import SessionBinding, User
from controlplane.operations.admission import redeem
from controlplane.operations.keys import create_service_key
from tests.controlplane.views.asking import error
from tests.people import TESTER, handshake, ticket_for, user

ALL = "/api/sessions"
END = "/api/sessions/end"
NOBODYS = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def made(demo):
    return create_service_key(actor=TESTER, name="shop")


@pytest.fixture
def application(made):
    return Client(headers={"Authorization": f"Bearer {made[1]}"})


def signed_in(name):
    browser = Client()
    browser.force_login(user(name))
    return browser


def staff(*permissions):
    oscar = User.objects.create_user("oscar", is_staff=True)
    oscar.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in("oscar")


def post(client, path, body):
    return client.post(path, json.dumps(body), content_type="application/json")


def one(row):
    return f"{ALL}/{row.pk}"


def shown(response):
    assert response.status_code == 200, response.content
    assert response["Cache-Control"] == "no-store"
    return [row["id"] for row in response.json()["data"]]


def session(name="alice", **wish):
    return ticket_for(name, **wish).binding


# -- who sees what


def test_everybody_sees_his_own_and_staff_who_may_see_all(made, application):
    mine, theirs = session(), session("bob")
    keyed = session("bob", service_key=made[0])
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


def test_a_service_key_in_the_name_of_staff_is_still_a_service_key(made):
    session()
    as_carol = {"Authorization": f"Bearer {made[1]}", "Sallyport-User": "carol"}
    assert shown(Client(headers=as_carol).get(ALL)) == []


@pytest.mark.parametrize("method", ["get", "end"])
def test_what_is_not_yours_is_as_if_it_were_not_there(made, application, records, method):
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


def test_no_secret_is_shown(made, application):
    issued = ticket_for(service_key=made[0])
    redeem(handshake=handshake(issued.ticket))
    for path in (ALL, one(issued.binding)):
        text = application.get(path).content.decode()
        assert bytes(issued.binding.ticket_digest).hex() not in text
        assert issued.ticket not in text
        assert made[1][3:] not in text
        assert "digest" not in text


def test_a_session_is_described(made, application):
    issued = ticket_for(service_key=made[0])
    redeem(handshake=handshake(issued.ticket))
    found = application.get(one(issued.binding)).json()
    row = SessionBinding.objects.get()
    assert (found["object"], found["id"], found["state"]) == ("session", str(row.pk), "active")
    assert (found["username"], found["role"], found["service_key"]) == ("alice", "customer_support", "shop")
    assert found["end_by"] == int(row.end_by.timestamp())
    assert (found["ended_at"], found["end_reason"]) == (None, None)


# -- the list


def test_the_list_is_read_page_by_page_without_a_gap_or_a_double(made, application):
    for _ in range(7):
        session(service_key=made[0])
    moment = SessionBinding.objects.first().created_at
    SessionBinding.objects.update(created_at=moment - timedelta(seconds=1))  # all at once: only the id tells
    seen, after = [], {}
    while True:
        page = application.get(ALL, {"limit": 3, **after}).json()
        seen += [row["id"] for row in page["data"]]
        assert page["last_id"] == seen[-1]
        if not page["has_more"]:
            break
        after = {"after": page["last_id"]}
        session(service_key=made[0])  # what comes meanwhile is newer
    assert len(seen) == len(set(seen)) == 7


def test_the_list_can_be_narrowed(demo):
    carol = signed_in("carol")
    running, unused, bobs = ticket_for(), session(), session("bob")
    redeem(handshake=handshake(running.ticket))
    assert shown(carol.get(ALL, {"state": "active"})) == [str(running.binding.pk)]
    assert shown(carol.get(ALL, {"user": "bob"})) == [str(bobs.pk)]
    assert shown(carol.get(ALL, {"role": "customer_support", "state": "pending"})) == [str(unused.pk)]
    assert shown(carol.get(ALL, {"user": "nobody"})) == []


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ({"state": "open"}, "invalid_value", "state"),
        ({"limit": "0"}, "invalid_value", "limit"),
        ({"limit": "101"}, "invalid_value", "limit"),
        ({"limit": "٣"}, "invalid_value", "limit"),
        ({"after": "x"}, "invalid_value", "after"),
        ({"after": NOBODYS}, "invalid_value", "after"),
        ({"user": ""}, "invalid_value", "user"),
        ({"user": "a\0"}, "invalid_value", "user"),
        ({"role": ["a", "b"]}, "invalid_value", "role"),
        ({"since": "1"}, "unknown_parameter", "since"),
    ],
)
def test_a_bad_question_is_told_what_is_wrong_with_it(application, query, code, param):
    found = error(application.get(ALL, query), 400)
    assert (found["code"], found["param"]) == (code, param)


def test_a_page_cannot_begin_at_another_s_session(demo):
    theirs = session("bob")
    error(signed_in("alice").get(ALL, {"after": str(theirs.pk)}), 400)


# -- the end


def test_whose_session_it_is_ends_it(made, application, records):
    mine, keyed = session(), session("bob", service_key=made[0])
    for client, row, who in ((signed_in("alice"), mine, "alice"), (application, keyed, "shop")):
        found = post(client, f"{one(row)}/end", {"reason": f"done, says {who}"}).json()
        assert (found["state"], found["end_reason"]) == ("ended", "revoked")
    assert [(each.actor_label, each.reason) for each in records("session.ended")] == [
        ("alice", "done, says alice"),
        ("shop", "done, says shop"),
    ]


def test_ending_twice_is_ending_once(demo, records):
    row, alice = session(), signed_in("alice")
    for _ in range(2):
        assert post(alice, f"{one(row)}/end", {"reason": "x"}).json()["state"] == "ended"
    assert len(records("session.ended")) == 1


def test_seeing_all_is_not_ending_all(demo):
    row = session()
    oscar = staff("view_sessionbinding")
    assert oscar.get(one(row)).status_code == 200
    error(post(oscar, f"{one(row)}/end", {"reason": "x"}), 404)
    assert post(oscar, END, {"user": "alice", "reason": "x"}).json() == {"object": "session.end", "ended": 0}
    row.refresh_from_db()
    assert row.state == "pending"


def test_many_are_ended_by_user_role_and_provider(demo, records):
    session(), session(), session("bob"), session("carol")
    carol = signed_in("carol")
    assert post(carol, END, {"role": "customer_support", "user": "bob", "reason": "x"}).json()["ended"] == 0
    assert post(carol, END, {"role": "customer_support", "reason": "x"}).json()["ended"] == 2
    assert post(carol, END, {"user": "bob", "reason": "x"}).json()["ended"] == 1
    assert post(carol, END, {"provider": "sandbox", "reason": "rest"}).json()["ended"] == 1
    assert len(records("session.ended")) == 4


def test_an_application_ends_its_own_sessions_only(made, application):
    session("bob", service_key=made[0]), session("bob")
    other = create_service_key(actor=TESTER, name="other")[0]
    session("bob", service_key=other)
    assert post(application, END, {"user": "bob", "reason": "x"}).json()["ended"] == 1
    assert SessionBinding.objects.get(state="ended").service_key == made[0]


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "user"),
        ({"reason": "x"}, "missing_required_parameter", "user"),
        ({"user": "alice"}, "missing_required_parameter", "reason"),
        ({"user": "alice", "reason": " "}, "invalid_value", "reason"),
        ({"user": "alice", "reason": "x" * 501}, "invalid_value", "reason"),
        ({"user": "alice", "reason": 7}, "invalid_value", "reason"),
        ({"user": "alice", "reason": "a\0"}, "invalid_value", "reason"),
        ({"user": ["alice"], "reason": "x"}, "invalid_value", "user"),
        ({"user": None, "reason": "x"}, "invalid_value", "user"),
        ({"everything": True, "reason": "x"}, "unknown_parameter", "everything"),
    ],
)
def test_a_bad_order_ends_nothing_and_is_told_why(demo, body, code, param):
    session()
    found = error(post(signed_in("carol"), END, body), 400)
    assert (found["code"], found["param"]) == (code, param)
    assert found["message"]
    assert SessionBinding.objects.get().state == "pending"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x", "force": True}])
def test_a_single_end_needs_a_reason_and_nothing_else(demo, body):
    row = session()
    error(post(signed_in("alice"), f"{one(row)}/end", body), 400)
    row.refresh_from_db()
    assert row.state == "pending"


def test_what_is_no_id_is_no_address(demo):
    assert error(signed_in("alice").get(f"{ALL}/{uuid.uuid4().hex[:8]}"), 404)["code"] == "unknown_url"
