"""Who is asked about a text that no pattern can judge: names, addresses, tone, injection."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from controlplane.models.addresses import problem_with
from controlplane.models.json import JSONField
from controlplane.models.keyed import Keyed
from controlplane.models.people import Role
from controlplane.models.retiring import Retirable, validate_names

SHAPES = [
    ("plain", "plain: {text} in, {flagged, labels, spans} out"),
    ("moderation", "moderation: the shape of OpenAI's /v1/moderations"),
]
"""Values of ``guard.core.classifier.Shape``, with their meaning in words (held equal by a test); likewise below."""

TIMINGS = [
    ("held", "held: a sentence waits until it has been judged"),
    ("flowing", "flowing: nothing waits; what is found stops the rest"),
]
FINDINGS = [
    ("block", "block: cut the text there"),
    ("hide", "hide: hide the places it names; cut where it names none"),
    ("flag", "flag: let it pass, only record it"),
]
FAILURES = [
    ("withhold", "withhold: what could not be judged is not shown"),
    ("pass", "pass: what could not be judged goes on, and is recorded"),
]
DIRECTIONS = [
    ("to_client", "what the model says"),
    ("to_model", "what the user says"),
    ("both", "both"),
]

DEFINING_FIELDS = (
    "name",
    "url",
    "shape",
    "model_name",
    "threshold",
    "timing",
    "on_finding",
    "on_failure",
    "deadline_ms",
)


def _is_known(field: str, choices: list[tuple[str, str]]) -> models.CheckConstraint:
    known = models.Q(**{f"{field}__in": [value for value, _ in choices]})
    return models.CheckConstraint(name=f"classifier_{field}_is_known", condition=known)


class Classifier(Keyed, Retirable):
    """An HTTP endpoint that judges texts. It is sent what the redactor has left, never a hidden value."""

    name = models.SlugField("name", max_length=64, unique=True, help_text="Names it in records.")
    url = models.CharField(
        "address", max_length=500, help_text="For example https://api.openai.com/v1/moderations."
    )
    shape = models.CharField(
        "shape", max_length=16, choices=SHAPES, default="plain", help_text="How it is asked and answers."
    )
    model_name = models.CharField(
        "model",
        max_length=64,
        blank=True,
        help_text="Sent along when given, for example omni-moderation-latest.",
    )
    labels = JSONField(
        "labels",
        default=list,
        blank=True,
        validators=[validate_names],
        help_text='JSON list of labels that count, for example ["violence", "PERSON"]. Empty list: all.',
    )
    threshold = models.FloatField(
        "threshold",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Least score of a label that counts, 0 to 1. Empty: what the endpoint itself flags.",
    )
    direction = models.CharField(
        "direction",
        max_length=16,
        choices=DIRECTIONS,
        default="to_client",
        help_text="Whose words it judges.",
    )
    timing = models.CharField(
        "timing", max_length=16, choices=TIMINGS, default="held", help_text="Whether the words wait for it."
    )
    on_finding = models.CharField(
        "on a finding",
        max_length=16,
        choices=FINDINGS,
        default="block",
        help_text="What happens to what it flags.",
    )
    on_failure = models.CharField(
        "on a failure",
        max_length=16,
        choices=FAILURES,
        default="withhold",
        help_text="What happens when it does not answer in time, or answers nonsense.",
    )
    deadline_ms = models.PositiveIntegerField(
        "deadline",
        default=800,
        validators=[MinValueValidator(50), MaxValueValidator(5000)],
        help_text="Milliseconds that a question may take.",
    )
    roles = models.ManyToManyField(
        Role,
        blank=True,
        related_name="classifiers",
        verbose_name="roles",
        help_text="For which roles. None: for every role.",
    )

    class Meta:
        ordering = ("name",)
        verbose_name = "classifier"
        verbose_name_plural = "classifiers"
        constraints = (
            models.CheckConstraint(
                name="classifier_speaks_http", condition=models.Q(url__regex=r"^https?://[^/?#]+[^#]*$")
            ),
            models.CheckConstraint(
                name="classifier_deadline_is_between_50_and_5000_milliseconds",
                condition=models.Q(deadline_ms__range=(50, 5000)),
            ),
            models.CheckConstraint(
                name="classifier_threshold_is_between_0_and_1",
                condition=models.Q(threshold=None) | models.Q(threshold__range=(0.0, 1.0)),
            ),
            _is_known("shape", SHAPES),
            _is_known("timing", TIMINGS),
            _is_known("on_finding", FINDINGS),
            _is_known("on_failure", FAILURES),
            _is_known("direction", DIRECTIONS),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if problem := problem_with(self.url):
            raise ValidationError({"url": problem})

    def definition(self) -> dict[str, Any]:
        """What a policy version keeps of it, JSON-shaped: everything but the key."""
        return {
            **{field: getattr(self, field) for field in DEFINING_FIELDS},
            "labels": sorted(self.labels),
        }
