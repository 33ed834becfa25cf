from __future__ import annotations

import pytest

from controlplane.models import ServiceKey
from controlplane.operations.admission import redeem
from controlplane.operations.keys import create_service_key, key_for, revoke_service_key
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
    assert revoke_service_key(actor=TESTER, key=key) is False
    assert [record.reason for record in records("service_key.revoked")] == ["leaked"]


def test_unused_tickets_end_with_their_key_and_running_sessions_go_on(made):
    key, _ = made
    redeem(handshake=handshake(ticket_for(service_key=key).ticket))
    ticket_for(service_key=key), ticket_for()
    revoke_service_key(actor=TESTER, key=key)
    assert sorted(key.bindings.values_list("state", flat=True)) == ["active", "ended"]


def test_a_key_needs_a_name(db):
    with pytest.raises(ValueError, match="name"):
        create_service_key(actor=TESTER, name="  ")
