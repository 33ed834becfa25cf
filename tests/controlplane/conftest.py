from __future__ import annotations

import pytest
from django.test import override_settings


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    """Slow hashes are Django's business and tested there."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield
