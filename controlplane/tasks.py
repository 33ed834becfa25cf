"""Celery: wrappers around sweeps, without arguments, and around notices, which try again a few times.

A sweep that runs twice, or late, changes nothing it should not. A notice that does is one mail too many.
"""

from __future__ import annotations

from celery import shared_task

from audit.actors import system
from controlplane import notices
from controlplane.operations import approvals, sessions, sweeps
from controlplane.operations.sweeps import sweep

REAPER = system("reaper")
TRIES = {"autoretry_for": (Exception,), "max_retries": 4, "retry_backoff": 2, "retry_backoff_max": 30}


@shared_task
def reap_expired() -> None:
    sweep("reap_expired", lambda: sessions.reap_expired(actor=REAPER))


@shared_task
def revoke_tickets() -> None:
    sweep("revoke_tickets", lambda: sessions.revoke_tickets(actor=REAPER))


@shared_task
def expire_approvals() -> None:
    sweep("expire_approvals", lambda: approvals.expire_overdue(actor=REAPER))


@shared_task
def prune() -> None:
    sweep("prune", sweeps.prune)


@shared_task(**TRIES)
def mail_notice(approval_id: str) -> None:
    notices.mail(approval_id)


@shared_task(**TRIES)
def post_notice(approval_id: str) -> None:
    notices.post(approval_id)
