"""Who may talk to the model."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.models import AbstractUser
from django.db import models, transaction

from audit.actors import Actor, system
from controlplane.models.json import JSONField
from controlplane.models.people import Role
from controlplane.models.retiring import validate_object


class User(AbstractUser):
    """A person. ``public_id`` is what leaves the database; the numeric key never does."""

    public_id = models.UUIDField(
        "public id",
        default=uuid.uuid4,
        unique=True,
        editable=False,
        help_text="Names this user outside the database.",
    )
    attributes = JSONField(
        "attributes",
        default=dict,
        blank=True,
        validators=[validate_object],
        help_text='Facts that rules may use, as a JSON object, for example {"account_id": "acct_42"}.',
    )
    roles = models.ManyToManyField(
        Role,
        blank=True,
        related_name="users",
        verbose_name="roles",
        help_text="What this user may open sessions as. Nothing to do with admin permissions.",
    )
    not_before = models.DateTimeField(
        "not before",
        null=True,
        blank=True,
        help_text="Tickets and sessions from before this moment are void: logs the user out everywhere.",
    )

    class Meta(AbstractUser.Meta):
        verbose_name = "user"
        verbose_name_plural = "users"

    acting: Actor | None = None
    """Who changes this row; told by whoever knows."""

    def __str__(self) -> str:
        return self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """However a password is set, by a form, a command or code: it comes by here."""
        changed = not self._state.adding and self._has_another_password(kwargs.get("update_fields"))
        with transaction.atomic():
            super().save(*args, **kwargs)
            if changed:
                from controlplane.operations import logins  # it imports the models

                logins.password_changed(actor=self.acting or system("set_password"), user=self)

    def _has_another_password(self, saved: Collection[str] | None) -> bool:
        if saved is not None and "password" not in saved:
            return False
        # Django's, between ``set_password`` and the save. A stronger hash of the same password is none.
        if getattr(self, "_password", None) is not None:
            return True
        before = type(self).objects.filter(pk=self.pk).values_list("password", flat=True).first() or ""
        return is_password_usable(before) and not self.has_usable_password()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django compares it at each request: whoever is logged out everywhere is out of every browser as well."""
        since = self.not_before.isoformat() if self.not_before else ""
        return f"{super()._get_session_auth_hash(secret=secret)}{since}"  # type: ignore[misc]
