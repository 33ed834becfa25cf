"""The processes that sessions run in, and the sweeps that look after what they leave behind."""

from __future__ import annotations

import uuid

from django.db import models


class Node(models.Model):
    """One server process, from its start to its end. ``seen_at`` is its lease: it is renewed every two seconds, and a
    process that has not renewed it for long has closed its sessions, or is gone."""

    id = models.UUIDField(
        "process", primary_key=True, default=uuid.uuid4, editable=False, help_text="New at every start."
    )
    name = models.CharField("name", max_length=200, help_text="Host and process number.")
    started_at = models.DateTimeField("started at", help_text="By the database's clock.")
    seen_at = models.DateTimeField("seen at", help_text="When it last renewed its lease.")
    stopped_at = models.DateTimeField(
        "stopped at", null=True, blank=True, help_text="When it said that it stops. Empty: it has not."
    )

    class Meta:
        verbose_name = "process"
        verbose_name_plural = "processes"
        indexes = (models.Index(fields=("seen_at",), name="node_seen_at"),)

    def __str__(self) -> str:
        return self.name


class Sweep(models.Model):
    """When a periodic task last went through. No rows: none ever did."""

    name = models.CharField("name", max_length=64, primary_key=True, help_text="Of the task.")
    ran_at = models.DateTimeField("ran at", help_text="When it last went through, by the database's clock.")
    count = models.PositiveIntegerField("count", default=0, help_text="What it found to do then.")

    class Meta:
        verbose_name = "sweep"
        verbose_name_plural = "sweeps"

    def __str__(self) -> str:
        return self.name
