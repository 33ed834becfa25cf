"""As what people talk to the model."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from controlplane.models.addresses import problem_with
from controlplane.models.bounds import BOUNDED_CONSTRAINTS, Bounded
from controlplane.models.json import JSONField
from controlplane.models.keyed import EngineKeyed
from controlplane.models.retiring import Retirable, validate_names

AUDIO_POLICIES = [
    ("hold", "hold: release speech when its whole transcript is clean"),
    ("bounded", "bounded: release speech as far as its clean transcript is sure to cover it"),
    ("text_only", "text only: never ask the model for speech"),
    ("kill", "kill: play speech at once, cut it on the first hit"),
    ("deliver", "deliver: pass speech on UNREDACTED"),
]
"""Values of ``guard.core.policy.AudioPolicy``, with the consequence in words (held equal by a test)."""

SPREAD_ANSWERS = [
    ("cut", "cut: stop the response before the value is complete"),
    ("end", "end: end the session"),
    ("flag", "flag: let it pass, only record it"),
]
"""Values of ``guard.core.policy.SpreadAnswer``, likewise."""


class Role(Bounded, EngineKeyed, Retirable):
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
    speech_rate = models.PositiveSmallIntegerField(
        "fastest speech",
        default=25,
        validators=[MinValueValidator(10), MaxValueValidator(100)],
        help_text=(
            "For bounded speech: characters that the voice speaks in a second at most, at normal speed. More is "
            "safer and later."
        ),
    )
    withheld_notice = models.CharField(
        "notice when speech is withheld",
        max_length=200,
        blank=True,
        help_text=(
            "A sentence that the model is asked to say when its speech was withheld or cut, for example: I "
            "cannot say that aloud. Empty: silence."
        ),
    )
    spread_values = models.CharField(
        "values spread over items",
        max_length=8,
        choices=SPREAD_ANSWERS,
        default="cut",
        help_text="What happens when the model spells one value that must be hidden over several items.",
    )
    gated_turns = models.BooleanField(
        "gated turns",
        default=False,
        help_text=(
            "The model answers only after what the user said was judged by its transcript. Needs a "
            "transcription model; adds its delay."
        ),
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
    calls_per_turn = models.PositiveIntegerField(
        "calls per turn",
        default=25,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="Most calls, of all tools together, in one turn of the user. Cuts a model that calls in a loop.",
    )
    engine_url = models.CharField(
        "decision engine",
        max_length=500,
        blank=True,
        help_text=(
            "Address in the Open Policy Agent's data API, for example http://localhost:8181/v1/data/sallyport/allow. "
            "Asked after the rules here; can only make an answer stricter. Without an answer every call is denied."
        ),
    )
    engine_deadline_ms = models.PositiveIntegerField(
        "deadline of the engine",
        default=500,
        validators=[MinValueValidator(50), MaxValueValidator(5000)],
        help_text="Milliseconds that the engine may take.",
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
                name="role_admits_between_1_and_1000_calls_in_a_turn",
                condition=models.Q(calls_per_turn__range=(1, 1000)),
            ),
            models.CheckConstraint(
                name="role_engine_speaks_http",
                condition=models.Q(engine_url="") | models.Q(engine_url__regex=r"^https?://[^/?#]+[^#]*$"),
                violation_error_message="The decision engine needs an http:// or https:// address.",
            ),
            models.CheckConstraint(
                name="role_engine_answers_within_50_to_5000_milliseconds",
                condition=models.Q(engine_deadline_ms__range=(50, 5000)),
            ),
            models.CheckConstraint(
                name="role_audio_policy_is_known",
                condition=models.Q(audio__in=[value for value, _ in AUDIO_POLICIES]),
            ),
            models.CheckConstraint(
                name="role_speech_rate_is_between_10_and_100_characters_a_second",
                condition=models.Q(speech_rate__range=(10, 100)),
            ),
            models.CheckConstraint(
                name="role_answer_to_spread_values_is_known",
                condition=models.Q(spread_values__in=[value for value, _ in SPREAD_ANSWERS]),
            ),
            models.CheckConstraint(
                name="role_with_gated_turns_has_a_transcription_model",
                condition=models.Q(gated_turns=False) | ~models.Q(transcription_model=""),
                violation_error_message="Gated turns need a transcription model: without it nothing can be judged.",
            ),
            *BOUNDED_CONSTRAINTS,
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.engine_url and (problem := problem_with(self.engine_url, "arguments of calls")):
            raise ValidationError({"engine_url": problem})
