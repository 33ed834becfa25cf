"""Rows that leave use without leaving the database."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from guard.core.frames import STRICT, Unreadable

_UNREADABLE = {
    "integer_range": "has a whole number beyond 9007199254740991, which not everybody reads alike: write it as a text",
    "negative_zero": "has a -0, which not everybody reads alike: write 0",
}


class Retirable(models.Model):
    """Never deleted; ``objects.filter(retired_at=None)`` are the ones in use. Names are never handed out
    again."""

    retired_at = models.DateTimeField(
        "retired at",
        null=True,
        blank=True,
        help_text="Set to take this out of use. It stays in the database, because audit records refer to it.",
    )

    class Meta:
        abstract = True


def validate_names(value: Any) -> None:
    """``value`` must be a JSON list of different, non-empty strings."""
    if not isinstance(value, list) or not all(isinstance(name, str) and name.strip() for name in value):
        raise ValidationError('must be a JSON list of names, such as ["margin", "internal_cost"]')
    if len(set(value)) != len(value):
        raise ValidationError("must not name anything twice")


def validate_object(value: Any) -> None:
    """Of values that go into arguments of calls, where whoever gets them must read what is meant."""
    if not isinstance(value, dict):
        raise ValidationError('must be a JSON object, such as {"account_id": "acct_42"}')
    try:
        STRICT.read(json.dumps(value))
    except Unreadable as error:
        raise ValidationError(_UNREADABLE.get(error.rule, f"cannot be used in calls: {error}")) from error
