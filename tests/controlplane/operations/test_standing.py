from __future__ import annotations

import pytest

from controlplane.models import Provider, Role, SessionBinding
from controlplane.operations.admission import redeem
from controlplane.operations.keys import create_service_key, revoke_service_key
from controlplane.operations.locks import lift_lock, raise_lock
from controlplane.operations.people import disable_user, log_out_everywhere, remove_role
from controlplane.operations.standing import bar_on, barred
from tests.people import TESTER, handshake, ticket_for, user


def lock(kind, target):
    raise_lock(actor=TESTER, kind=kind, target=target, reason="drill")


WAYS = {
    "nothing": lambda row: None,
    "a lock on it": lambda row: lock("session", str(row.pk)),
    "a lock on the user": lambda row: lock("user", "alice"),
    "a lock on the role": lambda row: lock("role", row.role.name),
    "a lock on the provider": lambda row: lock("provider", row.provider.name),
    "a lock on everything": lambda row: lock("everything", ""),
    "a lock on a tool": lambda row: lock("tool", "refund_order"),
    "a lock on another": lambda row: lock("user", "bob"),
    "a lock that was lifted": lambda row: lift_lock(
        actor=TESTER,
        lock=raise_lock(actor=TESTER, kind="user", target="alice", reason="drill"),
        reason="over",
    ),
    "a retired role": lambda row: Role.objects.filter(pk=row.role.pk).update(retired_at=row.created_at),
    "a retired provider": lambda row: Provider.objects.filter(pk=row.provider.pk).update(
        retired_at=row.created_at
    ),
    "a role without record": lambda row: row.user.roles.clear(),
    "a user out of office": lambda row: type(row.user).objects.filter(pk=row.user.pk).update(is_active=False),
    "a revoked key": lambda row: type(row.service_key).objects.update(revoked_at=row.created_at),
}


@pytest.mark.parametrize("way", WAYS)
def test_of_many_sessions_the_same_ones_may_not_go_on_as_one_by_one(demo, way):
    key = create_service_key(actor=TESTER, name="shop")[0]
    mine, other = ticket_for(service_key=key), ticket_for("carol")
    redeem(handshake=handshake(mine.ticket)), redeem(handshake=handshake(other.ticket))
    WAYS[way](SessionBinding.objects.get(pk=mine.binding.pk))
    rows = SessionBinding.objects.filter(pk__in=[mine.binding.pk, other.binding.pk])
    one_by_one = {str(row.pk): bar for row in rows if (bar := bar_on(row)) is not None}
    assert barred(row.pk for row in rows) == one_by_one
    assert (str(mine.binding.pk) in one_by_one) is (
        way not in ("nothing", "a lock on a tool", "a lock on another", "a lock that was lifted")
    )


@pytest.mark.parametrize("operation", [disable_user, log_out_everywhere, remove_role, revoke_service_key])
def test_what_somebody_has_ended_may_not_go_on(demo, operation):
    key = create_service_key(actor=TESTER, name="shop")[0]
    mine = ticket_for(service_key=key)
    redeem(handshake=handshake(mine.ticket))
    alice, role = user("alice"), mine.binding.role
    about = {"key": key} if operation is revoke_service_key else {"user": alice}
    about |= {"role": role} if operation is remove_role else {}
    operation(actor=TESTER, reason="drill", **about)
    bar = barred([mine.binding.pk])[str(mine.binding.pk)]
    assert (bar.reason, bar.rule) == ("revoked", "ended")


def test_two_questions_are_enough_for_any_number(demo, django_assert_num_queries):
    ids = [redeem(handshake=handshake(ticket_for().ticket)).binding.pk for _ in range(6)]
    lock("role", "customer_support")
    with django_assert_num_queries(2):
        assert len(barred(ids)) == 6
    assert barred([]) == {}
