"""Kill switches."""

from __future__ import annotations

from django.db import models


class Lock(models.Model):
    """Stops running sessions and refuses new ones. ``target`` is a name (of a user, role, tool or provider)
    or a session id, kept as text: a lock must hold whatever happens to the row that it is about."""

    class Kind(models.TextChoices):
        SESSION = "session", "one session"
        USER = "user", "a user"
        ROLE = "role", "a role"
        TOOL = "tool", "a tool"
        PROVIDER = "provider", "a provider"
        EVERYTHING = "everything", "everything"

    kind = models.CharField("kind", max_length=16, choices=Kind, help_text="What is locked.")
    target = models.CharField(
        "target",
        max_length=150,
        blank=True,
        help_text="Username, name of the role, tool or provider, or session id. Empty for everything.",
    )
    reason = models.CharField("reason", max_length=500, help_text="Why. Goes into the record.")
    created_by = models.CharField("raised by", max_length=200, editable=False, help_text="Who raised it.")
    created_at = models.DateTimeField("raised at", auto_now_add=True, help_text="Since when it holds.")
    lifted_at = models.DateTimeField(
        "lifted at", null=True, blank=True, editable=False, help_text="Until when it held. Empty: it holds."
    )
    lifted_by = models.CharField(
        "lifted by", max_length=200, blank=True, editable=False, help_text="Who lifted it."
    )

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "lock"
        verbose_name_plural = "locks"
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "target"),
                name="one_lock_per_target_holds_at_a_time",
                condition=models.Q(lifted_at=None),
                violation_error_message="This is locked already.",
            ),
            models.CheckConstraint(
                name="lock_has_a_target_unless_it_locks_everything",
                condition=(models.Q(kind="everything") & models.Q(target=""))
                | (~models.Q(kind="everything") & ~models.Q(target="")),
            ),
            models.CheckConstraint(
                name="lifted_lock_says_who_lifted_it",
                condition=models.Q(lifted_at=None, lifted_by="")
                | (models.Q(lifted_at__isnull=False) & ~models.Q(lifted_by="")),
            ),
            models.CheckConstraint(name="lock_has_a_reason", condition=~models.Q(reason="")),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.target}".strip()
