from __future__ import annotations

import asyncio
import json

import pytest
from cryptography.fernet import Fernet

from audit.actors import system
from controlplane import document
from controlplane.models import PolicyVersion, Role
from controlplane.operations.policy import publish_policy
from controlplane.operations.rows import retire
from guard.ports import Unavailable
from tests.people import TESTER

URL = "https://opa.example.com/v1/data/sallyport/allow"
KEY = "opa-key-0123456789"


@pytest.fixture
def asked(demo):
    """A role whose engine wants a key."""
    role = Role.objects.get(name="analyst")
    role.engine_url = URL
    role.set_key(KEY)
    role.save()
    return role


def key_of(control, role="analyst", url=URL):
    return asyncio.run(control.engine_key(role, url))


def test_the_key_of_an_engine_comes_in_clear(control, asked):
    assert key_of(control) == KEY
    assert (asked.has_key, asked.key_last4) == (True, "6789")


def test_a_key_is_only_for_the_role_and_the_address_that_it_was_entered_for(control, asked):
    Role.objects.filter(name="customer_support").update(engine_url=URL)
    assert key_of(control, role="customer_support") == ""
    assert key_of(control, url="https://elsewhere.example.com/v1/data/x") == ""
    assert key_of(control, role="nobody") == ""


def test_a_role_out_of_use_shows_no_key(control, asked):
    retire(actor=TESTER, row=asked, reason="test")
    assert key_of(control) == ""


def test_a_key_that_no_longer_decrypts_is_unavailable(control, asked, settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(Unavailable, match="enter it again") as failure:
        key_of(control)
    assert KEY not in str(failure.value)


@pytest.mark.django_db
def test_no_version_and_no_export_holds_the_key_or_its_end(asked):
    before = document.current()
    asked.set_key("another-key-4321")
    asked.save()
    assert document.current() == before, "a key is no policy"
    publish_policy(actor=system("test"))
    assert "engine_key" not in json.dumps([v.document for v in PolicyVersion.objects.all()])
