"""How often tools were called: counts that no restart may reset."""

from __future__ import annotations

from django.db import models

from controlplane.models.users import User


class DailyCalls(models.Model):
    """Calls of one tool by one user on one day (UTC), over all sessions. By the tool's name: a tool that is retired and
    made anew under another row is the same to whoever set the limit."""

    user = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="daily_calls",
        verbose_name="user",
        help_text="Who called.",
    )
    tool = models.CharField("tool", max_length=64, help_text="Name of the tool.")
    day = models.DateField("day", help_text="By the database's clock, UTC.")
    count = models.PositiveIntegerField("calls", default=0, help_text="Calls that were not denied.")

    class Meta:
        verbose_name = "daily calls"
        verbose_name_plural = "daily calls"
        constraints = (
            models.UniqueConstraint(fields=("user", "tool", "day"), name="calls_are_counted_once_per_day"),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.tool} on {self.day}"
