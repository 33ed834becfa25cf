"""Rows that hold the key of another service. The key goes in and never comes out, except to be sent there."""

from __future__ import annotations

from django.db import models

from controlplane import encryption


class Keyed(models.Model):
    api_key_ciphertext = models.BinaryField(
        "encrypted key", null=True, editable=False, help_text="Encrypted with ENCRYPTION_KEYS; never shown."
    )
    api_key_last4 = models.CharField(
        "end of the key",
        max_length=4,
        blank=True,
        editable=False,
        help_text="The last four characters, to recognise it.",
    )

    class Meta:
        abstract = True

    def set_api_key(self, secret: str) -> None:
        """Store ``secret`` encrypted; empty removes it. The caller saves."""
        self.api_key_ciphertext = encryption.encrypt(secret) if secret else None
        # Four characters of a short key would be most of it.
        self.api_key_last4 = secret[-4:] if len(secret) >= 12 else ""

    def api_key(self) -> str:
        """The key in clear, for dialling only; "" when there is none. Raises ``encryption.Undecryptable``."""
        return encryption.decrypt(bytes(self.api_key_ciphertext)) if self.api_key_ciphertext else ""
