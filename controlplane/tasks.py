"""Celery: wrappers without arguments around sweeps. A sweep that runs twice, or late, changes nothing it should not."""

from __future__ import annotations

from celery import shared_task

from audit.actors import system
from controlplane.operations import sessions


@shared_task
def reap_expired() -> None:
    sessions.reap_expired(actor=system("reaper"))


@shared_task
def revoke_tickets() -> None:
    sessions.revoke_tickets(actor=system("reaper"))
