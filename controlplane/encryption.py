"""Secrets at rest: Fernet with rotation. The first key of ``ENCRYPTION_KEYS`` encrypts, every key
decrypts."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Undecryptable(Exception):
    """None of ``ENCRYPTION_KEYS`` fits. Names no secret."""


def encrypt(secret: str) -> bytes:
    return _fernet().encrypt(secret.encode())


def decrypt(ciphertext: bytes) -> str:
    """Raises ``Undecryptable``."""
    try:
        return _fernet().decrypt(ciphertext).decode()
    except InvalidToken as error:
        raise Undecryptable("no key in ENCRYPTION_KEYS opens this secret; enter it again") from error


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
