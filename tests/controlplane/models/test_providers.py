from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from controlplane import encryption
from controlplane.models import Provider

SECRET = "sk-provider-secret-0123456789"


def provider(**values):
    return Provider(
        **{"name": "p", "url": "wss://api.example.com/v1/realtime", "model_names": ["m"], **values}
    )


def test_the_key_is_encrypted_at_rest_and_comes_back_for_dialling(db):
    row = provider()
    row.set_api_key(SECRET)
    row.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM controlplane_provider")
        stored = cursor.fetchone()
    assert SECRET not in repr([bytes(v) if isinstance(v, memoryview) else v for v in stored])
    assert Provider.objects.get().api_key() == SECRET
    assert row.api_key_last4 == "6789"


def test_a_short_key_shows_nothing_of_itself(db):
    row = provider()
    row.set_api_key("abcd1234")
    assert row.api_key_last4 == ""


def test_no_key_is_an_empty_string(db):
    row = provider()
    row.set_api_key(SECRET)
    row.set_api_key("")
    assert row.api_key() == ""


def test_an_old_key_still_decrypts_after_rotation(settings):
    sealed = encryption.encrypt(SECRET)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    assert encryption.decrypt(sealed) == SECRET


def test_a_lost_encryption_key_says_what_to_do_and_nothing_else(settings):
    sealed = encryption.encrypt(SECRET)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(encryption.Undecryptable, match="enter it again") as failure:
        encryption.decrypt(sealed)
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize(
    "url",
    [
        "ws://127.0.0.1:4010/v1/realtime",
        "ws://sandbox:4100/x",
        "ws://10.0.0.5/x",
        "wss://api.openai.com/v1/realtime",
    ],
)
def test_encrypted_or_near_addresses_are_accepted(db, url):
    provider(url=url).full_clean()


@pytest.mark.parametrize(
    "url",
    [
        "ws://api.openai.com/v1/realtime",
        "https://api.openai.com/v1/realtime",
        "wss://",
        "wss://user:key@api.openai.com/v1",
        "wss://api.openai.com/v1?api-key=x",
        "ws://8.8.8.8/x",
    ],
)
def test_addresses_that_would_leak_the_key_are_refused_at_the_field(db, url):
    with pytest.raises(ValidationError) as refused:
        provider(url=url).full_clean()
    assert "url" in refused.value.message_dict


def test_only_one_provider_is_the_default(db):
    provider(is_default=True).save()
    with pytest.raises(IntegrityError, match="only_one_provider_is_the_default"):
        provider(name="q", is_default=True).save()
