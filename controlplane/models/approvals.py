"""A person's consent to one tool call: asked for by a session, decided by somebody, used once."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models.functions import Now

from controlplane.models.bindings import SessionBinding
from controlplane.models.users import User
from guard.core.approval import ApprovalState, Approver

OPEN = ("pending", "approved")
"""What a deadline still ends: consent that was given and not used lapses too."""
DECIDED = models.Q(decided_at__isnull=False) & ~models.Q(decided_by="")
UNDECIDED = models.Q(decided_at=None, decided_by="", decided_by_user=None, reason="")
_WAITS = models.Case(
    models.When(state="pending", expires_at__gt=Now(), then=models.F("expires_at")),
    default=None,
    output_field=models.DateTimeField(),
)
PENDING_FIRST = (_WAITS.asc(nulls_last=True), models.F("requested_at").desc())
"""What lapses first on top, then the rest, newest first."""


class Approvals(models.QuerySet["Approval"]):
    """Judged by the database's clock. A row past its time is expired, whether or not a sweep has passed by."""

    def overdue(self) -> Self:
        return self.filter(state__in=OPEN, expires_at__lte=Now())

    def standing(self, state: str) -> Self:
        if state == "expired":
            return self.filter(models.Q(state="expired") | models.Q(state__in=OPEN, expires_at__lte=Now()))
        return self.filter(expires_at__gt=Now(), state=state) if state in OPEN else self.filter(state=state)

    def judged(self) -> Self:
        """With ``stands``, the state as of now, and ``time_left``, which may be negative."""
        is_over = models.When(state__in=OPEN, expires_at__lte=Now(), then=models.Value("expired"))
        return self.annotate(
            stands=models.Case(is_over, default=models.F("state"), output_field=models.CharField()),
            time_left=models.ExpressionWrapper(
                models.F("expires_at") - Now(), output_field=models.DurationField()
            ),
        )

    def pending_first(self) -> Self:
        return self.order_by(*PENDING_FIRST)


class Approval(models.Model):
    """pending -> approved | denied | expired, approved -> used | expired. Only ``operations.approvals`` moves it, by
    compare-and-set. Rows are kept: they say who consented to what."""

    class Kind(models.TextChoices):
        USER = Approver.USER.value, "the user"
        SUPERVISOR = Approver.SUPERVISOR.value, "a supervisor"

    class State(models.TextChoices):
        PENDING = ApprovalState.PENDING.value, "pending"
        APPROVED = ApprovalState.APPROVED.value, "approved"
        DENIED = ApprovalState.DENIED.value, "denied"
        EXPIRED = ApprovalState.EXPIRED.value, "expired"
        USED = ApprovalState.USED.value, "approved and used"

    id = models.UUIDField(
        "approval", primary_key=True, default=uuid.uuid4, editable=False, help_text="Names it everywhere."
    )
    binding = models.ForeignKey(
        SessionBinding,
        on_delete=models.PROTECT,
        related_name="approvals",
        verbose_name="session",
        help_text="Where the call was made.",
    )
    user = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="approvals",
        verbose_name="requester",
        help_text="In whose name the call was made.",
    )
    number = models.PositiveIntegerField("number", help_text="The session's own count of its requests.")
    approver = models.CharField("approver", max_length=16, choices=Kind, help_text="Who may decide.")
    call_id = models.CharField("call", max_length=200, help_text="As the provider named the call.")
    tool = models.CharField("tool", max_length=64, help_text="What is to be called.")
    digest = models.CharField(
        "digest", max_length=64, help_text="SHA-256 of the tool's name and the exact arguments."
    )
    arguments = models.TextField("arguments", help_text="Redacted JSON, as people are shown it.")
    policy_version = models.PositiveIntegerField("policy version", help_text="It asked for the approval.")
    requested_at = models.DateTimeField("requested at", help_text="Since when it waits.")
    expires_at = models.DateTimeField("expires at", help_text="Neither decided nor used from this moment on.")
    state = models.CharField(
        "state", max_length=8, choices=State, default=State.PENDING, help_text="How it stands."
    )
    decided_by = models.CharField(
        "decided by", max_length=200, blank=True, help_text="Kept as text: a record outlives its user."
    )
    decided_by_user = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="decided_approvals",
        verbose_name="decided by user",
        help_text="Who decided.",
    )
    decided_at = models.DateTimeField("decided at", null=True, blank=True, help_text="When.")
    reason = models.CharField("reason", max_length=500, blank=True, help_text="Why. Goes into the record.")

    objects = Approvals.as_manager()

    class Meta:
        ordering = ("-requested_at",)
        verbose_name = "approval"
        verbose_name_plural = "approvals"
        permissions = (("decide_approval", "Can decide on tool calls of others"),)
        indexes = (
            models.Index(
                fields=("expires_at",), name="approval_open_expires", condition=models.Q(state__in=OPEN)
            ),
            models.Index(fields=("requested_at",), name="approval_requested"),
            models.Index(fields=("user", "requested_at"), name="approval_user_requested"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("binding", "number"), name="approval_number_is_the_session_s_own"
            ),
            models.CheckConstraint(
                name="approval_is_for_the_user_or_a_supervisor",
                condition=models.Q(approver__in=["user", "supervisor"]),
            ),
            models.CheckConstraint(
                name="approval_digest_is_sha256_in_hex", condition=models.Q(digest__regex=r"^[0-9a-f]{64}$")
            ),
            models.CheckConstraint(
                name="approval_expires_after_it_was_requested",
                condition=models.Q(expires_at__gt=models.F("requested_at")),
            ),
            models.CheckConstraint(
                name="approval_says_who_decided_and_when",
                condition=(models.Q(state="pending") & UNDECIDED)
                | (models.Q(state__in=["approved", "denied", "used"]) & DECIDED)
                | (models.Q(state="expired") & (UNDECIDED | DECIDED)),
            ),
            models.CheckConstraint(
                name="approval_is_decided_in_time",
                condition=models.Q(decided_at=None)
                | models.Q(decided_at__gte=models.F("requested_at"), decided_at__lt=models.F("expires_at")),
            ),
            # The last line of the four-eyes rule: a write that goes past the operation is refused here.
            models.CheckConstraint(
                name="nobody_supervises_his_own_request",
                condition=~models.Q(approver="supervisor")
                | models.Q(decided_by_user=None)
                | ~models.Q(decided_by_user=models.F("user")),
            ),
            models.CheckConstraint(
                name="user_approval_is_decided_by_that_user",
                condition=~models.Q(approver="user")
                | models.Q(decided_by_user=None)
                | models.Q(decided_by_user=models.F("user")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.tool} for {self.user}"
