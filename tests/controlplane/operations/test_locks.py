from __future__ import annotations

import pytest

from audit.actors import Actor, of_user
from controlplane.models import Epoch, Lock
from controlplane.operations.locks import (
    BadTarget,
    SecondPerson,
    concerned,
    lift_lock,
    locked_tools,
    locks_on,
    raise_lock,
)
from controlplane.operations.reasons import BadReason
from tests.people import TESTER, ticket_for, user


def test_a_lock_is_recorded_and_rung(demo, records):
    before = Epoch.objects.get().value
    raise_lock(actor=TESTER, kind="user", target="alice", reason="incident 7")
    assert Epoch.objects.get().value == before + 1
    (record,) = records("lock.raised")
    assert record.reason == "incident 7"
    assert (record.fields["target_kind"], record.fields["target"]) == ("user", "alice")


def test_locking_twice_is_one_lock_and_one_record(demo, records):
    first = raise_lock(actor=TESTER, kind="everything", reason="incident")
    assert raise_lock(actor=TESTER, kind="everything", reason="again") == first
    assert Lock.objects.count() == len(records("lock.raised")) == 1


def test_a_lifted_lock_holds_no_more_and_can_be_raised_again(demo, records):
    lock = raise_lock(actor=TESTER, kind="tool", target="refund_order", reason="misuse")
    assert locked_tools() == {"refund_order"}
    assert lift_lock(actor=TESTER, lock=lock, reason="checked") is True
    assert lift_lock(actor=TESTER, lock=lock, reason="again") is False
    assert locked_tools() == frozenset()
    assert len(records("lock.lifted")) == 1
    assert raise_lock(actor=TESTER, kind="tool", target="refund_order", reason="again").pk != lock.pk


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("user", "nobody"),
        ("role", "customer"),
        ("tool", "launch_rocket"),
        ("provider", "acme"),
        ("session", "not-an-id"),
        ("session", "00000000-0000-4000-8000-000000000000"),
        ("everything", "alice"),
        ("planet", "earth"),
        ("user", ""),
    ],
)
def test_there_must_be_something_to_lock(demo, kind, target):
    with pytest.raises(BadTarget, match=r"kind|target"):
        raise_lock(actor=TESTER, kind=kind, target=target, reason="incident")
    assert not Lock.objects.exists()


def test_a_session_is_locked_by_the_spelling_that_will_match(demo):
    session = str(ticket_for().binding.pk)
    with pytest.raises(BadTarget):
        raise_lock(actor=TESTER, kind="session", target=session.upper(), reason="incident")
    raise_lock(actor=TESTER, kind="session", target=session, reason="incident")
    assert locks_on(session=session).exists()


@pytest.mark.parametrize("reason", [" ", "x" * 501])
def test_a_lock_needs_a_reason_and_so_does_its_end(demo, reason):
    with pytest.raises(BadReason, match="reason"):
        raise_lock(actor=TESTER, kind="everything", reason=reason)
    lock = raise_lock(actor=TESTER, kind="role", target="admin", reason="incident")
    with pytest.raises(BadReason, match="reason"):
        lift_lock(actor=TESTER, lock=lock, reason=reason)
    assert locks_on(role="admin").exists()


def test_everything_is_unlocked_by_somebody_else_than_who_locked_it(demo, records):
    carol, dana = of_user(user("carol")), of_user(user("dana"))
    lock = raise_lock(actor=carol, kind="everything", reason="incident")
    with pytest.raises(SecondPerson, match="somebody else"):
        lift_lock(actor=carol, lock=lock, reason="over")
    assert locks_on().exists()
    (denied,) = records("admin.denied")
    assert (denied.actor_label, denied.outcome, denied.subject) == ("carol", "deny", f"lock:{lock.pk}")
    assert lift_lock(actor=dana, lock=lock, reason="over") is True
    assert (records("lock.lifted")[0].actor_label, records("lock.lifted")[0].rule) == ("dana", "")


def test_another_name_makes_nobody_another_person(demo):
    carol = user("carol")
    lock = raise_lock(actor=of_user(carol), kind="everything", reason="incident")
    carol.username = "caroline"
    carol.save()
    with pytest.raises(SecondPerson):
        lift_lock(actor=of_user(carol), lock=lock, reason="over")
    with pytest.raises(SecondPerson):
        lift_lock(actor=Actor("system", "lock", "carol"), lock=lock, reason="over")


def test_who_is_alone_can_say_so_and_that_is_on_record(demo, records):
    lock = raise_lock(actor=TESTER, kind="everything", reason="incident")
    assert lift_lock(actor=TESTER, lock=lock, reason="over", alone=True) is True
    assert [record.rule for record in records("lock.lifted")] == ["alone"]


def test_other_locks_are_lifted_by_anybody_who_may(demo):
    lock = raise_lock(actor=TESTER, kind="user", target="alice", reason="incident")
    assert lift_lock(actor=TESTER, lock=lock, reason="over") is True


@pytest.mark.parametrize(
    ("kind", "target", "names"),
    [
        ("everything", "", ["alice", "bob", "carol"]),
        ("user", "alice", ["alice"]),
        ("role", "analyst", ["bob"]),
        ("provider", "sandbox", ["alice", "bob", "carol"]),
        ("tool", "refund_order", ["carol"]),
    ],
)
def test_whom_a_lock_would_concern_can_be_asked_before(demo, kind, target, names):
    ended = ticket_for("alice").binding
    type(ended).objects.filter(pk=ended.pk).update(
        state="ended", ended_at=ended.created_at, end_reason="idle"
    )
    ticket_for("alice"), ticket_for("bob"), ticket_for("carol")
    assert sorted(row.user.username for row in concerned(kind, target)) == names
    with pytest.raises(BadTarget):
        concerned(kind, "nobody of that name")


def test_a_lock_on_a_session_concerns_that_one(demo):
    one, _ = ticket_for().binding, ticket_for()
    assert list(concerned("session", str(one.pk))) == [one]


def test_a_lock_concerns_its_own_kind_only(demo):
    raise_lock(actor=TESTER, kind="role", target="admin", reason="incident")
    assert locks_on(role="admin").exists()
    assert not locks_on(user="admin", provider="admin", session="admin", role="analyst").exists()


def test_a_lock_on_everything_concerns_everybody(demo):
    raise_lock(actor=TESTER, kind="everything", reason="incident")
    assert locks_on(user="alice").exists()
    assert locks_on().exists()
