from __future__ import annotations

import base64

import pytest
from standardwebhooks import Webhook

from controlplane.signing import fault_in, new_secret


def test_a_new_secret_is_good_and_never_the_same():
    one, other = new_secret(), new_secret()
    assert one != other
    assert fault_in(one) == ""
    Webhook(one)


def secret(size):
    return "whsec_" + base64.b64encode(b"x" * size).decode()


@pytest.mark.parametrize("size", [24, 64])
def test_secrets_of_a_usual_size_are_good(size):
    assert fault_in(secret(size)) == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sk-live-abcdefgh1234", "must be a signing secret"),
        ("whsec_not base64", "must be base64"),
        ("whsec_abc", "must be base64"),
        ("whsec_", "must hold 24 to 64 bytes"),
        (secret(23), "must hold 24 to 64 bytes"),
        (secret(65), "must hold 24 to 64 bytes"),
    ],
)
def test_other_secrets_are_refused_with_a_sentence(given, said):
    assert said in fault_in(given)
