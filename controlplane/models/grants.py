"""Which role may call which tool, and how far."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from controlplane.models import ruling
from controlplane.models.json import JSONField
from controlplane.models.people import Role
from controlplane.models.retiring import Retirable, validate_names, validate_object
from controlplane.models.tools import Tool
from guard.core import arguments, fieldpaths
from guard.core.condition import Condition

APPROVERS = [
    ("none", "nobody: the call goes on at once"),
    ("user", "the user: the caller confirms each call"),
    ("supervisor", "a supervisor: somebody who may decide approvals, never the caller"),
]
"""Values of ``guard.core.approval.Approver``, with their meaning in words (held equal by a test)."""

MODES = [
    ("enforce", "enforce: what the rules say happens"),
    ("shadow", "shadow: the rules are only tried, and what they would have said is recorded"),
]


def validate_paths(value: Any) -> None:
    """Every entry of a list must name a field. What is no list, another validator refuses."""
    for entry in value if isinstance(value, list) else ():
        try:
            fieldpaths.parse(str(entry))
        except ValueError as error:
            raise ValidationError(str(error)) from error


def validate_rules(value: Any) -> None:
    """``value`` is an object of arguments, each with its rules."""
    for argument, rules in value.items() if isinstance(value, dict) else ():
        try:
            arguments.parse(argument, rules)
        except ValueError as error:
            raise ValidationError(str(error)) from error


def validate_condition(value: str) -> None:
    try:
        Condition(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def _cap(name: str, words: str) -> models.PositiveIntegerField:
    return models.PositiveIntegerField(
        name, null=True, blank=True, help_text=f"Most calls {words}. Empty: no limit of its own."
    )


class ToolGrant(Retirable):
    """The role may call the tool, as the rules narrow it. Without a grant every call is denied."""

    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, related_name="grants", verbose_name="role", help_text="Who may call."
    )
    tool = models.ForeignKey(
        Tool,
        on_delete=models.PROTECT,
        related_name="grants",
        verbose_name="tool",
        help_text="What may be called.",
    )
    rules = JSONField(
        "argument rules",
        default=dict,
        blank=True,
        validators=[validate_object, validate_rules],
        help_text=(
            'JSON object, for example {"limit": {"at_most": 50}, "account_id": {"owned": "account_id"}}. Rules: fixed '
            '(a value, or "@attribute" of the user), dropped, at_most, at_least, max_length, one_of, owned.'
        ),
    )
    condition = models.TextField(
        "condition",
        blank=True,
        validators=[validate_condition],
        help_text=(
            "CEL expression that must be true, over args, user, role, session, now. For example: args.amount <= 100.0 "
            "|| user.attributes.tier == 'gold'."
        ),
    )
    per_turn = _cap("per turn", "in one turn of the user")
    per_session = _cap("per session", "in one session")
    per_day = _cap("per day", "on one day (UTC), by one user in all sessions")
    approver = models.CharField(
        "approval by",
        max_length=12,
        choices=APPROVERS,
        default="none",
        help_text="Who must agree to each call.",
    )
    approval_seconds = models.PositiveIntegerField(
        "time to approve",
        default=120,
        validators=[MinValueValidator(5), MaxValueValidator(3600)],
        help_text="Seconds after which a call that nobody has approved is denied.",
    )
    visible_fields = JSONField(
        "visible result fields",
        default=list,
        blank=True,
        validators=[validate_names, validate_paths],
        help_text=(
            "JSON list of the only fields of the result that the model sees, written like the hidden ones. Empty list: "
            "all but the hidden ones."
        ),
    )
    hidden_fields = JSONField(
        "hidden result fields",
        default=list,
        blank=True,
        validators=[validate_names, validate_paths],
        help_text=(
            "JSON list of fields removed from the result before the model sees it: margin anywhere, customer.card, "
            "orders.*.cost, $.total of the outermost object."
        ),
    )
    streams_arguments = models.BooleanField(
        "streams arguments",
        default=False,
        help_text=(
            "Show the arguments while the model still writes them, redacted, before the call is decided. A call "
            "that is denied in the end has then been seen."
        ),
    )
    mode = models.CharField(
        "mode",
        max_length=8,
        choices=MODES,
        default="enforce",
        help_text="Shadow tries new rules on real calls: the tool's schema and locks still hold, the rules do not.",
    )
    note = models.CharField(
        "note", max_length=200, blank=True, help_text="Why this was granted. For the next administrator."
    )

    class Meta:
        ordering = ("role__name", "tool__name")
        verbose_name = "tool grant"
        verbose_name_plural = "tool grants"
        constraints = (
            models.UniqueConstraint(
                fields=("role", "tool"),
                name="tool_is_granted_once_per_role",
                condition=models.Q(retired_at=None),
                violation_error_message="This role has been granted this tool already.",
            ),
            models.CheckConstraint(
                name="grant_approver_is_known",
                condition=models.Q(approver__in=[value for value, _ in APPROVERS]),
            ),
            models.CheckConstraint(
                name="grant_mode_is_known", condition=models.Q(mode__in=[value for value, _ in MODES])
            ),
            models.CheckConstraint(
                name="grant_is_approved_within_5_to_3600_seconds",
                condition=models.Q(approval_seconds__range=(5, 3600)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} may call {self.tool}"

    def clean(self) -> None:
        """What could never work, at the field to blame. A value that is no rule at all its own field refuses."""
        if self.retired_at:
            return  # it decides nothing, and must not be kept in use for its faults
        found: dict[str, list[str]] = {}
        if self.streams_arguments and self.approver != "none":
            found["streams_arguments"] = ["they would be shown before anybody has agreed to the call"]
        if self.tool_id and (faults := ruling.faults(self.rules, self.tool.parameters, self.tool.runner)):
            found["rules"] = faults
        if found:
            raise ValidationError(found)
