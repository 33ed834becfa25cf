from __future__ import annotations

from datetime import timedelta

import pytest

from controlplane.models import Epoch, ServiceKey
from controlplane.operations.admission import redeem
from controlplane.operations.keys import (
    NotReplaceable,
    create_service_key,
    key_for,
    revoke_service_key,
    rotate_service_key,
)
from controlplane.operations.reasons import BadReason
from controlplane.operations.standing import bar_on
from tests.people import TESTER, handshake, ticket_for


@pytest.fixture
def made(demo):
    return create_service_key(actor=TESTER, name="shop")


def test_the_key_is_shown_once_and_kept_as_a_digest(made, records):
    key, secret = made
    assert secret.startswith("sp_")
    assert secret[3:] not in repr(ServiceKey.objects.values().get())
    assert secret[3:] not in repr([vars(record) for record in records()])
    (record,) = records("service_key.created")
    assert record.fields == {"name": "shop", "last4": secret[-4:], "key_id": key.pk}


def test_a_key_is_found_by_its_secret_and_its_use_is_noted(made):
    key, secret = made
    assert key_for(secret) == key
    key.refresh_from_db()
    assert key.last_used_at is not None


@pytest.mark.parametrize("secret", ["", "sp_", "sp_wrong", "sk-other"])
def test_other_secrets_find_nothing(made, secret):
    assert key_for(secret) is None


def test_a_ticket_is_no_service_key(made):
    assert key_for(ticket_for().ticket) is None


def test_a_revoked_key_is_refused_from_then_on(made, records):
    key, secret = made
    assert revoke_service_key(actor=TESTER, key=key, reason="leaked") is True
    assert key_for(secret) is None
    assert revoke_service_key(actor=TESTER, key=key, reason="leaked") is False
    assert [record.reason for record in records("service_key.revoked")] == ["leaked"]


def test_what_runs_and_what_was_not_used_yet_ends_with_the_key(made, records):
    key, _ = made
    redeem(handshake=handshake(ticket_for(service_key=key).ticket))
    ticket_for(service_key=key), ticket_for()
    before = Epoch.objects.get().value
    revoke_service_key(actor=TESTER, key=key, reason="leaked")
    assert list(key.bindings.values_list("state", "end_reason")) == [("ended", "revoked")] * 2
    assert [record.reason for record in records("session.ended")] == ["leaked"] * 2
    assert Epoch.objects.get().value > before


def test_a_ticket_that_is_minted_while_its_key_is_revoked_opens_nothing(made):
    """Of two transactions at once neither sees the other's rows."""
    key, _ = made
    revoke_service_key(actor=TESTER, key=key, reason="leaked")
    late = ticket_for(service_key=key).binding
    assert bar_on(type(late).objects.get(pk=late.pk)).rule == "service_key_revoked"


def test_revoking_needs_a_reason(made):
    with pytest.raises(BadReason):
        revoke_service_key(actor=TESTER, key=made[0], reason=" ")
    assert key_for(made[1]) == made[0]


DAY = timedelta(days=1)


def test_a_key_that_is_replaced_works_until_its_overlap_is_over(made, records):
    old, secret = made
    ticket = ticket_for(service_key=old)
    new, new_secret = rotate_service_key(actor=TESTER, key=old, overlap=DAY, reason="yearly")
    assert (new.name, new.replaces) == ("shop", old)
    assert (key_for(secret), key_for(new_secret)) == (old, new)
    ServiceKey.objects.filter(pk=old.pk).update(expires_at=old.expires_at - DAY)
    assert (key_for(secret), key_for(new_secret)) == (None, new)
    assert bar_on(ticket.binding) is None, "sessions go on"
    (record,) = records("service_key.rotated")
    assert (record.reason, record.fields["successor"]) == ("yearly", new.pk)
    assert record.fields["key_id"] == old.pk
    assert new_secret[3:] not in repr([vars(record) for record in records()])


def test_without_an_overlap_the_old_key_is_refused_at_once(made):
    old, secret = made
    rotate_service_key(actor=TESTER, key=old, overlap=timedelta(), reason="leaked")
    assert key_for(secret) is None


def test_the_sessions_of_a_replaced_key_end_if_that_is_asked_for(made):
    redeem(handshake=handshake(ticket_for(service_key=made[0]).ticket))
    rotate_service_key(actor=TESTER, key=made[0], overlap=DAY, reason="leaked", ends_sessions=True)
    assert made[0].bindings.get().end_reason == "revoked"


@pytest.mark.parametrize("overlap", [-timedelta(seconds=1), timedelta(days=7, seconds=1)])
def test_an_overlap_is_a_week_at_most(made, overlap):
    with pytest.raises(NotReplaceable, match="overlap"):
        rotate_service_key(actor=TESTER, key=made[0], overlap=overlap, reason="yearly")
    assert ServiceKey.objects.count() == 1


def test_a_key_is_replaced_once_and_a_revoked_one_never(made):
    old, _ = made
    new, _ = rotate_service_key(actor=TESTER, key=old, overlap=DAY, reason="yearly")
    revoke_service_key(actor=TESTER, key=new, reason="leaked")
    for key in (old, new):
        with pytest.raises(NotReplaceable, match="already"):
            rotate_service_key(actor=TESTER, key=key, overlap=DAY, reason="again")
    assert ServiceKey.objects.count() == 2


def test_a_key_needs_a_name(db):
    with pytest.raises(ValueError, match="name"):
        create_service_key(actor=TESTER, name="  ")
