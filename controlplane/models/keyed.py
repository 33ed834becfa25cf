"""Rows that hold the key of another service. The key goes in and never comes out, except to be sent there."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from controlplane import encryption


def _ciphertext() -> models.BinaryField:
    return models.BinaryField(
        "encrypted key", null=True, editable=False, help_text="Encrypted with ENCRYPTION_KEYS; never shown."
    )


def _last4() -> models.CharField:
    return models.CharField(
        "end of the key",
        max_length=4,
        blank=True,
        editable=False,
        help_text="The last four characters, to recognise it.",
    )


class HoldsKey(models.Model):
    """``key_name``: what the key is called, on forms and on record; its two columns begin with that."""

    key_name: ClassVar[str]

    class Meta:
        abstract = True

    def set_key(self, secret: str) -> None:
        """Store ``secret`` encrypted; empty removes it. The caller saves."""
        setattr(self, f"{self.key_name}_ciphertext", encryption.encrypt(secret) if secret else None)
        # Four characters of a short key would be most of it.
        setattr(self, f"{self.key_name}_last4", secret[-4:] if len(secret) >= 12 else "")

    @property
    def has_key(self) -> bool:
        return bool(getattr(self, f"{self.key_name}_ciphertext"))

    @property
    def key_last4(self) -> str:
        return str(getattr(self, f"{self.key_name}_last4"))

    def key(self) -> str:
        """In clear, for dialling only; "" when there is none. Raises ``encryption.Undecryptable``."""
        stored = getattr(self, f"{self.key_name}_ciphertext")
        return encryption.decrypt(bytes(stored)) if stored else ""


class Keyed(HoldsKey):
    """The row is the service."""

    key_name = "api_key"
    api_key_ciphertext = _ciphertext()
    api_key_last4 = _last4()

    class Meta:
        abstract = True

    def set_api_key(self, secret: str) -> None:
        self.set_key(secret)

    def api_key(self) -> str:
        return self.key()


class EngineKeyed(HoldsKey):
    """The row names a decision engine."""

    key_name = "engine_key"
    engine_key_ciphertext = _ciphertext()
    engine_key_last4 = _last4()

    class Meta:
        abstract = True
