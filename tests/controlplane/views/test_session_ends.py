from __future__ import annotations

import uuid

import pytest

from controlplane.models import SessionBinding
from controlplane.operations.keys import create_service_key
from tests.controlplane.views.asking import error, post, signed_in, staff
from tests.controlplane.views.session_calls import ALL, END, one, session
from tests.people import TESTER


def test_whose_session_it_is_ends_it(key, application, records):
    mine, keyed = session(), session("bob", service_key=key[0])
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


def test_an_application_ends_its_own_sessions_only(key, application):
    session("bob", service_key=key[0]), session("bob")
    other = create_service_key(actor=TESTER, name="other")[0]
    session("bob", service_key=other)
    assert post(application, END, {"user": "bob", "reason": "x"}).json()["ended"] == 1
    assert SessionBinding.objects.get(state="ended").service_key == key[0]


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
