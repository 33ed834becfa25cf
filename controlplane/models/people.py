"""Who may talk to the model, and as what."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from controlplane.models.json import JSONField
from controlplane.models.retiring import Retirable, validate_names, validate_object

AUDIO_POLICIES = [
    ("hold", "hold: release speech when its whole transcript is clean"),
    ("text_only", "text only: never ask the model for speech"),
    ("kill", "kill: play speech at once, cut it on the first hit"),
    ("deliver", "deliver: pass speech on UNREDACTED"),
]
"""Values of ``guard.core.policy.AudioPolicy``, with the consequence in words (held equal by a test)."""


class Role(Retirable):
    """What a session may do: its instructions, its tools (``ToolGrant``), its limits."""

    name = models.SlugField(
        "name", max_length=64, unique=True, help_text="As clients name it, for example customer_support."
    )
    description = models.CharField(
        "description", max_length=200, blank=True, help_text="For administrators only."
    )
    constraints = models.TextField(
        "constraints",
        blank=True,
        help_text=(
            "Rules for the model that always come first in its instructions, whatever the client sends."
        ),
    )
    instructions = models.TextField(
        "task",
        blank=True,
        help_text="What the model is to do for this role. Follows the constraints.",
    )
    accepts_client_instructions = models.BooleanField(
        "accepts client instructions",
        default=False,
        help_text=(
            "Append what the client asks for below the constraints and the task. Otherwise it is dropped."
        ),
    )
    accepts_history = models.BooleanField(
        "accepts history",
        default=False,
        help_text=(
            "Let the client insert earlier assistant turns. A client could make the model believe it said "
            "them."
        ),
    )
    audio = models.CharField(
        "audio policy",
        max_length=16,
        choices=AUDIO_POLICIES,
        default="hold",
        help_text="What happens to the model's speech, which no pattern can redact.",
    )
    transcription_model = models.CharField(
        "transcription model",
        max_length=64,
        blank=True,
        help_text=(
            "Transcribes what the user says, for example gpt-transcribe. Empty: the session has no "
            "transcripts of the user."
        ),
    )
    provider = models.ForeignKey(
        "controlplane.Provider",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="roles",
        verbose_name="provider",
        help_text="Where sessions of this role are sent. Empty: the default provider.",
    )
    model_names = JSONField(
        "models",
        default=list,
        blank=True,
        validators=[validate_names],
        help_text=(
            "JSON list of model names that clients may ask for. Empty list: every model of the provider."
        ),
    )
    max_session_seconds = models.PositiveIntegerField(
        "longest session",
        default=1800,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
        help_text="Seconds from the start of a session to its end. Providers stop at 3600.",
    )
    idle_seconds = models.PositiveIntegerField(
        "idle limit",
        default=300,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
        help_text="Seconds without real activity until the session ends.",
    )
    ticket_seconds = models.PositiveIntegerField(
        "ticket life",
        default=60,
        validators=[MinValueValidator(10), MaxValueValidator(7200)],
        help_text="Seconds in which a ticket must be used. Clients may ask for less, not for more.",
    )
    max_output_tokens = models.PositiveIntegerField(
        "output token limit",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(4096)],
        help_text="Most tokens in one response. Empty: the provider's limit.",
    )
    binds_address = models.BooleanField(
        "binds tickets to a network",
        default=False,
        help_text=(
            "A ticket that a signed-in browser asked for works only from the same network (/24 or /64)."
        ),
    )
    may_use_webrtc = models.BooleanField(
        "may use WebRTC",
        default=False,
        help_text="WebRTC goes past Sallyport: nothing is redacted or decided on it.",
    )

    class Meta:
        ordering = ("name",)
        verbose_name = "role"
        verbose_name_plural = "roles"
        constraints = (
            models.CheckConstraint(
                name="role_session_lasts_between_a_second_and_an_hour",
                condition=models.Q(max_session_seconds__range=(1, 3600)),
            ),
            models.CheckConstraint(
                name="role_idle_limit_is_between_a_second_and_an_hour",
                condition=models.Q(idle_seconds__range=(1, 3600)),
            ),
            models.CheckConstraint(
                name="role_ticket_lives_between_10_and_7200_seconds",
                condition=models.Q(ticket_seconds__range=(10, 7200)),
            ),
            models.CheckConstraint(
                name="role_audio_policy_is_known",
                condition=models.Q(audio__in=[value for value, _ in AUDIO_POLICIES]),
            ),
        )

    def __str__(self) -> str:
        return self.name


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

    def __str__(self) -> str:
        return self.username
