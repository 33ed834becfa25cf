"""What was used up and how often somebody came: counts that no restart, and no flush of Redis, may reset."""

from __future__ import annotations

from django.db import models

from controlplane.models.users import User


class DailyUse(models.Model):
    """What one user has used up on one day (UTC), over all sessions."""

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="daily_use", verbose_name="user", help_text="Whose."
    )
    day = models.DateField("day", help_text="By the database's clock, UTC.")
    milliseconds = models.PositiveBigIntegerField(
        "connected", default=0, help_text="Milliseconds of all sessions together."
    )
    tokens = models.PositiveBigIntegerField("tokens", default=0, help_text="As the provider counted them.")
    audio_milliseconds = models.PositiveBigIntegerField(
        "speech", default=0, help_text="Milliseconds of the model's speech."
    )
    micros = models.PositiveBigIntegerField(
        "cost", default=0, help_text="In millionths of the currency of the provider's prices."
    )

    class Meta:
        verbose_name = "daily use"
        verbose_name_plural = "daily use"
        constraints = (models.UniqueConstraint(fields=("user", "day"), name="use_is_counted_once_per_day"),)

    def __str__(self) -> str:
        return f"{self.user} on {self.day}"


class CreationCount(models.Model):
    """Tickets that were asked for within one minute: by a user, with a service key, from an address, or by anybody."""

    class Scope(models.TextChoices):
        USER = "user", "a user"
        SERVICE_KEY = "service_key", "a service key"
        ADDRESS = "address", "an address"
        EVERYBODY = "everybody", "everybody"

    scope = models.CharField("scope", max_length=16, choices=Scope, help_text="Who is counted.")
    subject = models.CharField("subject", max_length=64, blank=True, help_text="Which one. Empty: all.")
    minute = models.DateTimeField("minute", help_text="Its beginning, by the database's clock.")
    count = models.PositiveIntegerField("count", default=0, help_text="Tickets asked for in that minute.")

    class Meta:
        verbose_name = "creation count"
        verbose_name_plural = "creation counts"
        constraints = (
            models.UniqueConstraint(
                fields=("scope", "subject", "minute"), name="creations_are_counted_once_per_minute"
            ),
        )

    def __str__(self) -> str:
        return f"{self.scope} {self.subject} at {self.minute}"
