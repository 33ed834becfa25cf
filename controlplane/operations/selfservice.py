"""Four eyes: nobody decides about himself, superusers included.

Whoever edits changes no role that he holds, no grant of it and no group that he is in, and gives himself neither roles
nor permissions. Only people are bound by it: a command is run by whoever runs the machine, and has no roles.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Model

from audit import log
from audit.actors import Actor
from controlplane.models import Role, ToolGrant, User
from controlplane.operations.rows import subject_of

OWN_FIELDS = ("roles", "attributes", "is_staff", "is_superuser", "groups", "user_permissions")
"""Of his own account: what decides what he may do. Argument rules read the attributes."""
ASK = "Somebody who does not hold it must do that."


class SelfService(PermissionError):
    """A person would have changed what he himself may do. The text says what, for him."""


def conflict(user: Any, row: Model, fields: Collection[str] = ()) -> str:
    """Why ``user`` may not change ``row``, or these fields of it; "" if he may."""
    if isinstance(row, Role) and _holds(user, row):
        return f"You hold the role {row}, so you cannot change it. {ASK}"
    if isinstance(row, ToolGrant) and _holds(user, row.role):
        return f"You hold the role {row.role}, so you cannot change its grants. {ASK}"
    if isinstance(row, Group) and user.groups.filter(pk=row.pk).exists():
        return f"You are in the group {row}, so you cannot change it. Somebody who is not must do that."
    if isinstance(row, User) and row.pk == user.pk and set(fields) & set(OWN_FIELDS):
        return "You cannot change your own roles, attributes or permissions. Somebody else must do that."
    return ""


def conflict_of_documents(actor: Actor, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Why this actor may not put ``new`` in the place of ``old``; "" if he may."""
    touched = [name for name in _held_by(actor) if old["roles"].get(name) != new["roles"].get(name)]
    return f"You hold the role {touched[0]}, which this would change. {ASK}" if touched else ""


def deny(
    *, actor: Actor, subject: str, attempted: str, why: str, label: str = "", source_ip: str = ""
) -> None:
    """Put the refusal on record. Call it outside the transaction of what is refused: the record stays."""
    log.record(
        "admin.denied",
        actor=actor,
        subject=subject,
        outcome="deny",
        reason=why,
        source_ip=source_ip,
        fields={"attempted": attempted, "label": label},
    )


def deny_edit(*, actor: Actor, row: Model, attempted: str, why: str, source_ip: str = "") -> None:
    deny(
        actor=actor,
        subject=subject_of(row),
        attempted=f"{attempted} {row._meta.verbose_name}",
        why=why,
        label=str(row),
        source_ip=source_ip,
    )


def _holds(user: Any, role: Role) -> bool:
    return bool(user.roles.filter(pk=role.pk).exists())


def _held_by(actor: Actor) -> list[str]:
    if actor.kind != "user" or not actor.id.isdecimal():
        return []
    return sorted(Role.objects.filter(users__pk=int(actor.id)).values_list("name", flat=True))
