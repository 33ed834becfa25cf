from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from audit.actors import KINDS


class Record(models.Model):
    """One fact, written once by ``audit.log`` and refused any change by triggers (migration 0002).

    No foreign keys: ids and labels as text, so that a record reads alone and outlives what it speaks of.
    ``id`` has gaps where a transaction rolled back; a gap proves nothing. ``occurred_at`` is the database's
    clock.
    """

    id = models.BigAutoField(primary_key=True)
    # statement_timestamp(), not the transaction's start: two records of one long transaction keep their
    # order.
    occurred_at = models.DateTimeField("time", db_default=Now(), editable=False)
    verb = models.CharField(max_length=64)
    actor_kind = models.CharField("kind of actor", max_length=16)
    actor_id = models.CharField("actor id", max_length=128, blank=True)
    actor_label = models.CharField("actor", max_length=256, blank=True)
    subject = models.CharField(max_length=256, blank=True)
    session_id = models.CharField("session", max_length=64, blank=True)
    role = models.CharField(max_length=128, blank=True)
    outcome = models.CharField(max_length=64, blank=True)
    rule = models.CharField(max_length=256, blank=True)
    reason = models.CharField(max_length=2048, blank=True)
    policy_version = models.BigIntegerField(null=True, blank=True)
    source_ip = models.CharField("source address", max_length=64, blank=True)
    fields = models.JSONField(default=dict, blank=True)

    class Meta:
        # Nobody can be given a permission to add, change or delete: it does not exist.
        default_permissions = ("view",)
        ordering = ("-occurred_at", "-id")
        indexes = (
            # The list as it opens, the date hierarchy, "last 24 hours".
            models.Index(fields=["-occurred_at", "-id"], name="record_by_time"),
            # The timeline of one session, oldest first. Partial: most admin records have no session.
            models.Index(
                fields=["session_id", "id"], name="record_by_session", condition=~models.Q(session_id="")
            ),
            # "What has alice done?", by name as people search and by id as links do.
            models.Index(fields=["actor_label", "-occurred_at"], name="record_by_actor_label"),
            models.Index(fields=["actor_id", "-occurred_at"], name="record_by_actor_id"),
            # One tool call by its call_id; the history of one admin-managed row.
            models.Index(fields=["subject", "-occurred_at"], name="record_by_subject"),
            # "Denied calls in the last 24 hours"; the verb filter.
            models.Index(fields=["verb", "outcome", "-occurred_at"], name="record_by_verb"),
            # The role filter, and the list of roles in it (one probe per role).
            models.Index(fields=["role", "-occurred_at"], name="record_by_role"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(actor_kind__in=KINDS), name="record_actor_kind_is_known"
            ),
            models.CheckConstraint(condition=~models.Q(verb=""), name="record_has_a_verb"),
        )

    def __str__(self) -> str:
        return f"record {self.pk}"
