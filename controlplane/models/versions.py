"""Which policy was in force when, and the counter that tells running sessions to look again."""

from __future__ import annotations

from django.db import models


class PolicyVersion(models.Model):
    """An immutable snapshot of every role, tool, grant, pattern and provider. Sessions run on these, never on
    rows that someone is just editing; a trigger refuses UPDATE and DELETE."""

    number = models.PositiveIntegerField(
        "number", unique=True, help_text="Counts up by one; verdicts and records name it."
    )
    document = models.JSONField("document", help_text="The whole policy; no secrets in it.")
    digest = models.CharField(
        "digest",
        max_length=64,
        help_text="SHA-256 (hex) of the document as canonical JSON: sorted keys, no spaces.",
    )
    created_by = models.CharField("created by", max_length=200, help_text="Who made the change.")
    created_at = models.DateTimeField("created at", auto_now_add=True, help_text="When it came into force.")
    reason = models.CharField("reason", max_length=500, blank=True, help_text="What was changed, or why.")

    class Meta:
        ordering = ("-number",)
        get_latest_by = "number"
        verbose_name = "policy version"
        verbose_name_plural = "policy versions"
        constraints = (
            models.CheckConstraint(name="policy_version_counts_from_one", condition=models.Q(number__gte=1)),
            models.CheckConstraint(
                name="policy_version_digest_is_sha256_in_hex",
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"),
            ),
        )

    def __str__(self) -> str:
        return f"policy {self.number}"


class Epoch(models.Model):
    """One row. Grows in the same transaction as everything that may concern a running session; each process
    reads it every two seconds, because the channel layer may lose a nudge without a word (M9)."""

    value = models.BigIntegerField("value", default=0, help_text="Grows with every change.")
    fault = models.CharField(
        "fault",
        max_length=500,
        blank=True,
        default="",
        help_text="Why the rows as they are now are not in force. Empty: they are.",
    )

    class Meta:
        verbose_name = "epoch"
        verbose_name_plural = "epoch"
        constraints = (models.CheckConstraint(name="there_is_one_epoch", condition=models.Q(id=1)),)

    def __str__(self) -> str:
        return str(self.value)
