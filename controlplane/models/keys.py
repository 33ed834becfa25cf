"""What the application's backend authenticates with."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact


class ServiceKey(models.Model):
    """Lets a backend ask for tickets in the name of users. Only the SHA-256 is kept: the key is shown
    once."""

    name = models.CharField("name", max_length=100, help_text="Which application uses it.")
    digest = models.BinaryField(
        "digest", max_length=32, unique=True, editable=False, help_text="SHA-256 of the key."
    )
    last4 = models.CharField(
        "end of the key", max_length=4, editable=False, help_text="To recognise it in a list."
    )
    created_by = models.CharField("created by", max_length=200, editable=False, help_text="Who created it.")
    created_at = models.DateTimeField("created at", auto_now_add=True, help_text="When it was created.")
    last_used_at = models.DateTimeField(
        "last used at", null=True, blank=True, editable=False, help_text="To the minute. Empty: never used."
    )
    revoked_at = models.DateTimeField(
        "revoked at", null=True, blank=True, editable=False, help_text="From then on it is refused."
    )
    replaces = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="replaced_by",
        verbose_name="replaces",
        help_text="The key that this one was made in place of.",
    )
    expires_at = models.DateTimeField(
        "expires at",
        null=True,
        blank=True,
        editable=False,
        help_text="A key that was replaced is refused from then on. Empty: it does not expire.",
    )

    class Meta:
        ordering = ("name", "-created_at")
        verbose_name = "service key"
        verbose_name_plural = "service keys"
        constraints = (
            models.CheckConstraint(
                name="service_key_digest_has_32_bytes", condition=Exact(Length("digest"), 32)
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} (…{self.last4})"
