"""What the model may call. The definition that the provider sees comes from here, never from a client."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from controlplane.models import ruling
from controlplane.models.addresses import problem_with
from controlplane.models.json import JSONField
from controlplane.models.keyed import Keyed
from controlplane.models.providers import Provider
from controlplane.models.retiring import Retirable
from guard.addresses import fault_in
from guard.core.tools import check_schema

RUNNERS = [
    ("client", "client: the call is delivered to the application at the other end, which answers it"),
    ("http", "http: Sallyport asks an endpoint; the client never learns of the call"),
    ("mcp", "mcp: the provider asks an MCP server, after Sallyport has approved each call"),
]
"""Values of ``guard.core.running.Runner``, with their meaning in words (held equal by a test)."""

_LABEL = RegexValidator(r"\A[A-Za-z0-9_-]{1,64}\Z", "needs 1 to 64 letters, digits, _ or -")


def validate_parameters(value: Any) -> None:
    """``value`` must be a JSON Schema (draft 2020-12) of an object that the guard can judge arguments with."""
    try:
        check_schema(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def validate_result_schema(value: Any) -> None:
    """Empty: any result will do."""
    if value:
        validate_parameters(value)


class Tool(Keyed, Retirable):
    """A function of the application. Granting it to a role (``ToolGrant``) is what makes it callable.

    Its key signs the requests to an endpoint; for an MCP server it is what the provider authorises itself with.
    """

    name = models.CharField(
        "name",
        max_length=64,
        unique=True,
        validators=[_LABEL],
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
    runner = models.CharField(
        "run by", max_length=8, choices=RUNNERS, default="client", help_text="Who carries a call out."
    )
    answer_seconds = models.PositiveIntegerField(
        "time to answer",
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(300)],
        help_text="Seconds that a result is awaited. After that the model is told that there is none.",
    )
    url = models.CharField(
        "address",
        max_length=500,
        blank=True,
        help_text="Of the endpoint or of the MCP server, for example https://tools.example.com/refunds.",
    )
    mcp_label = models.CharField(
        "MCP server",
        max_length=64,
        blank=True,
        validators=[_LABEL],
        help_text="Names the server towards the provider. Tools with the same label are one server.",
    )
    mcp_tool = models.CharField(
        "tool there", max_length=128, blank=True, help_text="The tool's name on the MCP server."
    )
    result_schema = JSONField(
        "result",
        default=dict,
        blank=True,
        validators=[validate_result_schema],
        help_text="JSON Schema of the result. One that does not fit is withheld. Empty object: any result.",
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
            models.CheckConstraint(
                name="tool_runner_is_known",
                condition=models.Q(runner__in=[value for value, _ in RUNNERS]),
            ),
            models.CheckConstraint(
                name="tool_answers_within_300_seconds",
                condition=models.Q(answer_seconds__range=(1, 300)),
            ),
            models.CheckConstraint(
                name="tool_has_an_address_unless_the_client_runs_it",
                condition=models.Q(runner="client", url="")
                | (~models.Q(runner="client") & ~models.Q(url="")),
                violation_error_message="Needs an address, unless the client runs it.",
            ),
            models.CheckConstraint(
                name="tool_of_an_mcp_server_names_it",
                condition=models.Q(runner="mcp") & ~models.Q(mcp_label="") & ~models.Q(mcp_tool="")
                | ~models.Q(runner="mcp") & models.Q(mcp_label="", mcp_tool=""),
                violation_error_message="An MCP tool needs its server's label and its name there; no other has them.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """What the database would refuse, at the field to blame."""
        if self.runner == "client" and self.url:
            raise ValidationError({"url": "the client runs this tool, so nothing is sent anywhere"})
        if self.runner != "client" and not self.url:
            raise ValidationError({"url": "needs an address to call"})
        for field in ("mcp_label", "mcp_tool"):
            if (self.runner == "mcp") is not bool(getattr(self, field)):
                raise ValidationError(
                    {field: "belongs to an MCP tool" if self.runner != "mcp" else "is needed"}
                )
        if self.runner == "http" and (fault := fault_in(self.url, _private_hosts())):
            raise ValidationError({"url": fault})
        if self.runner == "mcp":
            self._clean_mcp()
        if self.pk:
            self._clean_grants()

    def _clean_mcp(self) -> None:
        """One label is one server: what is sent there, and with which key, must not depend on the tool."""
        if problem := problem_with(self.url, "the authorisation"):
            raise ValidationError({"url": problem})
        others = Tool.objects.filter(runner="mcp", mcp_label=self.mcp_label, retired_at=None).exclude(
            pk=self.pk
        )
        if others.exclude(url=self.url).exists():
            raise ValidationError({"mcp_label": "another tool of this server has another address"})
        if others.filter(mcp_tool=self.mcp_tool).exists():
            raise ValidationError({"mcp_tool": "another tool stands for it already"})

    def _clean_grants(self) -> None:
        """A grant was judged by the schema and the runner of its day."""
        for grant in self.grants.filter(retired_at=None).select_related("role"):
            if faults := ruling.faults(grant.rules, self.parameters, self.runner):
                field = "runner" if self.runner == "mcp" else "parameters"
                raise ValidationError({field: f"does not fit what {grant.role} is granted: {faults[0]}"})


def _private_hosts() -> frozenset[str]:
    """Whichever provider a session goes to: the one that it goes to decides again, when the call is made."""
    listed = Provider.objects.filter(retired_at=None).values_list("private_tool_hosts", flat=True)
    return frozenset(host for hosts in listed for host in hosts)
