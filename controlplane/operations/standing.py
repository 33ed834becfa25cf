"""Whether somebody may have a session: read from the rows as they are now, at the mint, at admission, at every look."""

from __future__ import annotations

from dataclasses import dataclass

from controlplane.models import Role, SessionBinding, User
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
    user = binding.user
    if user.not_before and binding.created_at <= user.not_before:
        return Bar(EndReason.REVOKED, "logged_out_everywhere")
    if binding.provider.retired_at:
        return Bar(EndReason.REVOKED, "provider_retired")
    if binding.service_key and binding.service_key.revoked_at:
        # A ticket that was minted while the key was being revoked is not among those that ended with it.
        return Bar(EndReason.REVOKED, "service_key_revoked")
    return bar_on_role(user, binding.role) or bar_by_lock(
        user, binding.role, binding.provider.name, str(binding.pk)
    )


def bar_on_role(user: User, role: Role) -> Bar | None:
    if not user.is_active:
        return Bar(EndReason.REVOKED, "user_disabled")
    if role.retired_at or not user.roles.filter(pk=role.pk).exists():
        return Bar(EndReason.REVOKED, "role_not_assigned")
    return None


def bar_by_lock(user: User, role: Role, provider: str, session: str = "") -> Bar | None:
    lock = locks_on(session=session, user=user.username, role=role.name, provider=provider).first()
    return Bar(EndReason.LOCKED, f"lock:{lock.kind}") if lock else None
