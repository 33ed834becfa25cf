from __future__ import annotations

import asyncio

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from controlplane.models import Classifier
from guard.ports import Unavailable


def classifier(key="sk-classifier-0123456789", **values):
    row = Classifier(**{"name": "pii", "url": "https://pii.example.com/judge", **values})
    row.set_api_key(key)
    row.save()
    return row


def key_of(control, name="pii", url="https://pii.example.com/judge"):
    return asyncio.run(control.classifier_key(name, url))


def test_the_key_of_a_classifier_comes_in_clear(control):
    classifier()
    assert key_of(control) == "sk-classifier-0123456789"


@pytest.mark.parametrize("values", [{"key": ""}, {"retired_at": timezone.now()}, {"name": "tone"}])
def test_a_classifier_without_a_key_in_use_has_an_empty_one(control, values):
    classifier(**values)
    assert key_of(control) == ""


def test_a_key_is_only_for_the_address_that_it_was_entered_for(control):
    """A session under the policy of a moment ago still asks at the old address."""
    row = classifier()
    row.url = "https://elsewhere.example.com/judge"
    row.set_api_key("sk-elsewhere-0123456789")
    row.save()
    assert key_of(control) == ""
    assert key_of(control, url="https://elsewhere.example.com/judge") == "sk-elsewhere-0123456789"


def test_a_key_that_no_longer_decrypts_is_unavailable(control, settings):
    classifier()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(Unavailable, match="enter it again") as failure:
        key_of(control)
    assert "sk-classifier" not in str(failure.value)
