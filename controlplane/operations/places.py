"""How many sessions may run at once: of a user, of a role, of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from controlplane.advisory import number_of
from controlplane.models import SessionBinding

LOST_AFTER = timedelta(seconds=40)
"""A process that has not renewed its lease for this long has closed its sessions (they end after 30 s without a view
of the policy), or is gone: they take nobody's place."""


def full(binding: SessionBinding, role: Mapping[str, Any]) -> str:
    """The cap that leaves no place for this session, "" if there is one. ``role``: as the policy in force has it.

    The caller's transaction keeps the place: whoever asks at the same moment waits for its commit, and counts this
    session as well. From the widest cap to the narrowest, always: two that lock in different orders would wait for
    each other.
    """
    for cap, most, taken in _caps(binding, role):
        _lock(cap, binding)
        if taken.count() >= most:
            return cap
    return ""


def _caps(
    binding: SessionBinding, role: Mapping[str, Any]
) -> Iterator[tuple[str, int, QuerySet[SessionBinding]]]:
    running = SessionBinding.objects.filter(
        state=SessionBinding.State.ACTIVE, node__seen_at__gt=Now() - LOST_AFTER
    )
    caps = (
        ("all_sessions", settings.SESSIONS_AT_ONCE, running),
        ("sessions_of_role", role["sessions_at_once"], running.filter(role=binding.role)),
        ("sessions_of_user", settings.SESSIONS_PER_USER, running.filter(user=binding.user)),
        (
            "sessions_of_user_in_role",
            role["sessions_per_user"],
            running.filter(user=binding.user, role=binding.role),
        ),
    )
    return ((cap, most, taken) for cap, most, taken in caps if most is not None)


def _lock(cap: str, binding: SessionBinding) -> None:
    """Until the end of the transaction. Sessions of different roles or users do not wait for each other."""
    subject = {
        "all_sessions": "",
        "sessions_of_role": binding.role_id,
        "sessions_of_user": binding.user_id,
        "sessions_of_user_in_role": f"{binding.user_id} {binding.role_id}",
    }[cap]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number_of(f"{cap} {subject}")])
