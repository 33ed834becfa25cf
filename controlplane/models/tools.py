"""What the model may call. The definition that the provider sees comes from here, never from a client."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from controlplane.models.json import JSONField
from controlplane.models.people import Role
from controlplane.models.retiring import Retirable, validate_names
from guard.core import fieldpaths
from guard.core.tools import check_schema


def validate_parameters(value: Any) -> None:
    """``value`` must be a JSON Schema (draft 2020-12) of an object that the guard can judge arguments with."""
    try:
        check_schema(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def validate_paths(value: Any) -> None:
    """Every entry of a list must name a field. What is no list, another validator refuses."""
    for entry in value if isinstance(value, list) else ():
        try:
            fieldpaths.parse(str(entry))
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Tool(Retirable):
    """A function of the application. Granting it to a role (``ToolGrant``) is what makes it callable."""

    name = models.CharField(
        "name",
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9_-]{1,64}\Z", "needs 1 to 64 letters, digits, _ or -")],
        help_text="As the model calls it: letters, digits, _ and -.",
    )
    description = models.TextField(
        "description", blank=True, help_text="Tells the model what the tool does and when to use it."
    )
    parameters = JSONField(
        "parameters",
        default=dict,
        validators=[validate_parameters],
        help_text="JSON Schema (draft 2020-12) of the arguments. Calls that do not fit are denied.",
    )

    class Meta:
        ordering = ("name",)
        verbose_name = "tool"
        verbose_name_plural = "tools"
        constraints = (
            models.CheckConstraint(
                name="tool_name_has_letters_digits_underscore_or_dash",
                condition=models.Q(name__regex=r"^[A-Za-z0-9_-]{1,64}$"),
            ),
        )

    def __str__(self) -> str:
        return self.name


class ToolGrant(Retirable):
    """The role may call the tool. Without a grant every call is denied."""

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
        )

    def __str__(self) -> str:
        return f"{self.role} may call {self.tool}"
