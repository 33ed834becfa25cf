"""Whether somebody may have a session: read from the rows as they are now, at the mint, at admission, at every look. Of
one session, or of all that run in a process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from controlplane.models import Lock, Role, SessionBinding, User
from controlplane.operations.locks import locks_on
from guard.core.closing import EndReason
from guard.ports import Refused


@dataclass(frozen=True, slots=True)
class Bar:
    """Why not: ``reason`` decides how it ends, ``rule`` is for the record. The client learns only the first."""

    reason: EndReason
    rule: str

    def refused(self) -> Refused:
        return Refused(self.reason)


def bar_on(binding: SessionBinding) -> Bar | None:
    """``binding`` comes with user, role and provider."""
    return (
        _bar_of_its_own(binding)
        or bar_on_role(binding.user, binding.role)
        or bar_by_lock(binding.user, binding.role, binding.provider.name, str(binding.pk))
    )


def barred(session_ids: Iterable[UUID | str]) -> dict[str, Bar]:
    """Those of these sessions that may not go on, as ``bar_on`` would say, or that somebody has ended. One question for
    all of a process: asked one by one, the last of two hundred hears of a lock on all of them after seconds (T84)."""
    rows = SessionBinding.objects.filter(pk__in=list(session_ids))
    held = User.roles.through.objects.filter(user=OuterRef("user"), role=OuterRef("role"))
    rows = rows.select_related("user", "role", "provider", "service_key").annotate(is_held=Exists(held))
    locks = frozenset(Lock.objects.filter(lifted_at=None).values_list("kind", "target"))
    found = {str(row.pk): _bar_among_many(row, locks) for row in rows}
    return {session_id: bar for session_id, bar in found.items() if bar is not None}


def ended_by(binding: SessionBinding) -> EndReason:
    """What its process tells the client of a session that somebody else ended: an administrator, or the reaper."""
    told = (EndReason.EXPIRED, EndReason.LOCKED, EndReason.DUPLICATE)
    return next((reason for reason in told if reason.value == binding.end_reason), EndReason.REVOKED)


def bar_on_role(user: User, role: Role) -> Bar | None:
    return _bar_of_role(user, role, is_held=user.roles.filter(pk=role.pk).exists())


def bar_by_lock(user: User, role: Role, provider: str, session: str = "") -> Bar | None:
    lock = locks_on(session=session, user=user.username, role=role.name, provider=provider).first()
    return Bar(EndReason.LOCKED, f"lock:{lock.kind}") if lock else None


def _bar_of_its_own(binding: SessionBinding) -> Bar | None:
    user = binding.user
    if user.not_before and binding.created_at <= user.not_before:
        return Bar(EndReason.REVOKED, "logged_out_everywhere")
    if binding.provider.retired_at:
        return Bar(EndReason.REVOKED, "provider_retired")
    if binding.service_key and binding.service_key.revoked_at:
        # A ticket that was minted while the key was being revoked is not among those that ended with it.
        return Bar(EndReason.REVOKED, "service_key_revoked")
    return None


def _bar_of_role(user: User, role: Role, *, is_held: bool) -> Bar | None:
    if not user.is_active:
        return Bar(EndReason.REVOKED, "user_disabled")
    if role.retired_at or not is_held:
        return Bar(EndReason.REVOKED, "role_not_assigned")
    return None


def _bar_among_many(row: Any, locks: frozenset[tuple[str, str]]) -> Bar | None:
    if row.state == SessionBinding.State.ENDED:
        return Bar(ended_by(row), "ended")
    kind = Lock.Kind
    named = [
        (kind.SESSION, str(row.pk)),
        (kind.USER, row.user.username),
        (kind.ROLE, row.role.name),
        (kind.PROVIDER, row.provider.name),
        (kind.EVERYTHING, ""),
    ]
    by_lock = next((Bar(EndReason.LOCKED, f"lock:{each[0]}") for each in named if each in locks), None)
    return _bar_of_its_own(row) or _bar_of_role(row.user, row.role, is_held=row.is_held) or by_lock
