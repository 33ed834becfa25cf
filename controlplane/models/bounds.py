"""How long, how often and how much: the bounds that a role sets to its sessions."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

SECOND_CONNECTION = [
    ("refuse", "refuse: the first connection stays"),
    ("replace", "replace: the first connection is closed"),
]
"""Values of ``Bounded.second_connection``, with the consequence in words."""

BUDGETS = (
    "session_tokens",
    "session_audio_seconds",
    "session_cents",
    "day_seconds",
    "day_tokens",
    "day_audio_seconds",
    "day_cents",
)
"""Names of the budgets: what a session, or a user on one day (UTC), may use up. None: no limit."""


def _most(name: str, help_text: str, lowest: int = 1, highest: int = 2_000_000_000) -> Any:
    return models.PositiveIntegerField(
        name,
        null=True,
        blank=True,
        validators=[MinValueValidator(lowest), MaxValueValidator(highest)],
        help_text=f"{help_text} Empty: no limit.",
    )


class Bounded(models.Model):
    """Abstract. Seconds count from the start of a session unless the help text says otherwise."""

    second_connection = models.CharField(
        "second connection",
        max_length=8,
        choices=SECOND_CONNECTION,
        default="refuse",
        help_text="What happens when somebody connects to a session that has a connection.",
    )
    reauthenticate_seconds = models.PositiveIntegerField(
        "re-authentication",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
        help_text="Seconds after which the client must show a fresh ticket for the same session. Empty: never.",
    )
    grace_seconds = models.PositiveIntegerField(
        "time to re-authenticate",
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(300)],
        help_text="Seconds that the client has for it, until the session is closed.",
    )
    sessions_per_user = _most("sessions of one user", "Most sessions of this role that one user has at once.")
    sessions_at_once = _most("sessions in all", "Most sessions of this role at once.")
    session_tokens = _most("tokens of a session", "Most tokens of one session.")
    session_audio_seconds = _most(
        "speech of a session", "Most seconds of speech of the model in one session."
    )
    session_cents = _most(
        "cost of a session", "Most cents that one session may cost, by the prices of its provider."
    )
    day_seconds = _most("time of a day", "Most seconds that one user may be connected on one day (UTC).")
    day_tokens = _most("tokens of a day", "Most tokens of one user on one day (UTC).")
    day_audio_seconds = _most(
        "speech of a day", "Most seconds of speech that one user hears on one day (UTC)."
    )
    day_cents = _most("cost of a day", "Most cents that one user may cost on one day (UTC).")

    class Meta:
        abstract = True


BOUNDED_FIELDS = tuple(field.name for field in Bounded._meta.local_fields)
"""Names of the columns, in order."""
BOUNDED_CONSTRAINTS = (
    models.CheckConstraint(
        name="role_answer_to_a_second_connection_is_known",
        condition=models.Q(second_connection__in=[value for value, _ in SECOND_CONNECTION]),
    ),
    models.CheckConstraint(
        name="role_asks_for_a_fresh_ticket_within_an_hour",
        condition=models.Q(reauthenticate_seconds=None) | models.Q(reauthenticate_seconds__range=(1, 3600)),
    ),
    models.CheckConstraint(
        name="role_waits_at_most_five_minutes_for_a_fresh_ticket",
        condition=models.Q(grace_seconds__range=(1, 300)),
    ),
    *(
        models.CheckConstraint(
            name=f"role_{name}_is_not_zero",
            condition=models.Q(**{name: None}) | models.Q(**{f"{name}__gt": 0}),
        )
        for name in ("sessions_per_user", "sessions_at_once", *BUDGETS)
    ),
)
