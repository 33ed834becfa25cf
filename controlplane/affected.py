"""Running sessions for which a draft of the policy would change something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from controlplane import compile, document
from controlplane.models import SessionBinding


@dataclass(frozen=True, slots=True)
class Affected:
    """``parts`` of the role's policy that differ: grants, patterns, classifiers, limits; or ``role``: it is gone."""

    session_id: str
    user: str
    role: str
    parts: tuple[str, ...]


def sessions(now: compile.Snapshot, draft: compile.Snapshot) -> Iterator[Affected]:
    active = SessionBinding.objects.filter(state=SessionBinding.State.ACTIVE)
    known: dict[str, tuple[str, ...]] = {}
    for row in active.select_related("user", "role").order_by("started_at", "pk"):
        role = row.role.name
        if role not in known:
            known[role] = differing(now, draft, role)
        if known[role]:
            yield Affected(str(row.pk), row.user.username, role, known[role])


def differing(now: compile.Snapshot, draft: compile.Snapshot, role: str) -> tuple[str, ...]:
    try:
        before = _parts(now, role)
    except compile.NotInForce:  # it ends by itself, whatever the draft says
        return ()
    try:
        after = _parts(draft, role)
    except compile.NotInForce:
        return ("role",)
    return tuple(part for part in before if before[part] != after[part])


def _parts(snapshot: compile.Snapshot, name: str) -> dict[str, str]:
    """As text: so that 1 is not taken for true. Raises ``compile.NotInForce``."""
    role, content = snapshot.role(name), snapshot.document
    provider = snapshot.provider_of(role)
    parts = {
        "grants": [role["grants"], {tool: content["tools"][tool] for tool in role["grants"]}],
        "patterns": _of_role(content["patterns"], name),
        "classifiers": _of_role(content["classifiers"], name),
        "limits": [
            {key: value for key, value in role.items() if key != "grants"},
            {provider: content["providers"][provider]},
        ],
    }
    return {part: document.canonical({part: value}) for part, value in parts.items()}


def _of_role(rows: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    """Without for whom else they are."""
    return [{**row, "roles": None} for row in rows if row["roles"] is None or role in row["roles"]]
