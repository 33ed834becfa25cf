from __future__ import annotations

import pytest
from django.test import Client

from controlplane.models import Lock
from controlplane.operations.keys import create_service_key
from controlplane.operations.locks import raise_lock
from tests.controlplane.views.asking import error, post, signed_in, staff
from tests.people import TESTER, ticket_for

ALL = "/api/locks"


@pytest.fixture
def carol(demo):
    return signed_in("carol")


def lift(client, lock_id, body=None):
    return post(client, f"{ALL}/{lock_id}/lift", {"reason": "over"} if body is None else body)


def test_a_lock_is_raised_shown_and_lifted(carol, records):
    ticket_for()
    raised = post(carol, ALL, {"kind": "role", "target": "customer_support", "reason": "incident"})
    assert (raised.status_code, raised["Cache-Control"]) == (200, "no-store")
    found = raised.json()
    assert found.pop("sessions") == 1
    assert (found["object"], found["kind"], found["target"]) == ("lock", "role", "customer_support")
    assert (found["raised_by"], found["reason"], found["lifted_at"]) == ("carol", "incident", None)
    assert carol.get(ALL).json()["data"] == [found]
    lifted = lift(carol, found["id"]).json()
    assert (lifted["lifted_by"], lifted["lifted_at"] is not None) == ("carol", True)
    assert [each.reason for each in records("lock.raised", "lock.lifted")] == ["incident", "over"]


def test_the_list_can_be_narrowed_and_paged(carol):
    locks = [
        raise_lock(actor=TESTER, kind="user", target=who, reason="x") for who in ("alice", "bob", "dana")
    ]
    tool = raise_lock(actor=TESTER, kind="tool", target="refund_order", reason="x")
    lift(carol, tool.pk)

    def ids(**query):
        return [row["id"] for row in carol.get(ALL, query).json()["data"]]

    assert ids(state="lifted") == ids(kind="tool") == [tool.pk]
    assert ids(state="holds") == [lock.pk for lock in reversed(locks)]
    assert ids(state="holds", limit=2, after=str(locks[1].pk)) == [locks[0].pk]


@pytest.mark.parametrize(
    ("query", "param"), [({"state": "x"}, "state"), ({"kind": "x"}, "kind"), ({"after": "9" * 30}, "after")]
)
def test_a_bad_question_is_told_what_is_wrong_with_it(carol, query, param):
    assert error(carol.get(ALL, query), 400)["param"] == param


def test_everything_is_unlocked_by_somebody_else(carol, records):
    lock = post(carol, ALL, {"kind": "everything", "reason": "incident"}).json()
    assert error(lift(carol, lock["id"]), 403)["code"] == "second_person_required"
    assert Lock.objects.get().lifted_at is None
    assert [each.actor_label for each in records("admin.denied")] == ["carol"]
    assert records("access.denied") == [], "once is enough"
    assert lift(staff("change_lock"), lock["id"]).status_code == 200


@pytest.mark.parametrize(
    ("permission", "statuses"),
    [("view_lock", [200, 403, 403]), ("add_lock", [403, 200, 403]), ("change_lock", [403, 403, 200])],
)
def test_each_step_needs_its_permission(demo, records, permission, statuses):
    lock = raise_lock(actor=TESTER, kind="user", target="bob", reason="x")
    oscar = staff(permission)
    answers = [
        oscar.get(ALL),
        post(oscar, ALL, {"kind": "user", "target": "alice", "reason": "x"}),
        lift(oscar, lock.pk),
    ]
    assert [answer.status_code for answer in answers] == statuses
    assert len(records("access.denied", rule="permission_missing", actor_label="oscar")) == 2


def test_locks_are_nothing_for_users_and_applications(demo):
    secret = create_service_key(actor=TESTER, name="shop")[1]
    as_carol = {"Authorization": f"Bearer {secret}", "Sallyport-User": "carol"}
    for client in (signed_in("alice"), Client(headers=as_carol)):
        assert error(client.get(ALL), 403)["code"] == "permission_missing"
        assert error(post(client, ALL, {"kind": "everything", "reason": "x"}), 403)
    assert not Lock.objects.exists()


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"reason": "x"}, "missing_required_parameter", "kind"),
        ({"kind": "user", "target": "alice"}, "missing_required_parameter", "reason"),
        ({"kind": "user", "target": "alice", "reason": "  "}, "invalid_value", "reason"),
        ({"kind": "user", "target": "nobody", "reason": "x"}, "invalid_value", "target"),
        ({"kind": "user", "reason": "x"}, "invalid_value", "target"),
        ({"kind": "everything", "target": "alice", "reason": "x"}, "invalid_value", "target"),
        ({"kind": "planet", "target": "earth", "reason": "x"}, "invalid_value", "kind"),
        ({"kind": "session", "target": "a" * 151, "reason": "x"}, "invalid_value", "target"),
        ({"kind": ["user"], "target": "alice", "reason": "x"}, "invalid_value", "kind"),
        ({"kind": "user", "target": "alice", "reason": "x", "until": 1}, "unknown_parameter", "until"),
    ],
)
def test_a_bad_lock_is_told_which_field_and_which_rule(carol, body, code, param):
    found = error(post(carol, ALL, body), 400)
    assert (found["code"], found["param"]) == (code, param)
    assert not Lock.objects.exists()


def test_a_lock_that_is_not_there_cannot_be_lifted(carol, records):
    for lock_id in (1, 2**70):
        assert error(lift(carol, lock_id), 404)["code"] == "not_found"
    lock = raise_lock(actor=TESTER, kind="user", target="bob", reason="x")
    assert error(lift(carol, lock.pk, {}), 400)["param"] == "reason"
    assert len(records("access.denied")) == 2
