"""Signing in and out, recorded before it takes effect."""

from __future__ import annotations

from django.db import transaction

from audit import actors, log
from controlplane.models import User
from controlplane.operations import logins


def record_sign_in(*, user: User, path: str, source_ip: str) -> None:
    log.record(
        "user.logged_in",
        actor=actors.of_user(user),
        subject=f"user:{user.pk}",
        source_ip=source_ip,
        fields={"path": path},
    )


def record_failed_sign_in(*, username: str, path: str, source_ip: str) -> None:
    """``username`` is whatever was typed; some people type their password there, so it is a sensitive
    field."""
    log.record(
        "user.login_failed",
        actor=actors.Actor("user", "", "anonymous"),
        outcome="refused",
        source_ip=source_ip,
        fields={"path": path, "username": username[:150]},
    )


@transaction.atomic
def sign_out(*, user: User, login: bytes | None, path: str, source_ip: str) -> None:
    """What was asked for under this sign-in ends with it. Call it in the transaction that deletes the sign-in."""
    actor = actors.of_user(user)
    if login is not None:
        logins.end_sessions_of(actor=actor, login=login)
    log.record(
        "user.logged_out",
        actor=actor,
        subject=f"user:{user.pk}",
        source_ip=source_ip,
        fields={"path": path, "username": user.username},
    )
