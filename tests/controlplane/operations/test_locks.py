from __future__ import annotations

import pytest

from controlplane.models import Epoch, Lock
from controlplane.operations.locks import BadTarget, lift_lock, locked_tools, locks_on, raise_lock
from tests.people import TESTER, ticket_for


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
    assert lift_lock(actor=TESTER, lock=lock) is False
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


def test_a_lock_needs_a_reason(demo):
    with pytest.raises(ValueError, match="reason"):
        raise_lock(actor=TESTER, kind="everything", reason=" ")


def test_a_lock_concerns_its_own_kind_only(demo):
    raise_lock(actor=TESTER, kind="role", target="admin", reason="incident")
    assert locks_on(role="admin").exists()
    assert not locks_on(user="admin", provider="admin", session="admin", role="analyst").exists()


def test_a_lock_on_everything_concerns_everybody(demo):
    raise_lock(actor=TESTER, kind="everything", reason="incident")
    assert locks_on(user="alice").exists()
    assert locks_on().exists()
