"""The pages on which admins decide. Display and permissions only: every change of state is one function of
``controlplane.operations``. Read ``base`` first: it writes the audit record of an edit inside the edit's
transaction."""

from __future__ import annotations

from controlplane.admin import (
    approvals,
    bindings,
    classifiers,
    grants,
    groups,
    keys,
    locks,
    patterns,
    providers,
    roles,
    tools,
    users,
    versions,
)

__all__ = [
    "approvals",
    "bindings",
    "classifiers",
    "grants",
    "groups",
    "keys",
    "locks",
    "patterns",
    "providers",
    "roles",
    "tools",
    "users",
    "versions",
]
