"""What must not pass, in either direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from controlplane.models.json import JSONField
from controlplane.models.people import Role
from controlplane.models.retiring import Retirable
from guard.core.redact import VALIDATORS, Operator, PatternError, Rule, check

OPERATORS = {
    Operator.REPLACE: "replace: put a token in its place",
    Operator.MASK: "mask: stars, keep the last characters",
    Operator.HASH: "hash: the same value gets the same token",
    Operator.BLOCK: "block: cut the rest of the text",
    Operator.FLAG: "flag: let it pass, only record it",
}


MODES = [
    ("enforce", "enforce: what is found is hidden"),
    ("shadow", "shadow: what is found passes, and is recorded"),
]

RULE_FIELDS = (
    "name",
    "pattern",
    "keywords",
    "before",
    "after",
    "ignore_case",
    "validator",
    "operator",
    "replacement",
    "keep_last",
    "priority",
)


def rule_from(definition: Mapping[str, Any]) -> Rule:
    """A rule from its JSON shape (``RedactionPattern.definition``)."""
    shaped = {"keywords": tuple(definition["keywords"]), "operator": Operator(definition["operator"])}
    return Rule(**{**definition, **shaped})


def operator_choices() -> list[tuple[str, str]]:
    return [(operator.value, words) for operator, words in OPERATORS.items()]


def validator_choices() -> list[tuple[str, str]]:
    # A callable, so that a new validator needs no migration.
    return [(name, name.replace("_", " ")) for name in sorted(VALIDATORS)]


def validate_keywords(value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise ValidationError('must be a JSON list of words, such as ["internal_code", "admin_panel"]')


class RedactionPattern(Retirable):
    """One rule of the redactor. ``guard.core.redact.check`` refuses what would be wrong or slow, when it is
    saved."""

    class Kind(models.TextChoices):
        REGEX = "regex", "regular expression"
        KEYWORDS = "keywords", "keywords"

    class Direction(models.TextChoices):
        TO_CLIENT = "to_client", "to the client"
        TO_MODEL = "to_model", "to the model"
        BOTH = "both", "both ways"

    name = models.SlugField(
        "name",
        max_length=64,
        unique=True,
        help_text="Names the pattern in records and in its token, [NAME_REDACTED].",
    )
    kind = models.CharField(
        "kind", max_length=8, choices=Kind, default=Kind.REGEX, help_text="How it is written down."
    )
    pattern = models.TextField(
        "expression",
        blank=True,
        help_text="For a regular expression. Lengths must be bounded: {1,64}, not +.",
    )
    keywords = JSONField(
        "keywords",
        default=list,
        blank=True,
        validators=[validate_keywords],
        help_text="For keywords: a JSON list of words and phrases.",
    )
    before = models.TextField(
        "before", blank=True, help_text="Expression that must come right before, and stays visible."
    )
    after = models.TextField(
        "after", blank=True, help_text="Expression that must come right after, and stays visible."
    )
    ignore_case = models.BooleanField(
        "ignores case", default=False, help_text="Treat capital and small letters alike."
    )
    validator = models.CharField(
        "validator",
        max_length=64,
        blank=True,
        choices=validator_choices,
        help_text="A check on what was found, such as a check digit. Empty: every find counts.",
    )
    operator = models.CharField(
        "operator",
        max_length=16,
        choices=operator_choices,
        default="replace",
        help_text="What happens to a find.",
    )
    replacement = models.CharField(
        "replacement", max_length=100, blank=True, help_text="Put in its place. Empty: [NAME_REDACTED]."
    )
    keep_last = models.PositiveSmallIntegerField(
        "keeps last", default=4, help_text="For mask: how many characters at the end stay visible, at most 4."
    )
    priority = models.IntegerField(
        "priority", default=0, help_text="Where finds overlap, the token of the highest priority is shown."
    )
    direction = models.CharField(
        "direction",
        max_length=16,
        choices=Direction,
        default=Direction.BOTH,
        help_text="Which way it is hidden.",
    )
    roles = models.ManyToManyField(
        Role,
        blank=True,
        related_name="patterns",
        verbose_name="roles",
        help_text="For which roles. None: for every role.",
    )

    mode = models.CharField(
        "mode",
        max_length=8,
        choices=MODES,
        default="enforce",
        help_text="Shadow hides nothing: finds are recorded, so that you see what would have been hidden.",
    )

    class Meta:
        ordering = ("name",)
        verbose_name = "redaction pattern"
        verbose_name_plural = "redaction patterns"
        constraints = (
            models.CheckConstraint(
                name="pattern_has_an_expression_or_keywords",
                condition=models.Q(kind="regex", keywords=[]) & ~models.Q(pattern="")
                | models.Q(kind="keywords", pattern="") & ~models.Q(keywords=[]),
                violation_error_message=(
                    "Needs an expression or keywords, whichever its kind says, and not both."
                ),
            ),
            models.CheckConstraint(
                name="pattern_keeps_at_most_four_characters", condition=models.Q(keep_last__lte=4)
            ),
            models.CheckConstraint(
                name="pattern_mode_is_known", condition=models.Q(mode__in=[value for value, _ in MODES])
            ),
            models.CheckConstraint(
                name="pattern_direction_is_known",
                condition=models.Q(direction__in=["to_client", "to_model", "both"]),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """What ``guard.core.redact`` will not run is refused here, with its reason, at the field to blame."""
        if self.kind == self.Kind.REGEX and not self.pattern:
            raise ValidationError({"pattern": "a regular expression needs an expression"})
        if self.kind == self.Kind.KEYWORDS and not self.keywords:
            raise ValidationError({"keywords": "needs at least one keyword"})
        if self.operator not in OPERATORS or not isinstance(self.keywords, list):
            return  # refused at their own fields, and no rule can be made of them
        self._check("before", Rule(name=self.name, pattern=self.before) if self.before else None)
        self._check("after", Rule(name=self.name, pattern=self.after) if self.after else None)
        self._check("pattern" if self.kind == self.Kind.REGEX else "keywords", rule_from(self.definition()))

    def _check(self, field: str, rule: Rule | None) -> None:
        try:
            if rule:
                check(rule)
        except PatternError as error:
            raise ValidationError({field: str(error)}) from error

    def definition(self) -> dict[str, Any]:
        """The fields of ``Rule`` that this row holds, JSON-shaped: what a policy version keeps of it."""
        return {field: getattr(self, field) for field in RULE_FIELDS}
