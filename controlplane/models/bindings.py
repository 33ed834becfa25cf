"""One session: who, as what, by which ticket, when, and how it ended."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from controlplane.models.json import JSONField
from controlplane.models.keys import ServiceKey
from controlplane.models.nodes import Node
from controlplane.models.people import Role
from controlplane.models.providers import Provider
from controlplane.models.users import User
from guard.core.closing import EndReason

END_REASONS = [(reason.value, reason.value.replace("_", " ")) for reason in EndReason]
PENDING, ACTIVE, ENDED = (models.Q(state=state) for state in ("pending", "active", "ended"))
NEVER_STARTED = models.Q(started_at=None, end_by=None)
STARTED = models.Q(started_at__isnull=False, end_by__isnull=False)


class SessionBinding(models.Model):
    """pending (ticket issued) -> active (ticket redeemed) -> ended. Only ``controlplane.operations`` moves
    it, with compare-and-set UPDATEs judged by the database's clock."""

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        ACTIVE = "active", "active"
        ENDED = "ended", "ended"

    id = models.UUIDField(
        "session",
        primary_key=True,
        default=uuid.uuid4,
        editable=False,
        help_text="Names the session everywhere.",
    )
    state = models.CharField(
        "state",
        max_length=8,
        choices=State,
        default=State.PENDING,
        help_text="pending, active, then ended for good.",
    )
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="bindings", verbose_name="user", help_text="Who speaks."
    )
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, related_name="bindings", verbose_name="role", help_text="As what."
    )
    provider = models.ForeignKey(
        Provider,
        on_delete=models.PROTECT,
        related_name="bindings",
        verbose_name="provider",
        help_text="With whom.",
    )
    service_key = models.ForeignKey(
        ServiceKey,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="bindings",
        verbose_name="service key",
        help_text="The application that asked for the ticket. Empty: the user did, signed in.",
    )
    ticket_digest = models.BinaryField(
        "ticket digest",
        max_length=32,
        unique=True,
        editable=False,
        help_text="SHA-256 of the ticket; never shown.",
    )
    renewal_digest = models.BinaryField(
        "renewal digest",
        max_length=32,
        null=True,
        unique=True,
        editable=False,
        help_text="SHA-256 of the newest unused ticket for the running session; never shown.",
    )
    renewal_start_by = models.DateTimeField(
        "renewal start by", null=True, blank=True, help_text="That ticket is void from this moment on."
    )
    login_digest = models.BinaryField(
        "login digest",
        max_length=32,
        null=True,
        editable=False,
        help_text="SHA-256 of the sign-in that asked for the ticket: the session ends with it. Empty: no sign-in.",
    )
    origin = models.CharField(
        "origin",
        max_length=300,
        blank=True,
        help_text="The only browser origin that may connect. Empty: any allowed one.",
    )
    ip_prefix = models.CharField(
        "network", max_length=64, blank=True, help_text="The only network that may connect. Empty: any."
    )
    model = models.CharField("model", max_length=100, help_text="The model that the session talks to.")
    session = JSONField(
        "session",
        default=dict,
        help_text="What the client asked for at the mint, narrowed to what the role allows.",
    )
    policy_version = models.PositiveIntegerField(
        "policy version", help_text="In force when the ticket was issued."
    )
    created_at = models.DateTimeField("created at", help_text="When the ticket was issued.")
    start_by = models.DateTimeField("start by", help_text="The ticket is void from this moment on.")
    started_at = models.DateTimeField(
        "started at", null=True, blank=True, help_text="When the ticket was redeemed."
    )
    end_by = models.DateTimeField(
        "end by", null=True, blank=True, help_text="The session ends at this moment at the latest."
    )
    reauthenticate_by = models.DateTimeField(
        "re-authenticate by",
        null=True,
        blank=True,
        help_text="A fresh ticket must be shown by then. Empty: never.",
    )
    node = models.ForeignKey(
        Node,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="bindings",
        verbose_name="process",
        help_text="Where it runs. Empty: nowhere yet.",
    )
    released_at = models.DateTimeField(
        "released at",
        null=True,
        blank=True,
        help_text="When its process had closed both connections. Empty: not yet, or the process was lost.",
    )
    ended_at = models.DateTimeField("ended at", null=True, blank=True, help_text="When it was over.")
    end_reason = models.CharField(
        "end reason", max_length=32, choices=END_REASONS, blank=True, help_text="Why it was over."
    )
    usage = JSONField(
        "usage",
        default=dict,
        blank=True,
        help_text="What it used, tokens as the provider counted them, and its calls of each tool.",
    )
    carried = JSONField(
        "carried",
        default=dict,
        blank=True,
        help_text="What the sessions had used that this one has replaced, as in usage. Empty: it replaces none.",
    )
    tools_allowed = models.PositiveIntegerField(
        "tool calls allowed", default=0, help_text="Calls that were let through."
    )
    tools_denied = models.PositiveIntegerField(
        "tool calls denied", default=0, help_text="Calls that were refused."
    )

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "session"
        verbose_name_plural = "sessions"
        indexes = (
            models.Index(fields=("state", "end_by"), name="binding_state_end_by"),
            models.Index(fields=("user", "state"), name="binding_user_state"),
            models.Index(fields=("user", "created_at"), name="binding_user_created"),
            models.Index(fields=("role", "state"), name="binding_role_state"),
            models.Index(fields=("node", "state"), name="binding_node_state"),
            models.Index(
                fields=("login_digest",),
                name="binding_login",
                condition=~models.Q(state="ended") & models.Q(login_digest__isnull=False),
            ),
        )
        constraints = (
            models.CheckConstraint(name="binding_state_is_known", condition=PENDING | ACTIVE | ENDED),
            models.CheckConstraint(
                name="pending_binding_has_not_started", condition=~PENDING | NEVER_STARTED
            ),
            models.CheckConstraint(name="active_binding_has_start_and_end_by", condition=~ACTIVE | STARTED),
            models.CheckConstraint(name="binding_has_a_start_or_has_none", condition=NEVER_STARTED | STARTED),
            models.CheckConstraint(
                name="only_an_ended_binding_has_end_and_reason",
                condition=(ENDED & models.Q(ended_at__isnull=False) & ~models.Q(end_reason=""))
                | (~ENDED & models.Q(ended_at=None, end_reason="")),
            ),
            models.CheckConstraint(
                name="binding_must_start_after_it_was_created",
                condition=models.Q(start_by__gt=models.F("created_at")),
            ),
            models.CheckConstraint(
                name="binding_started_in_time",
                condition=models.Q(started_at=None)
                | models.Q(started_at__gte=models.F("created_at"), started_at__lt=models.F("start_by")),
            ),
            models.CheckConstraint(
                name="binding_ends_after_it_starts",
                condition=models.Q(started_at=None) | models.Q(end_by__gt=models.F("started_at")),
            ),
            models.CheckConstraint(
                name="binding_ended_after_it_began",
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("created_at")),
            ),
            models.CheckConstraint(
                name="binding_end_reason_is_known",
                condition=models.Q(end_reason__in=["", *(value for value, _ in END_REASONS)]),
            ),
            models.CheckConstraint(
                name="renewal_ticket_has_a_start_by",
                condition=models.Q(renewal_digest=None, renewal_start_by=None)
                | models.Q(renewal_digest__isnull=False, renewal_start_by__isnull=False),
            ),
            models.CheckConstraint(
                name="ticket_digest_has_32_bytes", condition=Exact(Length("ticket_digest"), 32)
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} as {self.role}, {self.state}"
